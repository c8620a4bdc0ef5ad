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

/** Milliseconds between three times of each event. Throws when a sent event has not arrived. */
export function spreadsOf({ ids, dueMicros, answeredMicros }: PacedSent, arrived: RecordedArrivals) {
  const arrivals = new Map(arrived.ids.map((id, index) => [id, arrived.micros[index] as number]));
  const arrivedMicros = Float64Array.from(ids, (id) => {
    const micros = arrivals.get(id);
    if (micros === undefined) throw new Error(`event ${id} was acknowledged and never arrived`);
    return micros;
  });
  return {
    /** From the acknowledgement of an event to its arrival at the sink. */
    sinceAcknowledged: spreadOf(arrivedMicros, answeredMicros),
    /** From the due time of a request to the arrival of its events. */
    sinceDue: spreadOf(arrivedMicros, dueMicros),
    /** From the due time of a request to its response. */
    untilAcknowledged: spreadOf(answeredMicros, dueMicros),
  };
}

function spreadOf(later: Float64Array, earlier: Float64Array) {
  const milliseconds = later.map((micros, index) => (micros - (earlier[index] as number)) / 1_000);
  return {
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    p99: percentile(milliseconds, 0.99),
    max: percentile(milliseconds, 1),
  };
}
