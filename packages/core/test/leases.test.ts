import { createHttp, createMetrics, createWebhook, sendTestNotice, listNotices, connect } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSegmentWork } from '../src/segments/segmentWork.js';
import { startSweeps } from '../src/sweeps.js';
import { startAnswerLoss } from './answerLoss.js';
import { add, users } from './cohorts/cohortHarness.js';
import { event, openHub, sweepMs, until } from './deliveryHarness.js';
import { createFailover } from './failover.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { openMailbox } from './notices/mailbox.js';
import { createFakeCohorts } from './pulls/fakeCohorts.js';
import { ids, openPullHarness, sorted } from './pulls/pullHarness.js';
import { openSyncHarness } from './segmentExport/syncHarness.js';
import { openReceiver } from './segments/receiver.js';
import { openSegmentHarness } from './segments/segmentHarness.js';

/*
 * Work that a worker has leased, and whose lease outlives a failover: it goes on when the database is back, and does not
 * wait for the end of its lease, which takes 34 seconds and more.
 */

/** A failover takes 1.5 s; the time of it is not in this. */
const backMs = 10_000;

/** Has `onClose` run after the test. */
function closing<Opened>(opened: Opened, onClose: (opened: Opened) => unknown): Opened {
  onTestFinished(async () => void (await onClose(opened)));
  return opened;
}

const lossOf = async (url: string, ...statement: [string, ((answer: Buffer) => boolean)?]) =>
  closing(await startAnswerLoss(url, ...statement), (loss) => loss.close());

describe('a step of a pull', () => {
  async function openPull() {
    const fake = createFakeCohorts({ id: 'c1', name: 'Buyers', members: ids(35) });
    const harness = closing(await openPullHarness(fake), (opened) => opened.close());
    const isApplied = () =>
      until(
        () => harness.members('c1'),
        (members) => members.length === 35,
        backMs,
      );
    return { fake, harness, isApplied };
  }

  it('that ends during a failover is recorded after it, and its pages are not asked for again', async () => {
    const { fake, harness, isApplied } = await openPull();
    const failover = createFailover(harness.url);
    fake.after = ({ from }) => (from === 10 ? failover.begin().then(() => undefined) : undefined);
    await harness.follow('c1');
    await harness.startWorker();
    await until(failover.hasBegun, Boolean);
    await failover.end();
    expect(sorted(await isApplied())).toEqual(sorted(ids(35)));
    expect(fake.calls.map(({ from }) => from)).toEqual([0, 10, 20, 30]);
  });

  it('is claimed again at once when the answer to its claim was lost', async () => {
    const { harness, isApplied } = await openPull();
    const { url, lost } = await lossOf(harness.url, 'update cohort_pull p set', (answer) => answer.includes('COMMIT'));
    await harness.follow('c1');
    await harness.startWorker({ databaseUrl: url });
    expect(sorted(await isApplied())).toEqual(sorted(ids(35)));
    expect(lost()).toBe(1);
  });
});

describe('a segment sync', () => {
  it('goes on after a failover amid a request', async () => {
    const harness = closing(await openSyncHarness({}, ['a', 'b']), (opened) => opened.close());
    const failover = createFailover(harness.url);
    harness.lists.answer(async () => (await failover.begin(), { outcome: 'delivered' }));
    const sync = await harness.launch();
    harness.start();
    await until(failover.hasBegun, Boolean);
    await failover.end();
    await until(
      () => harness.view(sync),
      ({ progress, waitingCount, inFlightCount }) => progress === undefined && waitingCount + inFlightCount === 0,
      backMs,
    );
    expect(harness.lists.members()).toEqual(['a', 'b']);
    expect(await harness.isBalanced(sync)).toBe(true);
  });

  it('is claimed again at once when the answer to its claim was lost', async () => {
    const harness = closing(await openSyncHarness({}, ['a', 'b']), (opened) => opened.close());
    const { url, lost } = await lossOf(harness.url, 'update segment_sync y set lease');
    await harness.launch();
    harness.start(url);
    await until(harness.lists.members, (members) => members.length === 2, backMs);
    expect(lost()).toBe(1);
  });
});

describe('a request to a webhook', () => {
  async function openWebhook() {
    const harness = closing(await openSegmentHarness(), (opened) => opened.close());
    const receiver = closing(await openReceiver(), (opened) => opened.close());
    const http = closing(createHttp({ timeoutMs: 20_000, connections: 2, allowPrivateAddresses: true }), (opened) =>
      opened.close(),
    );
    const cohort = { id: 'buyers', name: 'Buyers' };
    await harness.push([{ kind: 'declare', cohort }]);
    await harness.apply();
    const { id } = await harness.segment('Buyers', { includes: await harness.cohortId('buyers') });
    await harness.settle();
    const made = await createWebhook(harness.admin, id, receiver.url);
    if (made.kind !== 'SegmentWebhookSecretCreated') throw new Error(made.message);
    receiver.secret = made.secret;
    await harness.push([add(users('enters'), { cohort })]);
    await harness.settle();
    function start(databaseUrl = harness.url): void {
      const log = pino({ level: 'silent' });
      const sweeps = closing(startSweeps(harness.sql, log, sweepMs), (opened) => opened.stop());
      const options = { windowMs: 3_600_000, requestMs: 30_000, retentionDays: 14 };
      const work = startSegmentWork({
        databaseUrl,
        sweeps,
        http,
        seal: harness.seal,
        log,
        metrics: createMetrics(),
        ...options,
      });
      closing(work, (opened) => opened.stop());
    }
    return { harness, receiver, start };
  }

  it('that ends during a failover is recorded after it, and not repeated', async () => {
    const { harness, receiver, start } = await openWebhook();
    const failover = createFailover(harness.url);
    receiver.pause = failover.begin;
    start();
    await until(failover.hasBegun, Boolean);
    await failover.end();
    const recorded = () => harness.sql<{ count: number }[]>`select delivered_count::int as count from segment_webhook`;
    await until(recorded, ([row]) => row?.count === 1, backMs);
    expect(receiver).toMatchObject({ requests: 1, complaints: [] });
  });

  it('is made at once when the answer to the claim of its changes was lost', async () => {
    const { harness, receiver, start } = await openWebhook();
    const { url, lost } = await lossOf(harness.url, 'update segment_webhook w set');
    start(url);
    await until(
      () => receiver.taken.length,
      (count) => count === 1,
      backMs,
    );
    expect(lost()).toBe(1);
    expect(receiver.complaints).toEqual([]);
  });
});

describe('an event of a deleted Current', () => {
  it('expires soon after the answer to its claim was lost', async () => {
    const hub = closing(await openHub(fakeConnector(createFakePartner())), (opened) => opened.stop());
    const current = await hub.launch();
    await hub.take([event()]);
    await hub.sql`update current set state = 'deleted' where id = ${current}`;
    const { url, lost } = await lossOf(hub.databaseUrl, 'order by due_at limit');
    await hub.startWorker({ databaseUrl: url });
    await until(
      () => hub.tally(current),
      ({ expired }) => expired === 1,
      backMs * 2,
    );
    expect(lost()).toBe(1);
  });
});

describe('a mail', () => {
  async function openNotices() {
    const hub = closing(await openHub(fakeConnector(createFakePartner())), (opened) => opened.stop());
    const mailbox = closing(await openMailbox(), (opened) => opened.close());
    const pool = closing(connect(hub.databaseUrl, { max: 1, name: 'test' }), (opened) => opened.end());
    const admin = { sql: hub.sql, db: drizzle(pool) };
    const current = await hub.launch();
    await sendTestNotice(admin, { currentId: String(current) });
    const isSent = () =>
      until(
        async () => (await listNotices(admin, { first: 1 })).nodes,
        ([notice]) => notice?.state === 'sent',
        backMs,
      );
    return { hub, mailbox, isSent };
  }

  it('that is sent during a failover is recorded after it, and not sent again', async () => {
    const { hub, mailbox, isSent } = await openNotices();
    const failover = createFailover(hub.databaseUrl);
    mailbox.pause.until = failover.begin;
    await hub.startWorker({ smtpUrl: mailbox.url });
    await until(failover.hasBegun, Boolean);
    await failover.end();
    await isSent();
    expect(mailbox.mails).toHaveLength(1);
  });

  it('is sent at once when the answer to its claim was lost', async () => {
    const { hub, mailbox, isSent } = await openNotices();
    const { url, lost } = await lossOf(hub.databaseUrl, 'update notice_message m set');
    await hub.startWorker({ smtpUrl: mailbox.url, databaseUrl: url });
    await isSent();
    expect(lost()).toBe(1);
    expect(mailbox.mails).toHaveLength(1);
  });
});
