import { admit } from './admit.js';
import { cutRequests } from './cutRequests.js';
import type { Line, Load, Obstacle, Seat, Setback } from './line.js';
import { mapEvents } from './mapEvents.js';
import { settleSetback } from './postpone.js';
import type { Attempted } from './record.js';
import { sendAll } from './sendAll.js';
import { startTrack, type Track } from './track.js';

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
export async function deliver(loads: readonly Load[], line: Line): Promise<Delivered> {
  const tracks = loads.map(({ delivery }) => startTrack(delivery, line.now()));
  const seats = new Map<string, Seat>();
  const limits = line.connector.rateLimit(line.settings);
  const items = loads.flatMap(({ events }, index) => mapEvents(tracks[index] as Track, events, seats, limits.eventBytes, line));
  const admitted = await admit(items, seats, limits.budgets, line);
  const { setback, requests, sent } = await sendAll(cutRequests(admitted, limits), seats, limits.budgets, line);
  const stuck = sent > 0 && tracks.every((track) => track.moved() === 0) ? noProgress : undefined;
  const obstacle = settleSetback(setback ?? stuck, tracks, line);
  return { attempted: tracks.map((track) => track.attempted(line.now())), obstacle, requests, sent };
}

/** Every event was told to go again at once: the Current waits a little, or it would ask for ever without pause. */
const noProgress: Setback = {
  outcome: 'deferred',
  code: 'no_progress',
  detail: 'the partner asked for all events again at once, and took none',
  scope: 'current',
};
