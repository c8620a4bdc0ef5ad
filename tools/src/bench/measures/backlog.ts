import type { Hub } from '../hub/openHub.js';
import type { Traffic } from '../programs/open.js';
import { nowMicros, perSecond } from '../reading/clock.js';
import { untilArrived, untilSettled } from './arrival.js';
import { startMeter } from './meter.js';

export type Backlog = Awaited<ReturnType<typeof measureBacklog>>;

/** Stores a backlog of events while no worker runs; then measures one new worker, from its start, that delivers it. */
export async function measureBacklog(hub: Hub, traffic: Traffic, backlog: number, progress: (text: string) => void) {
  const { generator, sink, connections } = traffic;
  await hub.stopWorker();
  const before = await sink.call('arrivals');
  const stopIntake = startMeter(hub, traffic);
  const sent = await generator.call('flood', { url: hub.url, token: hub.token, connections, events: backlog });
  const intake = {
    ...stopIntake(sent.events),
    eventsPerSecond: perSecond(sent.events, sent.firstMicros, sent.lastMicros),
  };
  progress(`${sent.events} events stored at ${Math.round(intake.eventsPerSecond)} a second; starting the worker`);

  const startedMicros = nowMicros();
  const stopDrain = startMeter(hub, traffic);
  await hub.startWorker();
  const after = await untilArrived(sink, before.events + sent.events);
  await untilSettled(hub);
  const drain = { ...stopDrain(sent.events), eventsPerSecond: perSecond(sent.events, startedMicros, after.lastMicros) };
  return { events: sent.events, intake, drain };
}
