import {
  connect,
  createHttp,
  createNoticeWebhook,
  deleteNoticeWebhook,
  getNoticeWebhook,
  listNotices,
  listNoticeWebhooks,
  muteNotices,
  raiseNotice,
  rotateNoticeWebhookSecret,
  sendTestNotice,
  testNoticeWebhook,
  updateNoticeWebhook,
  type Admin,
  type Sql,
} from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakePartner, fakeConnector } from '../fakeConnector.js';
import { openHub, until, type Hub } from '../deliveryHarness.js';
import { openNoticeReceiver } from './noticeReceiver.js';

let hub: Hub;
let pool: Sql;
let http: ReturnType<typeof createHttp>;
let admin: Pick<Admin, 'sql' | 'db' | 'seal' | 'allowBaseUrl' | 'http'>;
let receiver: Awaited<ReturnType<typeof openNoticeReceiver>>;
let webhook: string;

beforeEach(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  pool = connect(hub.databaseUrl, { max: 2, name: 'test' });
  http = createHttp({ timeoutMs: 5_000, connections: 4, allowPrivateAddresses: true });
  admin = { sql: hub.sql, db: drizzle(pool), seal: hub.seal, allowBaseUrl: true, http };
  receiver = await openNoticeReceiver();
  const created = await createNoticeWebhook(admin, receiver.url);
  if (created.kind !== 'NoticeWebhookSecretCreated') throw new Error(created.message);
  receiver.secret = created.secret;
  webhook = created.noticeWebhook.id;
});
afterEach(async () => {
  await hub.stop();
  await http.close();
  await pool.end();
  await receiver.close();
});

const raise = (episode: string) =>
  raiseNotice(hub.sql, {
    kind: 'cohort_stale',
    severity: 'warning',
    subject: { type: 'Cohort', key: '7' },
    episode,
    count: 3,
    message: 'It is stale.',
    remedy: 'Look.',
  });

const types = () => receiver.received.map(({ type }) => type);
const stateOf = async () => {
  const found = await getNoticeWebhook(admin, webhook);
  return 'state' in found ? found.state : found.kind;
};
const noticeStates = async () => (await listNotices(admin, { first: 200 })).nodes.map(({ state }) => state);

it('a webhook gets one signed request for each notice, with two workers', async () => {
  await Promise.all([hub.startWorker(), hub.startWorker()]);
  expect(await Promise.all([raise('a'), raise('a'), raise('b')])).toHaveLength(3);
  await until(noticeStates, (states) => states.length === 2 && states.every((state) => state === 'sent'));
  await sendTestNotice(admin, {});
  await until(types, (all) => all.includes('notice.test'));
  expect(types()).toEqual(['notice.cohort_stale', 'notice.cohort_stale', 'notice.test']);
  expect(new Set(receiver.received.map(({ webhookId }) => webhookId)).size).toBe(3);
  expect(receiver.complaints).toEqual([]);
  expect(receiver.received[0]).toMatchObject({
    webhookId: expect.stringMatching(/^msg_/),
    data: {
      id: expect.stringMatching(/^ntc_\d+$/),
      kind: 'COHORT_STALE',
      severity: 'WARNING',
      subject: { type: 'Cohort', id: 'coh_7' },
      eventCount: 3,
      message: 'It is stale.',
      remedy: 'Look.',
    },
  });
});

it('a receiver that refuses is blocked, probed, and gets what waited for it once it accepts', async () => {
  await hub.startWorker();
  receiver.refusal = 401;
  await raise('a');
  await until(stateOf, (state) => state === 'blocked');
  await raise('b');
  await until(noticeStates, (states) => states.length === 2 && states.every((state) => state === 'pending'));
  const { requests } = receiver;
  await hub.sql`update notice_message set due_at = now() where state = 'ready'`;
  await hub.sql`update notice_webhook set probe_at = now()`;
  await until(
    () => receiver.requests,
    (count) => count > requests,
  );
  receiver.refusal = undefined;
  await hub.sql`update notice_webhook set probe_at = now()`;
  await until(noticeStates, (states) => states.every((state) => state === 'sent'));
  expect(types()).toEqual(['notice.ping', 'notice.cohort_stale', 'notice.cohort_stale']);
  expect(await stateOf()).toBe('live');
});

it('notices expire for a webhook that is blocked for the whole retry window', async () => {
  await hub.startWorker();
  receiver.refusal = 410;
  await raise('a');
  await until(stateOf, (state) => state === 'blocked');
  await hub.sql`update notice_message set created_at = now() - interval '2 hours'`;
  await hub.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;
  await until(noticeStates, ([state]) => state === 'failed');
});

it('a test says what the receiver answers, and makes a blocked webhook live', async () => {
  expect(await testNoticeWebhook(admin, webhook)).toMatchObject({ kind: 'NoticeWebhookTested', hasPassed: true });
  receiver.refusal = 503;
  expect(await testNoticeWebhook(admin, webhook)).toMatchObject({ hasPassed: false, code: 'http_503' });
  await hub.sql`update notice_webhook set state = 'blocked', blocked_code = 'http_401', blocked_detail = 'no'`;
  receiver.refusal = undefined;
  expect(await testNoticeWebhook(admin, webhook)).toMatchObject({ hasPassed: true, noticeWebhook: { state: 'live' } });
  expect(types()).toEqual(['notice.ping', 'notice.ping']);
  expect(receiver.complaints).toEqual([]);
});

it('is muted as mails are, but for a test', async () => {
  await muteNotices(admin, { until: new Date(Date.now() + 3_600_000) });
  await hub.startWorker();
  await raise('a');
  await until(noticeStates, ([state]) => state === 'muted');
  await sendTestNotice(admin, {});
  await until(types, (all) => all.length > 0);
  expect(types()).toEqual(['notice.test']);
});

it('can be moved, given another secret and deleted, each only with the exact URL or none at all', async () => {
  expect(await updateNoticeWebhook(admin, webhook, 'ftp://example.com')).toMatchObject({ kind: 'InputInvalid' });
  const moved = `${receiver.url}/moved`;
  expect(await updateNoticeWebhook(admin, webhook, moved)).toMatchObject({ url: moved, state: 'live' });
  const rotate = (confirmUrl: string) => rotateNoticeWebhookSecret(admin, webhook, { confirmUrl, overlapHours: 24 });
  expect(await rotate(receiver.url)).toMatchObject({ kind: 'NotConfirmed' });
  const rotated = await rotate(moved);
  if (rotated.kind !== 'NoticeWebhookSecretCreated') throw new Error(rotated.message);
  expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(rotated.noticeWebhook.formerSecretUntil?.getTime()).toBeGreaterThan(Date.now());
  // The receiver may know either.
  for (const secret of [receiver.secret, rotated.secret]) {
    receiver.secret = secret;
    expect(await testNoticeWebhook(admin, webhook)).toMatchObject({ hasPassed: true });
  }
  expect(receiver.complaints).toEqual([]);
  expect(await deleteNoticeWebhook(admin, webhook, { isDryRun: true })).toMatchObject({ isDryRun: true });
  expect(await deleteNoticeWebhook(admin, webhook, { confirmUrl: 'x', isDryRun: false })).toMatchObject({
    kind: 'NotConfirmed',
  });
  await deleteNoticeWebhook(admin, webhook, { confirmUrl: moved, isDryRun: false });
  expect(await stateOf()).toBe('NoticeWebhookNotFound');
  expect(await hub.sql`select secret, former_secret from notice_webhook`).toEqual([
    { secret: null, former_secret: null },
  ]);
});

it.each([
  ['deleted', (id: string, confirmUrl: string) => deleteNoticeWebhook(admin, id, { confirmUrl, isDryRun: false })],
  [
    'given another secret',
    (id: string, confirmUrl: string) => rotateNoticeWebhookSecret(admin, id, { confirmUrl, overlapHours: 0 }),
  ],
])('is not %s by its former URL when another admin moves it meanwhile', async (_what, act) => {
  const moved = `${receiver.url}/moved`;
  let acting: Promise<unknown> | undefined;
  await hub.sql.begin(async (tx) => {
    await tx`update notice_webhook set url = ${moved}`;
    acting = act(webhook, receiver.url);
    // It has read the former URL, and waits for the row.
    await until(
      () => hub.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ({ length }) => length > 0,
    );
  });
  expect(await acting).toMatchObject({ kind: 'NotConfirmed', message: expect.stringContaining(moved) });
  expect(await getNoticeWebhook(admin, webhook)).toMatchObject({ url: moved, formerSecretUntil: undefined });
  expect(await testNoticeWebhook(admin, webhook)).toMatchObject({ hasPassed: true });
});

it('there are ten at most, also when many are created at once', async () => {
  const wide = connect(hub.databaseUrl, { max: 12, name: 'test' });
  const many = { ...admin, db: drizzle(wide) };
  const made = await Promise.all(Array.from({ length: 20 }, () => createNoticeWebhook(many, receiver.url)));
  await wide.end();
  expect(made.filter(({ kind }) => kind === 'NoticeWebhookSecretCreated')).toHaveLength(9);
  expect(await createNoticeWebhook(admin, receiver.url)).toMatchObject({ kind: 'TooManyNoticeWebhooks' });
  expect((await listNoticeWebhooks(admin, { first: 50 })).nodes).toHaveLength(10);
});
