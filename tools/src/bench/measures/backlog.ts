import type { Hub } from '../hub/openHub.js';
import { nowMicros } from '../reading/clock.js';
import { untilArrived, untilSettled } from './arrival.js';
import type { Bench } from './bench.js';
import { startMeter, type Cost } from './meter.js';

export interface Backlog {
  readonly events: number;
  /** Taking in and storing alone, with no worker about. */
  readonly intake: Cost & { readonly eventsPerSecond: number };
  /** From starting the worker, the start included, to the last event delivered. */
  readonly drain: Cost & { readonly eventsPerSecond: number };
}

/** Lets a backlog pile up while no worker runs, and then has one fresh worker deliver it. */
export async function measureBacklog(hub: Hub, bench: Bench): Promise<Backlog> {
  const { generator, sink, options, say } = bench;
  await hub.stopWorker();
  const before = await sink.call('arrivals');
  const stopIntake = startMeter(hub, bench);
  const sent = await generator.call('flood', {
    url: hub.url,
    token: hub.token,
    connections: options.connections,
    events: options.backlog,
  });
  const intake = {
    ...stopIntake(sent.events),
    eventsPerSecond: (sent.events * 1_000_000) / (sent.lastMicros - sent.firstMicros),
  };
  say(`${sent.events} events are waiting, stored at ${Math.round(intake.eventsPerSecond)} a second; now the worker`);

  const startedMicros = nowMicros();
  const stopDrain = startMeter(hub, bench);
  await hub.startWorker();
  const after = await untilArrived(sink, before.events + sent.events);
  await untilSettled(hub);
  const drain = {
    ...stopDrain(sent.events),
    eventsPerSecond: (sent.events * 1_000_000) / (after.lastMicros - startedMicros),
  };
  return { events: sent.events, intake, drain };
}
