import type { Hub } from '../hub/openHub.js';
import type { Traffic } from '../programs/open.js';
import { perSecond } from '../reading/clock.js';
import { untilArrived, untilSettled } from './arrival.js';
import { startMeter } from './meter.js';

export type Throughput = Awaited<ReturnType<typeof measureThroughput>>;

/**
 * Sends events as fast as the hub accepts them while the worker delivers, and waits until every outcome is recorded.
 * `settle` waits for the outcomes of a hub of another commit, whose tables may have other names.
 */
export async function measureThroughput(
  hub: Pick<Hub, 'sql' | 'url' | 'token' | 'currentId' | 'processes'>,
  traffic: Traffic,
  events: number,
  settle: typeof untilSettled = untilSettled,
) {
  const { generator, sink, connections } = traffic;
  const before = await sink.call('arrivals');
  const stopMeter = startMeter(hub, traffic);
  const sent = await generator.call('flood', { url: hub.url, token: hub.token, connections, events });
  const after = await untilArrived(sink, before.events + sent.events);
  await settle(hub);
  return {
    events: sent.events,
    /** From the first event sent to the last one delivered. */
    eventsPerSecond: perSecond(sent.events, sent.firstMicros, after.lastMicros),
    /** Requests answered with 429 or 503. */
    turnedAway: sent.turnedAway,
    /** Mean bytes of JSON of a delivered event. */
    bytesOut: (after.bytes - before.bytes) / sent.events,
    ...stopMeter(sent.events),
  };
}
