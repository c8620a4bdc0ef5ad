import type { Connector, SendOutcome } from '@currents/connector';
import type { BatchSlice, BatchUnreadable } from '../batch/batch.js';
import type { Budgets } from '../budget/budgets.js';
import type { AdaptiveConcurrency } from './adaptiveConcurrency.js';
import type { AdaptiveRequestBytes } from './adaptiveRequestBytes.js';
import type { ClaimedDelivery } from './claim.js';
import type { Compression } from './compression.js';
import type { OrderedAttempt } from './userOrder.js';

/** What one attempt of a Current needs. */
export interface AttemptContext {
  readonly connector: Connector;
  readonly settings: unknown;
  readonly credentials: unknown;
  /** Makes the requests, compressed as long as that is not refused. */
  readonly compression: Pick<Compression, 'send'>;
  /** Undefined when budgets are not enforced. */
  readonly budgets: Budgets | undefined;
  readonly concurrency: Omit<AdaptiveConcurrency, 'limit' | 'isPartnerSlower'>;
  readonly requestBytes: Omit<AdaptiveRequestBytes, 'reset'>;
  /** Keeps the events of each user in order. */
  readonly order: OrderedAttempt;
  /** How many events in a row were refused alone since the partner last accepted one; kept between attempts. */
  readonly refusals: { alone: number };
  /** When the Current was last launched or resumed: retry windows begin no earlier. */
  readonly liveSinceMs: number;
  /** When the deliveries were claimed, by Postgres: what was due by then is attempted, however exact `now` is. */
  readonly claimedAtMs: number;
  readonly windowMs: number;
  /** How often in a row the Current as a whole failed before this attempt. */
  readonly failures: number;
  /** No request starts after this time, because the lease would expire. */
  readonly stopAtMs: number;
  /** The time by Postgres: due times are stored, and the lease ends by its clock. */
  now(): number;
  random(): number;
}

/** A delivery with its batch. `deliver` removes the slices, so that they can be freed while it waits for responses. */
export interface ClaimedBatch {
  readonly delivery: ClaimedDelivery;
  /** The slices of the batch, or why it cannot be read. */
  slices: readonly BatchSlice[] | BatchUnreadable;
}

/** A delivery with events that could not be read. */
export interface UnreadableDelivery {
  readonly delivery: ClaimedDelivery;
  readonly error: BatchUnreadable;
  readonly events: number;
}

/** Events that the partner accepted with an answer that does not confirm them. */
export interface UnconfirmedEvents {
  readonly events: number;
  /** Why, of the last of them. */
  readonly warning: string;
}

/** A verdict that concerns the whole Current. */
export type CurrentFailure = Extract<SendOutcome, { outcome: 'deferred' | 'blocked' }>;

/** What a failure of the whole Current leads to: it is held until a time, or blocked until it is repaired. */
export type CurrentSuspension =
  | { readonly kind: 'held'; readonly untilMs: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'blocked'; readonly code: string; readonly detail: string };

/** The kind of an error. Not its message, which may quote the event. */
export function errorKind(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
