import type { Hub } from '../hub/openHub.js';
import type { PacedSent } from '../programs/generator.js';
import type { Traffic } from '../programs/open.js';
import type { RecordedArrivals } from '../programs/sink.js';
import { perSecond } from '../reading/clock.js';
import { percentile } from '../reading/percentiles.js';
import { untilArrived, untilSettled } from './arrival.js';
import { startMeter } from './meter.js';

export type Latency = Awaited<ReturnType<typeof measureLatency>>;
export type Spread = ReturnType<typeof spreadOf>;

const warmUpSeconds = 2;

/** Sends `eventsPerSecond` for this many seconds, and measures the time from each acknowledgement to the arrival. */
export async function measureLatency(hub: Hub, traffic: Traffic, eventsPerSecond: number, seconds: number) {
  const { generator, sink, connections } = traffic;
  const job = { url: hub.url, token: hub.token, connections, eventsPerSecond };
  const atFirst = await sink.call('arrivals');
  const warmUp = await generator.call('pace', { ...job, seconds: Math.min(warmUpSeconds, seconds) });
  const before = await untilArrived(sink, atFirst.events + warmUp.events);
  await untilSettled(hub);

  await sink.call('record');
  const stopMeter = startMeter(hub, traffic);
  const sent = await generator.call('pace', { ...job, seconds });
  await untilArrived(sink, before.events + sent.events);
  await untilSettled(hub);
  const cost = stopMeter(sent.events);
  const arrived = await sink.call('recorded');
  return {
    events: warmUp.events + sent.events,
    eventsPerSecond: perSecond(sent.events, sent.firstMicros, sent.lastMicros),
    ...spreadsOf(sent, arrived),
    ...cost,
  };
}

/**
 * Milliseconds between three times of each event. An event that arrives several times, for several Currents, counts each
 * time. Throws when a sent event has not arrived.
 */
export function spreadsOf({ ids, dueMicros, answeredMicros }: PacedSent, arrived: RecordedArrivals) {
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const sentIndexes = arrived.ids.map((id) => indexes.get(id));
  const found = new Set(sentIndexes);
  const missing = ids.find((_, index) => !found.has(index));
  if (missing !== undefined) throw new Error(`event ${missing} was acknowledged and never arrived`);
  /** Delays of the arrivals, without those of events that others have sent. */
  const delaysSince = (micros: Float64Array): Float64Array =>
    Float64Array.from(
      sentIndexes.flatMap((sent, index) =>
        sent === undefined ? [] : (arrived.micros[index] as number) - (micros[sent] as number),
      ),
    );
  return {
    /** From the acknowledgement of an event to its arrival at the sink. */
    sinceAcknowledged: spreadOf(delaysSince(answeredMicros)),
    /** From the due time of a request to the arrival of its events. */
    sinceDue: spreadOf(delaysSince(dueMicros)),
    /** From the due time of a request to its response. */
    untilAcknowledged: spreadOf(answeredMicros.map((micros, index) => micros - (dueMicros[index] as number))),
  };
}

function spreadOf(delayMicros: Float64Array) {
  const milliseconds = delayMicros.map((micros) => micros / 1_000);
  return {
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    p99: percentile(milliseconds, 0.99),
    max: percentile(milliseconds, 1),
  };
}
