import type { Hub } from '../hub/openHub.js';
import { untilArrived } from '../measures/arrival.js';
import { spreadsOf, type Spread } from '../measures/latency.js';
import type { PacedSent } from '../programs/generator.js';
import type { Traffic } from '../programs/open.js';
import { nowMicros, perSecond } from '../reading/clock.js';

export interface LiveRate {
  readonly eventsPerSecond: number;
  /** Live events are sent in pieces of so many seconds. */
  readonly seconds: number;
}

/** What goes on beside live events; `arrivals` are the events of it that the sink gets. */
interface Beside {
  readonly arrivals: number;
}

interface LiveMeasure<Result> {
  readonly events: number;
  /** Events a second that were answered. */
  readonly reachedPerSecond: number;
  /** From the acknowledgement of an event to its arrival. */
  readonly delays: Spread;
  /** From the due time of a request to its answer. */
  readonly answers: Spread;
  readonly result: Result | undefined;
}

/**
 * Sends live events until `beside` has ended, at least for one piece, and measures the time from acceptance to arrival of
 * those that were due before its end.
 */
export async function measureLive<Result extends Beside>(
  hub: Pick<Hub, 'url' | 'token'>,
  { generator, sink, connections }: Traffic,
  { eventsPerSecond, seconds }: LiveRate,
  beside?: () => Promise<Result>,
): Promise<LiveMeasure<Result>> {
  const before = await sink.call('arrivals');
  await sink.call('record');
  let endedMicros: number | undefined;
  const ended = beside?.().finally(() => (endedMicros = nowMicros()));
  // A failure is thrown below, once the generator is done.
  ended?.catch(() => undefined);
  const pieces: PacedSent[] = [];
  do {
    pieces.push(
      await generator.call('pace', { url: hub.url, token: hub.token, connections, eventsPerSecond, seconds }),
    );
  } while (ended && endedMicros === undefined);
  const result = await ended;
  const sent = joined(pieces);
  await untilArrived(sink, before.events + sent.events + (result?.arrivals ?? 0));
  const measured = dueBefore(sent, endedMicros ?? Infinity);
  const { sinceAcknowledged, untilAcknowledged } = spreadsOf(measured, await sink.call('recorded'));
  return {
    events: sent.events,
    reachedPerSecond: perSecond(sent.events, sent.firstMicros, sent.lastMicros),
    delays: sinceAcknowledged,
    answers: untilAcknowledged,
    result,
  };
}

function joined(pieces: readonly PacedSent[]): PacedSent {
  const sum = (read: (piece: PacedSent) => number): number => pieces.reduce((total, piece) => total + read(piece), 0);
  return {
    events: sum(({ events }) => events),
    requests: sum(({ requests }) => requests),
    turnedAway: sum(({ turnedAway }) => turnedAway),
    firstMicros: pieces[0]?.firstMicros ?? NaN,
    lastMicros: pieces.at(-1)?.lastMicros ?? NaN,
    ids: pieces.flatMap(({ ids }) => ids),
    dueMicros: Float64Array.from(pieces.flatMap(({ dueMicros }) => [...dueMicros])),
    answeredMicros: Float64Array.from(pieces.flatMap(({ answeredMicros }) => [...answeredMicros])),
  };
}

/** The part of the events that was due before this time. */
export function dueBefore(sent: PacedSent, micros: number): PacedSent {
  const isBefore = (_: unknown, index: number): boolean => (sent.dueMicros[index] as number) < micros;
  return {
    ...sent,
    ids: sent.ids.filter(isBefore),
    dueMicros: sent.dueMicros.filter(isBefore),
    answeredMicros: sent.answeredMicros.filter(isBefore),
  };
}
