import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProgram, type Program } from '../../src/hub/program.js';
import { insertIdOf, shownAtAmplitude, startAmplitudeHub, type AmplitudeHub } from './amplitudeHub.js';
import { events } from './events.js';
import { ledgerOf } from './ledger.js';
import { onceEach } from './shown.js';
import { throttledKeys } from './throttled.js';
import { until } from './until.js';

const dailyEvents = 100;
const hourMs = 3_600_000;
const device = 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D';

let hub: AmplitudeHub;
let current: number;
let worker: Program | undefined;
beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: { quota: { limits: { dailyEvents } } } });
  current = await hub.launch('quota');
  worker = hub.hub.workers[0];
});
afterAll(async () => {
  await worker?.stop();
  await hub?.stop();
});

const ofDevice: string[] = [];
const ofOthers: string[] = [];
let made = 0;

/** Posts this many events of the device, interleaved with as many events of other users. */
async function post(count: number): Promise<void> {
  const hot = events(count, { user: { device_id: device } });
  const others = events(count).map((event) => ({ ...event, user: { external_user_id: `user ${made++}` } }));
  ofDevice.push(...hot.map(({ id }) => id));
  ofOthers.push(...others.map(({ id }) => id));
  expect(await hub.post(hot.flatMap((event, index) => [event, others[index]]))).toMatchObject({
    status: 200,
    body: { accepted: count * 2 },
  });
}

const shown = () => shownAtAmplitude(hub.amplitude.control.ledger(), 'quota');
const refusals = () => hub.amplitude.control.summary().statuses['429'] ?? 0;
/** Waits until all posted events except this many are delivered. */
const deliveredBut = (waiting: number) =>
  until(
    () => ledgerOf(hub.sql, current),
    ({ delivered }) => delivered === ofDevice.length + ofOthers.length - waiting,
    30_000,
  );

it('only the device over its daily quota waits, and drains once Amplitude accepts it again', async () => {
  await post(60);
  await deliveredBut(0);
  // 60 more exceed the daily quota: Amplitude names the device, and stores nothing of the request.
  await post(60);
  await deliveredBut(60);
  expect(shown()).toEqual(onceEach([...ofDevice.slice(0, 60), ...ofOthers]));
  expect(refusals()).toBe(1);

  // Further events of the device wait without a request to Amplitude; all others are delivered.
  for (let more = 0; more < 3; more++) {
    await post(10);
    await deliveredBut(60 + 10 * (more + 1));
  }
  expect(refusals()).toBe(1);
  expect(shown()).toEqual(onceEach([...ofDevice.slice(0, 60), ...ofOthers]));

  const [throttled, ...others] = await throttledKeys(hub, current);
  expect(others).toEqual([]);
  expect(throttled).toMatchObject({
    budget: 'device',
    key: device,
    eventCount: 90,
    reasons: [
      { code: 'daily_quota', eventCount: 60 },
      { code: 'over_budget', eventCount: 30 },
    ],
  });
  expect(Date.parse(throttled?.firstDueAt ?? '') - Date.parse(throttled?.waitingSince ?? '')).toBeGreaterThanOrEqual(
    hourMs,
  );
  expect(Date.parse(throttled?.lastDueAt ?? '')).toBeGreaterThanOrEqual(Date.parse(throttled?.firstDueAt ?? ''));

  // An hour later the device is tried again; the quota is still used up.
  await anHourLater();
  await until(refusals, (count) => count === 2, 30_000);
  await deliveredBut(90);
  expect(await throttledKeys(hub, current)).toMatchObject([
    { key: device, eventCount: 90, waitingSince: throttled?.waitingSince },
  ]);

  // A day later the quota is free.
  hub.amplitude.control.advanceClock(25 * hourMs);
  await anHourLater();
  await deliveredBut(0);
  expect(await throttledKeys(hub, current)).toEqual([]);
  expect(refusals()).toBe(2);
  const { view } = hub.amplitude.control.ledger();
  expect(shownAtAmplitude({ view }, 'quota')).toEqual(onceEach([...ofDevice, ...ofOthers]));
  expect(view.filter(({ person }) => person === device).map(insertIdOf)).toEqual(ofDevice);
  expect(hub.amplitude.control.summary()).toMatchObject({ duplicates: 0, violations: {} });
  expect(await ledgerOf(hub.sql, current)).toMatchObject({ selected: 300, delivered: 300, pending: 0 });
}, 120_000);

/** Moves all deferrals one hour closer, and restarts the worker, which loses its cached deferrals. */
async function anHourLater(): Promise<void> {
  await worker?.stop();
  await hub.sql`update budget_bucket set tat = tat - interval '1 hour'`;
  await hub.sql`
    update delivery set
      due_at = due_at - interval '1 hour',
      deferred = (select jsonb_agg(jsonb_set(e, '{dueAtMs}', to_jsonb((e->>'dueAtMs')::float8 - ${hourMs}::float8))) from jsonb_array_elements(deferred) e)
    where deferred is not null`;
  worker = await startProgram('worker', {
    environment: { ...hub.hub.environment, WORKER_PORT: '0' },
    onLine: () => undefined,
  });
}
