import type { Connector, Http, SendOutcome } from '@currents/connector';
import type { BatchSlice } from '../batch/batch.js';
import type { Budgets } from '../budget/budgets.js';
import type { ClaimedDelivery } from './claim.js';
import type { AdaptiveConcurrency } from './adaptiveConcurrency.js';

/** What one attempt needs to know of its Current and of the world. */
export interface AttemptContext {
  readonly connector: Connector;
  readonly settings: unknown;
  readonly credentials: unknown;
  readonly http: Http;
  /** Undefined when budgets are not enforced. */
  readonly budgets: Budgets | undefined;
  /** Told of every answer and every trouble. */
  readonly concurrency: Pick<AdaptiveConcurrency, 'onResponse' | 'onCongestion'>;
  /** How many events were refused alone since the partner last took one; kept from attempt to attempt. */
  readonly refusals: { alone: number };
  /** Retry windows begin no earlier than this: when the Current was last launched or resumed. */
  readonly liveSinceMs: number;
  readonly windowMs: number;
  /** Failures in a row of the Current as a whole, before this attempt. */
  readonly failures: number;
  /** No further request begins after this moment, for the lease would run out. */
  readonly stopAtMs: number;
  now(): number;
  random(): number;
}

/** A delivery with its batch. `deliver` takes the batch out, for nobody needs it while it waits for an answer. */
export interface ClaimedBatch {
  readonly delivery: ClaimedDelivery;
  slices: readonly BatchSlice[];
}

/** A verdict that concerns the whole Current. */
export type CurrentFailure = Extract<SendOutcome, { outcome: 'deferred' | 'blocked' }>;

/** What stands in the way of the whole Current after an attempt. */
export type CurrentSuspension =
  | { readonly kind: 'held'; readonly untilMs: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'blocked'; readonly code: string; readonly detail: string };

/** The error's kind, never its message: a message may quote the event. */
export function errorKind(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
