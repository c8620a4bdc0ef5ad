import type { Hub } from '../hub/openHub.js';
import { perSecond } from '../reading/clock.js';
import { untilArrived, untilSettled } from './arrival.js';
import { startMeter, type Cost } from './meter.js';
import type { Traffic } from './traffic.js';

export interface Throughput extends Cost {
  readonly events: number;
  /** From the first event sent to the last one delivered. */
  readonly eventsPerSecond: number;
  /** Requests answered with 429 or 503. */
  readonly turnedAway: number;
  /** Mean bytes of JSON of a delivered event. */
  readonly bytesOut: number;
}

/**
 * Sends as fast as the hub accepts events while the worker delivers, and waits until every outcome is recorded.
 * `settle` waits for the outcomes of a hub of another commit, whose tables may have other names.
 */
export async function measureThroughput(
  hub: Pick<Hub, 'sql' | 'url' | 'token' | 'currentId' | 'processes'>,
  traffic: Traffic,
  events: number,
  settle: typeof untilSettled = untilSettled,
): Promise<Throughput> {
  const { generator, sink, connections } = traffic;
  const before = await sink.call('arrivals');
  const stopMeter = startMeter(hub, traffic);
  const sent = await generator.call('flood', { url: hub.url, token: hub.token, connections, events });
  const after = await untilArrived(sink, before.events + sent.events);
  await settle(hub);
  return {
    events: sent.events,
    eventsPerSecond: perSecond(sent.events, sent.firstMicros, after.lastMicros),
    turnedAway: sent.turnedAway,
    bytesOut: (after.bytes - before.bytes) / sent.events,
    ...stopMeter(sent.events),
  };
}
