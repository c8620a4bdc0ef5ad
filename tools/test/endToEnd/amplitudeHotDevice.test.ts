import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKeyOf, insertIdOf, shownAtAmplitude, startAmplitudeHub, type AmplitudeHub } from './amplitudeHub.js';
import { events } from './events.js';
import { ledgerOf } from './ledger.js';
import { onceEach } from './shown.js';
import { throttledKeys } from './throttled.js';
import { until } from './until.js';

const project = 'hot';
const device = 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D';
/** 300 events in 30 seconds. */
const eventsPerSecond = 10;
const settings = { endpoint: 'httpapi', eventsPerSecondPerKey: eventsPerSecond };

let hub: AmplitudeHub;
let current: number;
beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: { [project]: { limits: { httpapiEps: eventsPerSecond } } } });
  current = await hub.launch(project, { settings });
});
afterAll(() => hub?.stop());

const hot: string[] = [];
const others: string[] = [];

/** Posts one request: three events of the device for each event of another user. */
async function post(): Promise<void> {
  const ofDevice = events(75, { user: { external_user_id: 'a script', device_id: device } });
  const ofOthers = events(25).map((event, index) => ({
    ...event,
    user: { external_user_id: `user ${others.length + index}`, device_id: `device ${others.length + index}` },
  }));
  hot.push(...ofDevice.map(({ id }) => id));
  others.push(...ofOthers.map(({ id }) => id));
  expect(
    await hub.post(ofDevice.flatMap((event, index) => [event, ...(index % 3 === 0 ? [ofOthers[index / 3]] : [])])),
  ).toMatchObject({ status: 200, body: { accepted: 100 } });
}

const view = () => hub.amplitude.control.ledger().view;
const isThere = (id: string) => view().some((copy) => insertIdOf(copy) === id);

it('only the hot device waits; its events are delivered once, in order, within the limit, and without delay after the limit rises', async () => {
  // Sends each request once the other events of the previous one have arrived.
  for (let request = 0; request < 12; request++) {
    await post();
    await until(
      () => isThere(others.at(-1) ?? ''),
      (there) => there,
      30_000,
    );
  }
  // 900 events of the device in a few seconds; Amplitude accepts 300 in 30 s.
  const underWay = await ledgerOf(hub.sql, current);
  expect(underWay.pending).toBeGreaterThan(500);
  expect(underWay.delivered + underWay.pending).toBe(1_200);
  expect(others.filter((id) => !shownAtAmplitude({ view: view() }, project).has(id))).toEqual([]);
  // The two are read one after the other, and some events may be sent in between.
  const { throttled } = await until(
    async () => ({ throttled: await throttledKeys(hub, current), ...(await ledgerOf(hub.sql, current)) }),
    (seen) => seen.throttled.reduce((sum, { eventCount }) => sum + eventCount, 0) === seen.pending,
  );
  expect(new Set(throttled.map(({ key }) => key))).toEqual(new Set(['a script']));

  // Some of its events are sent as its budget refills.
  const before = underWay.delivered;
  await until(
    () => ledgerOf(hub.sql, current),
    ({ delivered }) => delivered > before + 60,
    60_000,
  );
  expect(hub.amplitude.control.maxInAWindow(apiKeyOf(project), device)).toBeLessThanOrEqual(300);
  expect(hub.amplitude.control.summary().statuses).toEqual({ 200: expect.any(Number) });

  // Amplitude raises the limit, and an admin changes the setting.
  hub.amplitude.control.setLimits(apiKeyOf(project), { httpapiEps: 1_000 });
  await hub.change(current, { ...settings, eventsPerSecondPerKey: 1_000 });
  expect(
    await until(
      () => ledgerOf(hub.sql, current),
      ({ pending }) => pending === 0,
      20_000,
    ),
  ).toMatchObject({ selected: 1_200, delivered: 1_200 });
  expect(await throttledKeys(hub, current)).toEqual([]);

  expect(shownAtAmplitude({ view: view() }, project)).toEqual(onceEach([...hot, ...others]));
  expect(
    view()
      .filter(({ person }) => person === device)
      .map(insertIdOf),
  ).toEqual(hot);
  const { statuses, duplicates } = hub.amplitude.control.summary();
  expect(statuses['429'] ?? 0).toBeLessThan(10);
  expect(duplicates).toBe(0);
}, 180_000);
