import { listNotices, muteNotices, raiseNotice, sendTestNotice, unmuteNotices, type NoticeView } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Admin, type Sql } from '@currents/core';
import { block } from '../../src/circuitBreaker.js';
import { createFakePartner, fakeConnector, type FakePartner } from '../fakeConnector.js';
import { event, openHub, until, type Hub } from '../deliveryHarness.js';
import { openMailbox } from './mailbox.js';

let hub: Hub;
let pool: Sql;
let admin: Pick<Admin, 'sql' | 'db'>;
let partner: FakePartner;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
let current: number;

beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner));
  pool = connect(hub.databaseUrl, { max: 2, name: 'test' });
  admin = { sql: hub.sql, db: drizzle(pool) };
  mailbox = await openMailbox();
  current = await hub.launch('Orders');
});
afterEach(async () => {
  await hub.stop();
  await pool.end();
  await mailbox.close();
});

const startWorker = (options: Parameters<Hub['startWorker']>[0] = {}) =>
  hub.startWorker({ smtpUrl: mailbox.url, ...options });

/** Lets the workers look at the hub now, and not at their usual time. */
const examineNow = () => hub.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;

async function notices(): Promise<readonly NoticeView[]> {
  const { nodes } = await listNotices(admin, { first: 200 });
  return [...nodes].reverse();
}

const kinds = async () => (await notices()).map(({ noticeKind }) => noticeKind);

/** Waits for this many notices of the kind, all of which are sent. */
const sent = (kind: string, count = 1) =>
  until(
    async () => {
      await examineNow();
      return (await notices()).filter(({ noticeKind }) => noticeKind === kind);
    },
    (found) => found.length >= count && found.every(({ state }) => state === 'sent'),
  );

/** What is raised after all that the workers did before: once it has come, all of it has. */
async function lastMail(): Promise<void> {
  await sendTestNotice(admin, { currentId: String(current) });
  await sent('test');
}

const mails = () => mailbox.mails.map(({ subject, text }) => `${subject} ${text}`);

async function blockCurrent(id = current): Promise<void> {
  partner.mood = { outcome: 'blocked', code: 'http_401', detail: 'the key is revoked' };
  await block(hub.sql, 'current', id, { code: 'http_401', detail: 'the key is revoked' });
}

const backdate = (minutes: number) =>
  hub.sql.begin(async (tx) => {
    await tx`update current set live_since = now() - interval '2 hours'`;
    await tx`update delivery set stored_at = now() - ${minutes}::int * interval '1 minute'`;
  });

describe('with two workers, the contact address of a Current', () => {
  it('gets one mail when it is blocked, and one when it works again', async () => {
    await Promise.all([startWorker(), startWorker()]);
    partner.mood = { outcome: 'blocked', code: 'http_401', detail: 'the key is revoked' };
    await hub.take([event(), event(), event()]);
    await sent('current_blocked');
    partner.mood = undefined;
    await hub.sql`update current set probe_at = now() where id = ${current}`;
    await sent('current_resumed');
    await lastMail();
    expect(await kinds()).toEqual(['current_blocked', 'current_resumed', 'test']);
    expect(mailbox.mails).toHaveLength(3);
    expect(new Set(mailbox.mails.map(({ messageId }) => messageId)).size).toBe(3);
    for (const { to, messageId } of mailbox.mails)
      expect([to, messageId]).toEqual(['a@example.com', expect.stringMatching(/^<[\w-]{36}@hub\.example\.com>$/)]);
    const [blocked] = await notices();
    expect(blocked).toMatchObject({ severity: 'critical', startedAt: expect.any(Date), eventCount: 3, state: 'sent' });
    expect(blocked?.endedAt).toBeInstanceOf(Date);
    expect(mails()[0]).toMatch(/The Current "Orders" is blocked \(http_401\): the key is revoked\./);
    expect(mails()[0]).toMatch(/^Events: 3$/m);
    expect(mails()[0]).toMatch(/^Since: 2\d{3}-/m);
    expect(mails()[0]).toMatch(/^What to do: Repair what the detail names/m);
    expect(mails()[1]).toContain('The Current "Orders" delivers again.');
  });

  it('gets one at 50, 75 and 90 % of the retry window, and one when its events expire', async () => {
    await blockCurrent();
    await hub.take([event(), event()]);
    await Promise.all([startWorker(), startWorker()]);
    await backdate(29);
    await sent('current_blocked');
    for (const [minutes, count] of [
      [31, 1],
      [32, 1],
      [46, 2],
      [55, 3],
    ] as const) {
      await backdate(minutes);
      await sent('retry_window_used', count);
    }
    await backdate(61);
    await sent('events_expired');
    await lastMail();
    expect(await kinds()).toEqual([
      'current_blocked',
      'retry_window_used',
      'retry_window_used',
      'retry_window_used',
      'events_expired',
      'test',
    ]);
    expect(mails().flatMap((text) => /(\d+) % of the retry window/.exec(text)?.[1] ?? [])).toEqual(['50', '75', '90']);
    expect((await notices()).at(-2)).toMatchObject({ eventCount: 2, message: expect.stringContaining('2 up to now') });
    expect(mailbox.mails).toHaveLength(6);
  });

  it('gets none for what an admin did: a Current that is paused is not said to work again', async () => {
    await startWorker();
    await blockCurrent();
    await sent('current_blocked');
    await hub.sql`update current set state = 'paused', state_since = now() where id = ${current}`;
    await until(
      async () => {
        await examineNow();
        return notices();
      },
      ([blocked]) => blocked?.endedAt !== undefined,
    );
    await lastMail();
    expect(await kinds()).toEqual(['current_blocked', 'test']);
  });
});

describe('mails', () => {
  it('gather what arises for an address at about the same time, and no other address', async () => {
    const other = await hub.launch('Others');
    await hub.sql`update current set contact_email = 'b@example.com' where id = ${other}`;
    const second = await hub.launch('Second\nof\r\nall: CRITICAL');
    for (const id of [current, second, other]) await blockCurrent(id);
    await startWorker();
    await sent('current_blocked', 3);
    expect(mailbox.mails.map(({ to }) => to).sort()).toEqual(['a@example.com', 'b@example.com']);
    const ofBoth = mailbox.mails.find(({ to }) => to === 'a@example.com');
    expect(ofBoth?.subject).toBe(
      '[Currents] 2 notices: The Current "Orders" is blocked (http_401): the key is revoked.',
    );
    expect(ofBoth?.text.match(/^CRITICAL: /gm)).toHaveLength(2);
    expect(ofBoth?.text).toContain('CRITICAL: The Current "Second of all: CRITICAL" is blocked');
  });

  it('about the whole hub go to NOTICE_TO, and without it to the contact addresses of Currents', async () => {
    const worker = await startWorker({
      noticesTo: ['ops@example.com', 'dba@example.com'],
      databaseMaxBytes: 1_000_000,
    });
    await sent('database_near_budget');
    expect(mailbox.mails.map(({ to }) => to).sort()).toEqual(['dba@example.com', 'ops@example.com']);
    await worker.stop();
    await hub.sql`update notice set ended_at = now() - interval '2 hours' where kind = 'database_near_budget'`;
    await startWorker({ databaseMaxBytes: 1_000_000 });
    await sent('database_near_budget', 2);
    expect(mailbox.mails.map(({ to }) => to).slice(2)).toEqual(['a@example.com']);
  });

  it('are tried again when the server cannot take them, and given up when it refuses the address', async () => {
    await startWorker();
    mailbox.moods.push(451);
    mailbox.unknown.add('gone@example.com');
    const other = await hub.launch('Others');
    await hub.sql`update current set contact_email = 'gone@example.com' where id = ${other}`;
    await sendTestNotice(admin, { currentId: String(current) });
    const [deferred] = await until(notices, ([first]) => first?.deliveries[0]?.failureCode === 'smtp_451');
    expect(deferred).toMatchObject({ state: 'pending', deliveries: [{ state: 'pending', attempts: 1 }] });
    await hub.sql`update notice_message set due_at = now() where state = 'ready'`;
    await sent('test');
    await sendTestNotice(admin, { currentId: String(other) });
    const [, failed] = await until(notices, ([, last]) => last?.state === 'failed');
    expect(failed?.deliveries).toMatchObject([
      { state: 'failed', failureCode: 'smtp_550', recipient: 'gone@example.com' },
    ]);
    expect(JSON.stringify(failed?.deliveries[0]?.failureDetail)).not.toContain('@');
    expect(mailbox.mails.map(({ to }) => to)).toEqual(['a@example.com']);
  });

  it('are lines of the log without an SMTP server', async () => {
    await hub.startWorker();
    await sendTestNotice(admin, {});
    const [test] = await sent('test');
    expect(test?.deliveries).toMatchObject([{ channel: 'mail', transport: 'log', state: 'sent' }]);
  });
});

it('sends twenty test notices in an hour, also when many are asked for at once', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => sendTestNotice(admin, {})));
  expect(answers.filter(({ kind }) => kind !== 'TooManyTestNotices')).toHaveLength(20);
  expect(await notices()).toHaveLength(20);
});

describe('a mute', () => {
  it('holds back the notices of its Current; what is still so when it ends is sent then', async () => {
    const other = await hub.launch('Others');
    expect(
      await muteNotices(admin, { currentId: String(current), until: new Date(Date.now() + 3_600_000) }),
    ).toMatchObject({
      kind: 'NoticeMute',
      currentId: String(current),
    });
    await startWorker();
    for (const id of [current, other]) await blockCurrent(id);
    await until(notices, (all) => all.length === 2 && all.every(({ state }) => state !== 'pending'));
    expect((await notices()).map(({ state }) => state).sort()).toEqual(['muted', 'sent']);
    await raiseNotice(hub.sql, {
      kind: 'day_kept',
      severity: 'warning',
      subject: { type: 'Current', key: String(current) },
      episode: '2026-01-01',
      message: 'It happened while it was muted.',
      remedy: 'Nothing.',
    });
    await until(notices, (all) => all.at(-1)?.state === 'muted');
    expect(await unmuteNotices(admin, { currentId: String(current) })).toEqual({
      kind: 'NoticesUnmuted',
      hasEndedMute: true,
    });
    await sent('current_blocked', 2);
    expect((await notices()).at(-1)).toMatchObject({ noticeKind: 'day_kept', state: 'muted' });
    expect(mailbox.mails).toHaveLength(2);
  });

  it('of the whole hub holds back all but test notices, and is refused for a time that is past', async () => {
    const until1 = new Date(Date.now() + 3_600_000);
    expect(await muteNotices(admin, { until: new Date(0) })).toMatchObject({ kind: 'InputInvalid' });
    expect(await muteNotices(admin, { currentId: '999', until: until1 })).toMatchObject({ kind: 'CurrentNotFound' });
    await muteNotices(admin, { until: until1 });
    await muteNotices(admin, { until: until1 });
    await startWorker();
    await blockCurrent();
    await until(notices, ([blocked]) => blocked?.state === 'muted');
    await lastMail();
    expect(mailbox.mails).toHaveLength(1);
  });
});
