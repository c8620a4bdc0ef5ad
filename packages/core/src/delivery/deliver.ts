import { admit } from './admit.js';
import { termsOf } from '../budget/terms.js';
import type { Deferral } from './claim.js';
import { cutRequests } from './cutRequests.js';
import type { Line, Load, Obstacle, Setback } from './attemptContext.js';
import { startMapping } from './mapEvents.js';
import { settleSetback } from './postpone.js';
import type { Attempted } from './record.js';
import { sendAll } from './sendAll.js';
import { startTrack, type Track } from './attempt.js';

export interface Delivered {
  readonly attempted: readonly Attempted[];
  readonly obstacle: Obstacle | undefined;
  /** Requests made, and items in them, for the log. */
  readonly requests: number;
  readonly sent: number;
}

/**
 * Walks claimed deliveries down the line once: map, admit, send, and note what became of every event.
 * Whatever is still pending afterwards walks the same line again when it is due. Writes nothing itself.
 */
export async function deliver(loads: readonly Load[], world: Line): Promise<Delivered> {
  // One draw for the whole attempt: what fails together is tried again together.
  const drawn = world.random();
  const line: Line = { ...world, random: () => drawn };
  const limits = line.connector.rateLimit(line.settings);
  const stands = ({ budget: place }: Deferral): boolean =>
    place === undefined ||
    limits.budgets.some((budget) => budget.name === place.name && termsOf(budget) === place.terms);
  const tracks = loads.map(({ delivery }) => startTrack(delivery, line.now(), stands));
  const mapping = startMapping(limits, line);
  for (const [index, load] of loads.entries()) mapping.map(tracks[index] as Track, takeSegments(load));
  const admitted = await admit(mapping.items(), tracks, limits.budgets, line);
  const { setback, requests, sent } = await sendAll(cutRequests(admitted, limits), limits.budgets, line);
  line.budgets?.arrived(admitted, limits.budgets, ({ track, position }) => track.hasDelivered(position));
  const stuck = sent > 0 && tracks.every((track) => track.moved() === 0) ? noProgress : undefined;
  const obstacle = settleSetback(setback ?? stuck, tracks, line);
  return { attempted: tracks.map((track) => track.attempted(line.now())), obstacle, requests, sent };
}

function takeSegments(load: Load): Load['segments'] {
  const { segments } = load;
  load.segments = [];
  return segments;
}

/** Every event was told to go again at once: the Current waits a little, or it would ask for ever without pause. */
const noProgress: Setback = {
  outcome: 'deferred',
  code: 'no_progress',
  detail: 'the partner asked for all events again at once, and took none',
  scope: 'current',
};
