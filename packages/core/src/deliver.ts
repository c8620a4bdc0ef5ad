import type { Connector, Http, Item, SendResult, Verdict } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { cutRequests } from './admit.js';
import type { Claimed } from './claim.js';
import type { Attempted } from './record.js';
import { retry, type Trouble } from './retry.js';
import { startTrack, type Track } from './track.js';

/** What one attempt needs to know of its Current and of the world. */
export interface Line {
  readonly connector: Connector;
  readonly settings: unknown;
  readonly credentials: unknown;
  readonly http: Http;
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

/** A delivery with the events of its batch. */
export interface Load {
  readonly delivery: Claimed;
  readonly events: readonly CatalogueEvent[];
}

/** What stands in the way of the whole Current after an attempt. */
export type Obstacle =
  | { readonly kind: 'held'; readonly untilMs: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'blocked'; readonly code: string; readonly detail: string };

export interface Delivered {
  readonly attempted: readonly Attempted[];
  readonly obstacle: Obstacle | undefined;
  /** Requests made, and items in them, for the log. */
  readonly requests: number;
  readonly sent: number;
}

/** An item's place: the track of its delivery, and its position there. */
interface Seat {
  readonly track: Track;
  readonly position: number;
}

type Setback = Extract<Verdict, { outcome: 'deferred' | 'blocked' }>;

/**
 * Walks claimed deliveries down the line once: map, cut into requests, send, and note what became of every event.
 * Whatever is still pending afterwards walks the same line again when it is due. Writes nothing itself.
 */
export async function deliver(loads: readonly Load[], line: Line): Promise<Delivered> {
  const tracks = loads.map(({ delivery }) => startTrack(delivery, line.now()));
  const seats = new Map<string, Seat>();
  const limits = line.connector.rateLimit(line.settings);
  const items = loads.flatMap(({ events }, index) => mapEvents(tracks[index] as Track, events, seats, limits.eventBytes, line));
  const { setback, requests, sent } = await sendAll(cutRequests(items, limits), seats, line);
  const stuck = sent > 0 && tracks.every((track) => track.moved() === 0) ? noProgress : undefined;
  const obstacle = settleSetback(setback ?? stuck, tracks, line);
  return { attempted: tracks.map((track) => track.attempted(line.now())), obstacle, requests, sent };
}

/** Maps the due events of one delivery. What is not sent is noted at once; an id that is on its way already is a duplicate. */
function mapEvents(
  track: Track,
  events: readonly CatalogueEvent[],
  seats: Map<string, Seat>,
  eventBytes: number,
  { connector, settings }: Line,
): Item<unknown>[] {
  const items: Item<unknown>[] = [];
  for (const position of track.due) {
    const event = events[position] as CatalogueEvent;
    if (seats.has(event.id)) {
      track.skip(position, 'duplicate');
      continue;
    }
    let mapped;
    try {
      mapped = connector.map(event, settings);
    } catch (error) {
      track.bury(position, { outcome: 'rejected', code: 'map_threw', detail: `the connector failed on this event: ${nameOf(error)}` });
      continue;
    }
    if ('payload' in mapped) {
      const json = JSON.stringify(mapped.payload);
      const bytes = Buffer.byteLength(json);
      if (bytes > eventBytes) {
        const detail = `${connector.label} takes events of up to ${eventBytes} bytes; this one has ${bytes}`;
        track.bury(position, { outcome: 'rejected', code: 'event_too_large', detail });
        continue;
      }
      seats.set(event.id, { track, position });
      items.push({ id: event.id, payload: mapped.payload, json });
    } else if ('skip' in mapped) {
      track.skip(position, mapped.skip);
    } else {
      track.bury(position, { outcome: 'rejected', code: mapped.reject, detail: mapped.detail });
    }
  }
  return items;
}

/**
 * Sends request after request until one meets a setback of the whole Current. A refused request is asked again in
 * halves until the culprit stands alone.
 */
async function sendAll(
  requests: readonly (readonly Item<unknown>[])[],
  seats: ReadonlyMap<string, Seat>,
  line: Line,
): Promise<{ setback: Setback | undefined; requests: number; sent: number }> {
  const queue = [...requests];
  let made = 0;
  let sent = 0;
  let delivered = false;
  let loneRefusals = 0;
  for (let request = queue.shift(); request && line.now() < line.stopAtMs; request = queue.shift()) {
    made++;
    sent += request.length;
    const split: Item<unknown>[] = [];
    let refusal: Extract<Verdict, { outcome: 'split' }> | undefined;
    let setback: Setback | undefined;
    for (const [item, verdict] of answersOf(request, await sendOnce(request, line))) {
      const { track, position } = seats.get(item.id) as Seat;
      switch (verdict.outcome) {
        case 'delivered':
          track.deliver(position);
          delivered = true;
          break;
        case 'rejected':
          track.bury(position, verdict);
          break;
        case 'split':
          refusal = verdict;
          split.push(item);
          break;
        case 'blocked':
          setback = verdict;
          break;
        case 'deferred':
          if (verdict.scope === 'current') setback ??= verdict;
          else deferEvent({ track, position }, verdict, line);
          break;
      }
    }
    if (setback) return { setback, requests: made, sent };
    if (!refusal) continue;
    if (request.length > 1) {
      const middle = Math.ceil(split.length / 2);
      queue.unshift(split.slice(0, middle), split.slice(middle));
      continue;
    }
    const { track, position } = seats.get((request[0] as Item<unknown>).id) as Seat;
    track.bury(position, { outcome: 'rejected', code: refusal.code, detail: refusal.detail });
    loneRefusals++;
    if (delivered) continue;
    // Two in a row stood alone and were refused, and nothing has passed: is it the events, or is it everything?
    // One from the far end tells. Should it be refused too, the rest is kept for when a person has looked.
    if (loneRefusals === 2) bringLastForward(queue);
    if (loneRefusals >= 3 && queue.some(({ length }) => length > 0)) {
      return { setback: { ...refusal, outcome: 'blocked', code: 'refused_everything' }, requests: made, sent };
    }
  }
  return { setback: undefined, requests: made, sent };
}

function bringLastForward(queue: (readonly Item<unknown>[])[]): void {
  const last = queue.pop();
  if (!last) return;
  if (last.length > 1) queue.push(last.slice(0, -1));
  queue.unshift(last.slice(-1));
}

async function sendOnce(request: readonly Item<unknown>[], line: Line): Promise<readonly SendResult[]> {
  if (request.length === 0) return [];
  const { settings, credentials, http } = line;
  try {
    return await line.connector.send(request, { settings, credentials, http });
  } catch (error) {
    const detail = `the connector failed: ${nameOf(error)}`;
    return request.map(({ id }) => ({ id, outcome: 'deferred', code: 'send_threw', detail, scope: 'current' }));
  }
}

/** Every event was told to go again at once: the Current waits a little, or it would ask for ever without pause. */
const noProgress: Setback = {
  outcome: 'deferred',
  code: 'no_progress',
  detail: 'the partner asked for all events again at once, and took none',
  scope: 'current',
};

const unanswered: Verdict = {
  outcome: 'deferred',
  code: 'unanswered',
  detail: 'the connector said nothing of this event',
  scope: 'event',
};

/** Every item with its verdict. Silence is not success, and an answer about anything else is ignored. */
function* answersOf(request: readonly Item<unknown>[], results: readonly SendResult[]): Generator<[Item<unknown>, Verdict]> {
  const byId = new Map<string, SendResult>();
  for (const result of results) byId.set(result.id, result);
  for (const item of request) yield [item, byId.get(item.id) ?? unanswered];
}

function deferEvent({ track, position }: Seat, { code, detail, afterMs }: Extract<Verdict, { outcome: 'deferred' }>, line: Line): void {
  // 0 ms: the event is innocent and goes again with the next attempt, which begins at once.
  if (afterMs === 0) return;
  const tries = track.tries(position);
  const next = retry({ code, detail, afterMs, tries }, termsOf(track, line));
  if (next.again) track.defer(position, { dueAtMs: next.dueAtMs, code, detail });
  else track.bury(position, { outcome: 'expired', code: next.code, detail: next.detail });
}

function termsOf({ delivery }: Track, line: Line) {
  const keptSinceMs = Math.max(delivery.storedAtMs, line.liveSinceMs);
  return { nowMs: line.now(), keptSinceMs, windowMs: line.windowMs, random: line.random() };
}

/** The Current as a whole waits or is blocked: what has been kept for its whole window expires, the rest stays pending. */
function settleSetback(setback: Setback | undefined, tracks: readonly Track[], line: Line): Obstacle | undefined {
  if (!setback) return undefined;
  const { code, detail } = setback;
  const afterMs = setback.outcome === 'deferred' ? setback.afterMs : 0;
  const trouble: Trouble = { code, detail, afterMs, tries: line.failures + 1 };
  for (const track of tracks) {
    const next = retry(trouble, termsOf(track, line));
    if (next.again) continue;
    for (const position of track.unsettled()) track.bury(position, { outcome: 'expired', code: next.code, detail: next.detail });
  }
  if (setback.outcome === 'blocked') return { kind: 'blocked', code, detail };
  const hold = retry(trouble, { nowMs: line.now(), keptSinceMs: line.now(), windowMs: Infinity, random: line.random() });
  return { kind: 'held', untilMs: hold.again ? hold.dueAtMs : line.now(), code, detail };
}

/** The error's kind, never its message: a message may quote the event. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
