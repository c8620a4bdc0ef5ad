import type { Hub } from '../hub/openHub.js';
import type { PacedSent } from '../programs/generator.js';
import type { RecordedArrivals } from '../programs/sink.js';
import { perSecond } from '../reading/clock.js';
import { percentile } from '../reading/percentiles.js';
import { untilArrived, untilSettled } from './arrival.js';
import { startMeter, type Cost } from './meter.js';
import type { Traffic } from './traffic.js';

export interface Latency extends Cost {
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Milliseconds from the answer that acknowledged an event to its arrival at the sink. */
  readonly sinceAcknowledged: Spread;
  /** Milliseconds from the moment a request was due to be sent to the arrival of its events. */
  readonly sinceDue: Spread;
  /** Milliseconds from the moment a request was due to be sent to its answer. */
  readonly untilAcknowledged: Spread;
}

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const warmUpSeconds = 2;

/** Sends `eventsPerSecond` for so many seconds, and measures the time from each acknowledgement to the arrival. */
export async function measureLatency(
  hub: Hub,
  traffic: Traffic,
  eventsPerSecond: number,
  seconds: number,
): Promise<Latency> {
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

/** Throws when an event that was sent is not among those that arrived. */
export function spreadsOf({ ids, dueMicros, answeredMicros }: PacedSent, arrived: RecordedArrivals) {
  const arrivals = new Map(arrived.ids.map((id, index) => [id, arrived.micros[index] as number]));
  const arrivedMicros = Float64Array.from(ids, (id) => {
    const micros = arrivals.get(id);
    if (micros === undefined) throw new Error(`event ${id} was acknowledged and never arrived`);
    return micros;
  });
  return {
    sinceAcknowledged: spreadOf(arrivedMicros, answeredMicros),
    sinceDue: spreadOf(arrivedMicros, dueMicros),
    untilAcknowledged: spreadOf(answeredMicros, dueMicros),
  };
}

function spreadOf(later: Float64Array, earlier: Float64Array): Spread {
  const milliseconds = later.map((micros, index) => (micros - (earlier[index] as number)) / 1_000);
  return {
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    p99: percentile(milliseconds, 0.99),
    max: percentile(milliseconds, 1),
  };
}
