import { setTimeout as wait } from 'node:timers/promises';
import { untilArrived } from '../measures/arrival.js';
import { spreadsOf, type Spread } from '../measures/latency.js';
import { startMeter, type Cost } from '../measures/meter.js';
import type { Generator } from '../programs/generator.js';
import type { Program } from '../programs/program.js';
import { perSecond } from '../reading/clock.js';
import type { Arrivals } from './cells.js';
import type { Side } from './side.js';

/** What one side did and cost in a round. CPU is in µs per accepted event; of an idle side in µs per second. */
export interface SideMeasure extends Cost {
  /** Accepted events. */
  readonly events: number;
  /** Of a flood up to the last arrival, otherwise as they were sent. */
  readonly eventsPerSecond: number;
  /** Requests to the partner. */
  readonly requests: number;
  /** Requests of the sender that were answered with 429 or 503. */
  readonly turnedAway: number;
  /** Delays of every delivery; undefined in a flood and idle. */
  readonly delays: { readonly sinceAcknowledged: Spread; readonly sinceDue: Spread } | undefined;
}

/** Events per second that a flood has at most on a usual machine: a flood ends by their number. */
const floodEventsPerSecond = 20_000;
const minConnections = 64;

/**
 * Sends the arrivals for so many seconds and waits until all is delivered and recorded.
 * @param floodEvents events of a flood; default: as many as a usual machine takes in that time.
 */
export async function measureSide(
  side: Side,
  generator: Program<Generator>,
  arrivals: Arrivals,
  seconds: number,
  partnerMs: number,
  floodEvents = floodEventsPerSecond * seconds,
): Promise<SideMeasure> {
  const { sink, url, token, copies } = side;
  const before = await sink.call('arrivals');
  const stopMeter = startMeter(side, { generator, sink });
  if (arrivals.kind === 'idle') {
    await wait(seconds * 1_000);
    const { requests } = await sink.call('arrivals');
    const none = { events: 0, eventsPerSecond: 0, turnedAway: 0, delays: undefined };
    return { ...none, requests: requests - before.requests, ...stopMeter(seconds) };
  }
  const job = { url, token, connections: connectionsFor(arrivals, partnerMs) };
  const untilDelivered = async (events: number) => {
    const after = await untilArrived(sink, before.events + events * copies);
    await side.settle();
    return { after, cost: stopMeter(events) };
  };
  if (arrivals.kind === 'flood') {
    const sent = await generator.call('flood', { ...job, events: floodEvents });
    const { after, cost } = await untilDelivered(sent.events);
    return {
      events: sent.events,
      eventsPerSecond: perSecond(sent.events, sent.firstMicros, after.lastMicros),
      requests: after.requests - before.requests,
      turnedAway: sent.turnedAway,
      delays: undefined,
      ...cost,
    };
  }
  await sink.call('record');
  const sent = await generator.call('pace', { ...job, eventsPerSecond: arrivals.eventsPerSecond, seconds });
  const { after, cost } = await untilDelivered(sent.events);
  return {
    events: sent.events,
    eventsPerSecond: perSecond(sent.events, sent.firstMicros, sent.lastMicros),
    requests: after.requests - before.requests,
    turnedAway: sent.turnedAway,
    delays: spreadsOf(sent, await sink.call('recorded')),
    ...cost,
  };
}

/** Twice the requests that wait for a partner's answer, because the bare forwarder answers after it. */
function connectionsFor(arrivals: Arrivals, partnerMs: number): number {
  if (arrivals.kind !== 'steady') return minConnections;
  const waiting = (arrivals.eventsPerSecond / arrivals.requestEvents) * (partnerMs / 1_000);
  return Math.max(minConnections, Math.ceil(2 * waiting));
}
