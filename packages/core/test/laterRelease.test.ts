import { createMetrics, listThrottledKeys } from '@currents/core';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noticeBody } from '../src/notices/noticeWebhookRequest.js';
import { createNewerReporter } from '../src/worker/reportNewer.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';

/** What a later release has stored, as a downgrade or a rolling upgrade leaves it to this one. */

let hub: Hub;
let partner: FakePartner;
let current: number;
beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner));
  current = await hub.launch();
});
afterEach(() => hub.stop());

const some = (count: number) => Array.from({ length: count }, () => event());
/** A form with the fields of the present one, so that to ignore the version would be to misread it. */
const laterForm = { version: 2, dueAtMs: 0, positions: [0], users: [['user-1', 0]], budget: { name: 'user' } };
const first = 'id = (select min(id) from delivery)';
const warnings = () => hub.sql<{ code: string; events: number }[]>`
  select code, events::int from current_warning where current_id = ${current}`;
const delivered = (count: number) =>
  until(
    () => hub.tally(current),
    (tally) => tally['delivered'] === count,
  );

describe('deferrals in the form of a later release', () => {
  beforeEach(async () => {
    for (const count of [3, 4, 2]) await hub.take(some(count));
    await hub.sql`update delivery set deferred = ${hub.sql.json(laterForm)}, attempts = 5 where ${hub.sql.unsafe(first)}`;
  });

  it('are left as they are and reported, while all other events are delivered; and go on once they are read', async () => {
    await hub.startWorker();
    await delivered(6);
    expect(await until(warnings, ({ length }) => length > 0)).toEqual([{ code: 'deferral_newer', events: 3 }]);
    const [parked] = await hub.sql`
      select deferred, attempts, pending, lease, due_at > now() as waits from delivery where ${hub.sql.unsafe(first)}`;
    expect(parked).toEqual({ deferred: laterForm, attempts: 5, pending: 3, lease: null, waits: true });
    expect(await hub.tally(current)).toEqual({ selected: 9, delivered: 6 });

    // Claimed again, it counts no second time.
    await hub.sql`update delivery set due_at = now() where pending > 0`;
    await until(
      () => hub.sql<{ waits: boolean }[]>`select due_at > now() as waits from delivery where pending > 0`,
      ([row]) => row?.waits === true,
    );
    expect(await warnings()).toEqual([{ code: 'deferral_newer', events: 3 }]);
    const page = await listThrottledKeys({ sql: hub.sql }, current, { first: 10, after: undefined });
    expect(page.nodes).toEqual([]);

    const readable = [{ dueAtMs: 0, code: 'throttled', detail: 'too fast', attempts: 2, positions: [0, 1] }];
    await hub.sql`update delivery set deferred = ${hub.sql.json(readable)}, due_at = now() where pending > 0`;
    await delivered(9);
  });

  it('become dead letters when the retry window is over', async () => {
    await hub.sql`update delivery set stored_at = stored_at - interval '2 hours' where ${hub.sql.unsafe(first)}`;
    await hub.sql`update current set live_since = live_since - interval '2 hours'`;
    await hub.startWorker();
    await until(
      () => hub.tally(current),
      ({ expired, delivered: others }) => expired === 3 && others === 6,
    );
    const letters = await hub.sql`select code, positions from dead_letter where current_id = ${current}`;
    expect(letters.map((letter) => ({ ...letter }))).toEqual([{ code: 'deferral_newer', positions: [0, 1, 2] }]);
  });
});

it('a delivery in a later form is logged and counted once', async () => {
  const lines: string[] = [];
  const metrics = createMetrics();
  const report = createNewerReporter({ log: pino({}, { write: (line) => void lines.push(line) }), metrics });
  const newer = [{ id: '7', storedOn: '2026-01-31', outcomes: Buffer.from([1, 1, 1]) }] as never;
  for (const events of [3, 0]) expect(report(4, newer)).toMatchObject({ code: 'deferral_newer', events });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'delivery.parked', current: 4, delivery: '7', storedOn: '2026-01-31', events: 3 },
  ]);
  expect(await metrics.registry.metrics()).toContain('currents_parked_deliveries_total 1');
});

it('a notice about what only a later release knows names it by its key', () => {
  const notice = { kind: 'flow_blocked', subject: 'Flow:5', severity: 'critical', message: 'It is blocked.' };
  const { type, data } = JSON.parse(noticeBody(notice as never)) as { type: string; data: object };
  expect([type, data]).toMatchObject([
    'notice.flow_blocked',
    { kind: 'FLOW_BLOCKED', subject: { type: 'Flow', id: '5' } },
  ]);
});

it('field rules that a later release stored block the Current, which keeps events and rules, and goes on once they are read', async () => {
  const later = { version: 2, isWithoutContactDetails: false, rules: [{ mask: { fields: ['email'] } }] };
  await hub.sql`update current set field_rules = ${hub.sql.json(later)} where id = ${current}`;
  await hub.take(some(3));
  await hub.startWorker();
  const block = () => hub.sql<{ state: string; code: string | null; detail: string | null }[]>`
    select state, blocked_code as code, blocked_detail as detail from current where id = ${current}`;
  const [blocked] = await until(block, ([now]) => now?.state === 'blocked');
  expect(blocked).toMatchObject({
    code: 'field_rules_unreadable',
    detail: 'a later release of the hub stored the field rules of the Current; run that release, or set them again',
  });
  expect(await hub.tally(current)).toEqual({ selected: 3 });
  expect(partner.requests).toEqual([]);
  const [{ rules } = { rules: undefined }] = await hub.sql<{ rules: unknown }[]>`
    select field_rules as rules from current where id = ${current}`;
  expect(rules).toEqual(later);
  const readable = { ...later, version: 1, rules: [{ drop: { fields: ['email'] } }] };
  await hub.sql`update current set field_rules = ${hub.sql.json(readable)}, probe_at = now() where id = ${current}`;
  await delivered(3);
});

it('credentials that a later release sealed block the Current, which keeps its events and goes on once they open', async () => {
  const [row] = await hub.sql<{ credentials: Buffer }[]>`select credentials from current where id = ${current}`;
  const sealed = row?.credentials ?? Buffer.alloc(0);
  await hub.sql`update current set credentials = ${Buffer.concat([Buffer.of(255), sealed.subarray(1)])} where id = ${current}`;
  await hub.take(some(3));
  await hub.startWorker();
  const block = () => hub.sql<{ state: string; code: string | null; detail: string | null }[]>`
    select state, blocked_code as code, blocked_detail as detail from current where id = ${current}`;
  const [blocked] = await until(block, ([now]) => now?.state === 'blocked');
  expect(blocked).toMatchObject({
    code: 'credentials_unreadable',
    detail: 'a later release of the hub sealed the stored credentials; run that release, or give them again',
  });
  expect(await hub.tally(current)).toEqual({ selected: 3 });
  await hub.sql`update current set credentials = ${sealed}, probe_at = now() where id = ${current}`;
  await delivered(3);
});
