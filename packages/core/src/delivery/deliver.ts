import { termsOf } from '../budget/terms.js';
import { admit } from './admit.js';
import { startAttempt, type Attempt } from './attempt.js';
import type {
  AttemptContext,
  ClaimedBatch,
  CurrentFailure,
  CurrentSuspension,
  UnconfirmedEvents,
  UnreadableDelivery,
} from './attemptContext.js';
import type { Deferral } from '../batch/deferral.js';
import { startMapping } from './mapEvents.js';
import { suspendCurrent } from './postpone.js';
import type { AttemptResult } from './record.js';
import { sendInOrder } from './sendInOrder.js';

export interface DeliverResult {
  readonly results: readonly AttemptResult[];
  readonly suspension: CurrentSuspension | undefined;
  /** Requests made and items sent, for the log. */
  readonly requests: number;
  readonly sent: number;
  readonly unreadable: readonly UnreadableDelivery[];
  readonly unconfirmed: UnconfirmedEvents | undefined;
}

/**
 * Takes claimed deliveries through the pipeline once: map, admit, send, and resolve every event. Events that are still
 * pending afterwards go through the same pipeline when they are due. Writes nothing to the database.
 */
export async function deliver(batches: readonly ClaimedBatch[], given: AttemptContext): Promise<DeliverResult> {
  // One draw for the whole attempt: what fails together is retried together.
  const random = given.random();
  const context: AttemptContext = { ...given, random: () => random };
  const limits = context.connector.rateLimit(context.settings);
  const isValid = ({ budget: entry }: Deferral): boolean =>
    entry === undefined ||
    limits.budgets.some((budget) => budget.name === entry.name && termsOf(budget) === entry.terms);
  const nowMs = Math.max(context.now(), context.claimedAtMs);
  const attempts = batches.map(({ delivery }) => startAttempt(delivery, nowMs, isValid));
  context.order.refresh();
  const startedMs = performance.now();
  const mapping = startMapping(limits, context);
  for (const [index, batch] of batches.entries()) mapping.map(attempts[index] as Attempt, takeSlices(batch));
  const items = mapping.items();
  context.concurrency.onMapped(performance.now() - startedMs);
  context.order.map(items.all);
  const admitted = await admit(items.all, attempts, limits.budgets, context);
  const { failure, requests, sent, unconfirmed } = await sendInOrder(admitted, items, limits, context);
  context.budgets?.countDelivered(admitted, limits.budgets, ({ attempt, position }) => attempt.isDelivered(position));
  const isStuck = sent > 0 && attempts.every((attempt) => attempt.resolvedCount() === 0);
  const suspension = suspendCurrent(failure ?? (isStuck ? noProgress : undefined), attempts, context);
  const results = attempts.map((attempt) => attempt.result());
  return { results, suspension, requests, sent, unreadable: mapping.unreadable, unconfirmed };
}

function takeSlices(batch: ClaimedBatch): ClaimedBatch['slices'] {
  const { slices } = batch;
  batch.slices = [];
  return slices;
}

/** All events are to be sent again at once. The Current is held for a while, or it would send them in an endless loop. */
const noProgress: CurrentFailure = {
  outcome: 'deferred',
  code: 'no_progress',
  detail: 'the partner asked for all events again at once and accepted none',
  scope: 'current',
};
