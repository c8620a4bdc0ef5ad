import { setTimeout as wait } from 'node:timers/promises';
import { startFakeAmplitude, type FakeAmplitude } from '../../fakes/amplitude/startFakeAmplitude.js';
import type { AdminClient } from '../../hub/adminClient.js';
import { faultsOf, readTally } from '../hub/balance.js';
import { benchKey } from '../hub/openHub.js';
import { untilSettled } from '../measures/arrival.js';
import type { PacedSent } from '../programs/generator.js';
import { nowMicros } from '../reading/clock.js';
import { median, percentile } from '../reading/percentiles.js';
import { openGenerator } from '../programs/open.js';
import { connections, type AmplitudeStage } from './stage.js';

const warmUpSeconds = 5;
const hot = {
  user_id: '66b0e7d2c3a94f15d80e7b60',
  external_user_id: 'a script',
  device_id: 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D',
};
const settings = { region: 'us', endpoint: 'httpapi' } as const;
/** Amplitude, HTTP V2 reference, 429: events a second of one user or device, averaged over 30 s. */
const allowed = 30 * 30;

export async function measureHotDevice(stage: AmplitudeStage) {
  const { options, cleanup, progress } = stage;
  const amplitude = await startFakeAmplitude({ projects: [{ apiKey: benchKey }] });
  cleanup.add('the fake Amplitude', () => amplitude.close());
  const hub = await stage.openHub();
  const { id, currentId } = await hub.launch('amplitude', { ...settings, baseUrl: amplitude.url });
  const { admin } = hub;
  const { requestEvents } = options;
  const { generator: others } = await openGenerator(cleanup, { seed: 1, requestEvents });
  const { generator: hotOnes } = await openGenerator(cleanup, { seed: 2, requestEvents, user: hot });
  /** The difference between the clocks of the fake and of the bench. */
  const clockGapMs = amplitude.control.now() - nowMicros() / 1_000;
  const target = { url: hub.url, token: hub.token, connections };
  let sent = 0;

  async function flow(withHot: boolean, seconds: number): Promise<PacedSent> {
    const jobs = [others.call('pace', { ...target, eventsPerSecond: options.others, seconds })];
    if (withHot) jobs.push(hotOnes.call('pace', { ...target, eventsPerSecond: options.hot, seconds }));
    const flows = await Promise.all(jobs);
    sent += flows.reduce((sum, { events }) => sum + events, 0);
    return flows[0] as PacedSent;
  }

  await flow(false, warmUpSeconds);
  const alone: number[] = [];
  const beside: number[] = [];
  let askedMs = NaN;
  let waiting = 0;
  let drainSeconds = 0;
  let maxInAWindow = 0;
  for (let round = 0; round < options.rounds; round++) {
    progress(`round ${round + 1}: ${options.others} events a second alone for ${options.seconds} s`);
    alone.push(await p95(amplitude, await flow(false, options.seconds), clockGapMs));
    progress(`… and beside ${options.hot} a second of one device`);
    const fromMs = amplitude.control.now();
    beside.push(await p95(amplitude, await flow(true, options.seconds), clockGapMs));
    maxInAWindow = Math.max(maxInAWindow, maxOf(amplitude, fromMs));
    const asked = await listThrottledKeys(admin, id);
    [waiting, askedMs] = [Math.max(waiting, asked.events), asked.ms];
    progress(
      `p95 ${alone.at(-1)?.toFixed(0)} ms alone, ${beside.at(-1)?.toFixed(0)} ms beside; ${asked.events} events wait, listed in ${asked.ms.toFixed(0)} ms; the limit rises`,
    );
    const startedMs = performance.now();
    amplitude.control.setLimits(benchKey, { httpapiEps: 100_000 });
    await change(admin, id, { ...settings, baseUrl: amplitude.url, eventsPerSecondPerKey: 100_000 });
    await untilSettled({ ...hub, currentId }, 300_000);
    drainSeconds = Math.max(drainSeconds, (performance.now() - startedMs) / 1_000);
    amplitude.control.setLimits(benchKey, { httpapiEps: allowed / 30 });
    await change(admin, id, { ...settings, baseUrl: amplitude.url });
    progress(`drained in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    // Events accepted at the raised limit count against the usual limit until the end of the window.
    if (round + 1 < options.rounds) await wait(30_000);
  }
  const { statuses, accepted, duplicates } = amplitude.control.summary();
  const tally = await readTally({ ...hub, currentId });
  const shown = accepted - duplicates;
  const faults = [
    ...faultsOf(
      [tally.delivered === sent, `${sent} events were acknowledged, the ledger calls ${tally.delivered} delivered`],
      [shown === sent, `${sent} events were acknowledged, Amplitude shows ${shown}`],
      [duplicates === 0, `${duplicates} events came twice`],
    ),
    ...(await hub.troubles()),
  ];
  return {
    alone: median(alone),
    beside: median(beside),
    refusals: statuses['429'] ?? 0,
    maxInAWindow,
    allowed,
    waiting,
    askedMs,
    drainSeconds,
    faults,
  };
}

/** The 95th percentile of the milliseconds from response to arrival, once all of these events have arrived. */
async function p95(amplitude: FakeAmplitude, sent: PacedSent, clockGapMs: number): Promise<number> {
  const { ids, answeredMicros } = sent;
  for (const endMs = Date.now() + 60_000; ; await wait(200)) {
    const receivedAt = new Map(
      amplitude.control.ledger().view.map(({ event, receivedAt }) => [String(event['insert_id']), receivedAt]),
    );
    const missing = ids.filter((id) => !receivedAt.has(id)).length;
    if (missing > 0 && Date.now() > endMs)
      throw new Error(`${missing} events of ${sent.events} did not arrive within a minute`);
    const delayMs = (id: string, index: number) =>
      (receivedAt.get(id) ?? NaN) - clockGapMs - (answeredMicros[index] ?? NaN) / 1_000;
    if (missing === 0) return percentile(ids.map(delayMs), 0.95);
  }
}

/** The maximum number of the hot device's events that Amplitude accepted in any 30 seconds since then. */
function maxOf(amplitude: FakeAmplitude, fromMs: number): number {
  const times = amplitude.control
    .ledger()
    .view.filter(({ person, receivedAt }) => person === hot.device_id && receivedAt >= fromMs)
    .map(({ receivedAt }) => receivedAt);
  let first = 0;
  return times.reduce((max, time, index) => {
    while ((times[first] ?? time) <= time - 30_000) first++;
    return Math.max(max, index - first + 1);
  }, 0);
}

async function listThrottledKeys(admin: AdminClient, id: string) {
  const startedMs = performance.now();
  const {
    current: {
      throttledKeys: { nodes },
    },
  } = await admin.ask<{ current: { throttledKeys: { nodes: readonly { readonly eventCount: number }[] } } }>(
    'query ($id: ID!) { current(id: $id) { ... on Current { throttledKeys { nodes { budget key eventCount waitingSince lastDueAt } } } } }',
    { id },
  );
  return { events: nodes.reduce((sum, { eventCount }) => sum + eventCount, 0), ms: performance.now() - startedMs };
}

async function change(admin: AdminClient, id: string, settings: object): Promise<void> {
  await admin.run(
    'mutation ($id: ID!, $settings: JsonObject!) { updateCurrent(input: { id: $id, settings: $settings }) { __typename ... on Problem { message } } }',
    { id, settings },
    'UpdateCurrentPayload',
  );
}
