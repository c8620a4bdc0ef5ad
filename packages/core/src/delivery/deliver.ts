import { admit } from './admit.js';
import { termsOf } from '../budget/terms.js';
import type { Deferral } from './claim.js';
import { cutRequests } from './cutRequests.js';
import type { AttemptContext, ClaimedBatch, CurrentSuspension, CurrentFailure } from './attemptContext.js';
import { startMapping } from './mapEvents.js';
import { suspendCurrent } from './postpone.js';
import type { AttemptResult } from './record.js';
import { sendAll } from './sendAll.js';
import { startAttempt, type Attempt } from './attempt.js';

export interface DeliverResult {
  readonly results: readonly AttemptResult[];
  readonly suspension: CurrentSuspension | undefined;
  /** Requests made, and items in them, for the log. */
  readonly requests: number;
  readonly sent: number;
}

/**
 * Walks claimed deliveries down the line once: map, admit, send, and note what became of every event.
 * Whatever is still pending afterwards walks the same line again when it is due. Writes nothing itself.
 */
export async function deliver(loads: readonly ClaimedBatch[], world: AttemptContext): Promise<DeliverResult> {
  // One draw for the whole attempt: what fails together is tried again together.
  const drawn = world.random();
  const line: AttemptContext = { ...world, random: () => drawn };
  const limits = line.connector.rateLimit(line.settings);
  const stands = ({ budget: place }: Deferral): boolean =>
    place === undefined ||
    limits.budgets.some((budget) => budget.name === place.name && termsOf(budget) === place.terms);
  const tracks = loads.map(({ delivery }) => startAttempt(delivery, line.now(), stands));
  const mapping = startMapping(limits, line);
  for (const [index, load] of loads.entries()) mapping.map(tracks[index] as Attempt, takeSlices(load));
  const admitted = await admit(mapping.items(), tracks, limits.budgets, line);
  const { setback, requests, sent } = await sendAll(cutRequests(admitted, limits), limits.budgets, line);
  line.budgets?.countDelivered(admitted, limits.budgets, ({ attempt: track, position }) =>
    track.hasDelivered(position),
  );
  const stuck = sent > 0 && tracks.every((track) => track.resolvedCount() === 0) ? noProgress : undefined;
  const obstacle = suspendCurrent(setback ?? stuck, tracks, line);
  return { results: tracks.map((track) => track.result(line.now())), suspension: obstacle, requests, sent };
}

function takeSlices(load: ClaimedBatch): ClaimedBatch['slices'] {
  const { slices: segments } = load;
  load.slices = [];
  return segments;
}

/** Every event was told to go again at once: the Current waits a little, or it would ask for ever without pause. */
const noProgress: CurrentFailure = {
  outcome: 'deferred',
  code: 'no_progress',
  detail: 'the partner asked for all events again at once, and took none',
  scope: 'current',
};
