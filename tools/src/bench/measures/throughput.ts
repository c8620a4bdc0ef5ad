import type { Hub } from '../hub/openHub.js';
import { untilArrived, untilSettled } from './arrival.js';
import type { Bench } from './bench.js';
import { startMeter, type Cost } from './meter.js';

export interface Throughput extends Cost {
  readonly events: number;
  /** From the first event sent to the last delivered. */
  readonly eventsPerSecond: number;
  /** Requests that were told to come again later. */
  readonly turnedAway: number;
  /** Bytes of JSON of an event, as it came in and as it went out. */
  readonly bytesOut: number;
}

/** Sends as fast as the hub takes events, with the worker delivering meanwhile, and waits until all is recorded. */
export async function measureThroughput(hub: Hub, bench: Bench, events: number): Promise<Throughput> {
  const { generator, sink, options } = bench;
  const before = await sink.call('arrivals');
  const stopMeter = startMeter(hub, bench);
  const sent = await generator.call('flood', {
    url: hub.url,
    token: hub.token,
    connections: options.connections,
    events,
  });
  const after = await untilArrived(sink, before.events + sent.events);
  await untilSettled(hub);
  return {
    events: sent.events,
    eventsPerSecond: (sent.events * 1_000_000) / (after.lastMicros - sent.firstMicros),
    turnedAway: sent.turnedAway,
    bytesOut: (after.bytes - before.bytes) / sent.events,
    ...stopMeter(sent.events),
  };
}
