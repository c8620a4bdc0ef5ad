import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRetention } from '../../src/worker/retention.js';
import { createFakePartner, fakeConnector } from '../fakeConnector.js';
import { event, openHub, until, type Hub } from '../deliveryHarness.js';

let hub: Hub;
let current: number;

interface Row {
  readonly kind: string;
  readonly subject: string;
  readonly severity: string;
  readonly count: number | null;
  readonly message: string;
  readonly isEnded: boolean;
}

beforeAll(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  current = await hub.launch('Orders');
  await hub.startWorker();
});
afterAll(() => hub.stop());

const read = (kind: string) => hub.sql<Row[]>`
  select kind, subject, severity, event_count::float8 as count, message, ended_at is not null as "isEnded"
  from notice where kind = ${kind} order by id`;

/** Waits for the notices of a kind, while workers look at the hub again and again. */
const noticesOf = (kind: string, holds: (rows: readonly Row[]) => boolean = (rows) => rows.length > 0) =>
  until(async () => {
    await hub.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;
    return read(kind);
  }, holds);

/** Resolves when the only worker has looked at all that is so now: its next look begins after the end of the one before. */
async function examined(): Promise<void> {
  for (let look = 1; look <= 2; look++) {
    await hub.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;
    await until(
      () => hub.sql<{ isTaken: boolean }[]>`select examine_at > now() as "isTaken" from notice_schedule`,
      ([row]) => row?.isTaken === true,
    );
  }
}

it('whatever is so, at once after the clock of the database was a day ahead', async () => {
  await hub.sql`
    update notice_schedule set examine_at = now() + interval '1 day', examine_rest_at = now() + interval '1 day'`;
  const isTaken = await until(
    () =>
      hub.sql<{ isTaken: boolean }[]>`
        select greatest(examine_at, examine_rest_at) < now() + interval '2 minutes' as "isTaken" from notice_schedule`,
    ([row]) => row?.isTaken === true,
  );
  expect(isTaken).toHaveLength(1);
});

it('a segment webhook that is blocked, and that works again', async () => {
  const [segment] = await hub.sql<{ id: number }[]>`
    insert into segment (name, definition) values ('Spenders', '{}') returning id`;
  const [webhook] = await hub.sql<{ id: number }[]>`
    insert into segment_webhook (segment_id, url, state, blocked_code, probe_at, delivered_change_id)
    values (${segment?.id ?? 0}, 'https://example.com/', 'blocked', 'http_401', now() + interval '1 day', 0) returning id`;
  const [blocked] = await noticesOf('webhook_blocked');
  expect(blocked).toMatchObject({ subject: `SegmentWebhook:${webhook?.id}`, severity: 'critical', isEnded: false });
  expect(blocked?.message).toBe('A webhook of the segment "Spenders" is blocked (http_401).');
  await hub.sql`update segment_webhook set state = 'live', state_since = now(), blocked_code = null`;
  const [resumed] = await noticesOf('webhook_resumed');
  expect(resumed?.message).toMatch(/^A webhook of the segment "Spenders" works again\. It was blocked since 2/);
  expect(await read('webhook_blocked')).toMatchObject([{ isEnded: true }]);
});

it('changes that expired before a webhook received them once for each webhook and day', async () => {
  const [segment] = await hub.sql<{ id: number }[]>`
    insert into segment (name, definition) values ('Leavers', '{}') returning id`;
  const [webhook] = await hub.sql<{ id: number }[]>`
    insert into segment_webhook (segment_id, url, state, delivered_change_id)
    values (${segment?.id ?? 0}, 'https://example.com/', 'paused', 0) returning id`;
  const expire = (changes: number, at: Date) => hub.sql`
    insert into segment_webhook_expiry (webhook_id, first_change_id, last_change_id, change_count, code, detail, expired_at)
    values (${webhook?.id ?? 0}, 1, 2, ${changes}, 'http_503', 'HTTP 503', ${at})`;
  const at = new Date();
  await expire(9, new Date(at.getTime() - 10 * 24 * 3_600_000));
  await expire(3, at);
  await expire(4, at);
  const [expired] = await noticesOf('changes_expired');
  expect(expired).toMatchObject({ subject: `SegmentWebhook:${webhook?.id}`, severity: 'critical' });
  expect(expired?.message).toBe(
    `Entries and exits of the segment "Leavers" expired on ${at.toISOString().slice(0, 10)}, before a webhook received them: 7 up to now.`,
  );
  await examined();
  expect(await read('changes_expired')).toHaveLength(1);
});

it('a segment sync that is blocked once for each time that it becomes so, and that works again', async () => {
  const [segment] = await hub.sql<{ id: number }[]>`
    insert into segment (name, definition) values ('Readers', '{}') returning id`;
  const [sync] = await hub.sql<{ id: number }[]>`
    insert into segment_sync (segment_id, destination, settings, account, object_name, state, blocked_code, probe_at)
    values (${segment?.id ?? 0}, 'braze', '{}', 'a', 'readers', 'blocked', 'credentials_refused', now() + interval '1 day')
    returning id`;
  const subject = `SegmentSync:${sync?.id}`;
  const become = (state: 'live' | 'paused' | 'blocked') => hub.sql`
    update segment_sync set state = ${state}, state_since = now(), blocked_code = ${state === 'blocked' ? 'http_404' : null}`;
  const [blocked] = await noticesOf('segment_sync_blocked');
  expect(blocked).toMatchObject({ subject, severity: 'critical', isEnded: false });
  expect(blocked?.message).toBe('The sync of the segment "Readers" to "readers" is blocked (credentials_refused).');
  await examined();
  expect(await read('segment_sync_blocked')).toHaveLength(1);

  await become('live');
  const [resumed] = await noticesOf('segment_sync_resumed');
  expect(resumed).toMatchObject({ subject, severity: 'info' });
  expect(resumed?.message).toMatch(
    /^The sync of the segment "Readers" to "readers" works again\. It was blocked since 2/,
  );
  await become('blocked');
  expect(await noticesOf('segment_sync_blocked', ({ length }) => length === 2)).toMatchObject([
    { isEnded: true },
    { isEnded: false },
  ]);
  // An admin who pauses it knows.
  await become('paused');
  await noticesOf('segment_sync_blocked', (all) => all.every(({ isEnded }) => isEnded));
  expect(await read('segment_sync_resumed')).toHaveLength(1);
});

it('a cohort that is stale once for each time that it becomes so, and a pull that stopped', async () => {
  const [cohort] = await hub.sql<{ id: number }[]>`
    insert into cohort (partner, partner_id, list_id, name, schedule, last_sync_at, created_at)
    values ('mixpanel', '1', 'l', 'Buyers', 'hourly', now() - interval '9 hours', now() - interval '10 days') returning id`;
  const id = cohort?.id ?? 0;
  await hub.sql`
    insert into cohort_pull (cohort_id, current_id, due_at, failure_code, failure_detail, failure_recovery, failed_at)
    values (${id}, ${current}, null, 'refused', 'no access', 'manual', now())`;
  expect(await noticesOf('cohort_stale')).toMatchObject([{ subject: `Cohort:${id}`, isEnded: false }]);
  expect(await noticesOf('cohort_pull_stopped')).toMatchObject([{ subject: `CohortPull:${id}` }]);
  await hub.sql`update cohort set last_sync_at = now()`;
  await noticesOf('cohort_stale', ([first]) => first?.isEnded === true);
  await hub.sql`update cohort set last_sync_at = now() - interval '8 hours'`;
  expect(await noticesOf('cohort_stale', ({ length }) => length === 2)).toMatchObject([
    { isEnded: true },
    { isEnded: false },
  ]);
  await hub.sql`delete from cohort_pull`;
  await hub.sql`delete from cohort`;
});

it('a quarantine that is nearly full, and not again as soon as its value moves about the limit', async () => {
  const fill = (bytes: number) => hub.sql`
    insert into quarantine_usage (stored_on, token_id, shard, bytes) values (current_date, ${hub.tokenId}, 77, ${bytes})
    on conflict (stored_on, token_id, shard) do update set bytes = excluded.bytes`;
  await fill(460_000_000);
  const [full] = await noticesOf('quarantine_near_budget');
  expect(full).toMatchObject({ subject: `IngestToken:${hub.tokenId}`, severity: 'warning' });
  await fill(1);
  await noticesOf('quarantine_near_budget', ([first]) => first?.isEnded === true);
  await fill(460_000_000);
  await examined();
  expect(await read('quarantine_near_budget')).toHaveLength(1);
  await hub.sql`update notice set ended_at = now() - interval '61 minutes' where kind = 'quarantine_near_budget'`;
  await noticesOf('quarantine_near_budget', ({ length }) => length === 2);
  await fill(1);
});

it('differences that the check of a ledger found, once while they last', async () => {
  const check = () => hub.sql`
    insert into job (operation, input, state, result, finished_at) values (
      'check_ledger', ${hub.sql.json({ currentId: String(current) })}, 'done', ${hub.sql.json({ differences: [{}, {}] })}, now())`;
  await check();
  await noticesOf('ledger_difference');
  await check();
  await examined();
  expect(await read('ledger_difference')).toMatchObject([{ subject: `Current:${current}`, count: 2 }]);
});

it('types of events that the catalogue does not know, each once, and of no other events', async () => {
  const settle = () => hub.sql`update quarantine_batch set stored_at = now() - interval '1 minute'`;
  await hub.take([
    event('a', { event_type: 'users.messages.pigeon.Send' }),
    event('b', { event_type: 'users.messages.pigeon.Send' }),
    event('c', { event_type: 'secret of <ana@example.com>' }),
    event('d', { time: 'never' }),
  ]);
  await settle();
  const [first] = await noticesOf('unknown_event_type');
  expect(first).toMatchObject({ subject: 'EventType:users.messages.pigeon.Send', count: 2, severity: 'warning' });
  await hub.take([
    event('e', { event_type: 'users.messages.pigeon.Send' }),
    event('f', { event_type: 'users.messages.owl.Send' }),
  ]);
  await settle();
  const all = await noticesOf('unknown_event_type', ({ length }) => length > 1);
  expect(all.map(({ subject }) => subject)).toEqual([
    'EventType:users.messages.pigeon.Send',
    'EventType:users.messages.owl.Send',
  ]);
  expect(JSON.stringify(all)).not.toContain('ana@example.com');
});

it('no more than 20 new types a day, however many a sender invents', async () => {
  await hub.take(Array.from({ length: 40 }, (_, index) => event('g', { event_type: `users.invented.number${index}` })));
  await hub.sql`update quarantine_batch set stored_at = now() - interval '1 minute'`;
  await examined();
  await examined();
  expect(await read('unknown_event_type')).toHaveLength(20);
});

it('a day that is kept beyond its retention, with the Current that holds it', async () => {
  await hub.sql`update current set state = 'paused' where id = ${current}`;
  await hub.take([event(), event(), event()]);
  const [old] = await hub.sql<{ day: string; next: string; suffix: string }[]>`
    select current_date - 20 as day, current_date - 19 as next, to_char(current_date - 20, 'YYYYMMDD') as suffix`;
  for (const parent of ['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request']) {
    await hub.sql.unsafe(
      `create table ${parent}_${old?.suffix} partition of ${parent} for values from ('${old?.day}') to ('${old?.next}')`,
    );
    await hub.sql.unsafe(`update ${parent} set stored_on = '${old?.day}'`);
  }
  const log = pino({ level: 'silent' });
  await runRetention({ sql: hub.sql, log, retentionDays: 14 });
  await runRetention({ sql: hub.sql, log, retentionDays: 14 });
  expect(await read('day_kept')).toEqual([
    {
      kind: 'day_kept',
      subject: `Current:${current}`,
      severity: 'warning',
      count: 3,
      isEnded: false,
      message: `The events of ${old?.day} are kept beyond their retention, for all Currents: 3 of them are pending for the Current "Orders", which is paused.`,
    },
  ]);
});
