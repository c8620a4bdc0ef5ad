import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { brazeKey, brazeSettings, makeBuyers } from '../cli/buyers.js';
import { events } from '../endToEnd/events.js';
import { deadLettersOf, ledgerOf } from '../endToEnd/ledger.js';
import { onceEach, shownAt } from '../endToEnd/shown.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';
import { openMailbox } from './mailbox.js';
import { openNoticeReceiver } from './noticeReceiver.js';

let harness: FaultHarness;
let client: AdminClient;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
let receiver: Awaited<ReturnType<typeof openNoticeReceiver>>;
const sent: string[] = [];
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

interface Notice {
  readonly kind: string;
  readonly state: string;
  readonly eventCount: number | null;
  readonly node: { readonly id: string } | null;
  readonly deliveries: readonly { readonly channel: string; readonly state: string; readonly attempts: number }[];
}

beforeAll(async () => {
  mailbox = await openMailbox();
  receiver = await openNoticeReceiver();
  harness = await openFaultHarness({
    workers: 2,
    environment: {
      RETRY_WINDOW_HOURS: '1',
      REQUEST_TIMEOUT_SECONDS: '20',
      SMTP_URL: mailbox.url,
      NOTICE_FROM: 'currents@hub.example.com',
      NOTICE_GROUP_SECONDS: '0',
    },
  });
  client = createAdminClient(harness.api.url(), harness.environment['ADMIN_TOKEN'] ?? '');
  const { secret } = await client.run<{ secret: string }>(
    `mutation ($input: CreateNoticeWebhookInput!) {
      createNoticeWebhook(input: $input) { __typename ... on CreateNoticeWebhookPayload { secret } ... on Problem { message } }
    }`,
    { input: { url: receiver.url } },
    'CreateNoticeWebhookPayload',
  );
  receiver.secret = secret;
}, 120_000);
afterAll(async () => {
  await harness?.stop();
  await mailbox?.close();
  await receiver?.close();
});

async function post(count: number): Promise<void> {
  const batch = events(count);
  const response = await fetch(`${harness.api.url()}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${harness.token}` },
    body: JSON.stringify({ events: batch }),
  });
  expect(response.status).toBe(200);
  sent.push(...batch.map(({ id }) => id));
}

/** All notices, the oldest first. */
async function notices(): Promise<readonly Notice[]> {
  const query = `{ notices(first: 200) { nodes { kind state eventCount node { id } deliveries { channel state attempts } } } }`;
  const answer = await client.ask<{ readonly notices: { readonly nodes: readonly Notice[] } }>(query);
  return answer.notices.nodes.toReversed();
}

const examineNow = () => harness.sql`update notice_schedule set examine_at = now(), examine_rest_at = now()`;

/** Waits until this many notices of the kind are stored, and all are sent; the workers look at the hub at once. */
const allSent = (kind: string, count: number) =>
  until(
    async () => {
      await examineNow();
      return notices();
    },
    (all) => all.filter((each) => each.kind === kind).length === count && all.every(({ state }) => state === 'SENT'),
    30_000,
  );

/** As if what is pending had been stored so many minutes ago. */
async function backdate(minutes: number): Promise<void> {
  await harness.sql`update current set live_since = now() - interval '2 hours' where id = ${harness.current}`;
  await harness.sql`
    update delivery set stored_at = now() - ${minutes}::int * interval '1 minute' where pending > 0 and current_id = ${harness.current}`;
}

async function revoke(count: number): Promise<void> {
  harness.mixpanel.control.addFault(revoked);
  await post(count);
  await until(
    () => harness.admin.stateOf(harness.current),
    ({ state }) => state === 'BLOCKED',
    30_000,
  );
}

async function restore(): Promise<void> {
  harness.mixpanel.control.removeFault(revoked.id);
  expect(await harness.admin.probe(harness.current)).toBe('TestCredentialsPayload');
}

const settled = (delivered: number) =>
  until(
    () => ledgerOf(harness.sql, harness.current),
    (ledger) => ledger.delivered === delivered && ledger.pending === 0,
    30_000,
  );

const expected: string[] = [];

/** Each notice once: in the list, in the mailbox and at the receiver. */
async function expectOnceEach(): Promise<void> {
  const all = await notices();
  expect(all.map(({ kind }) => kind)).toEqual(expected);
  for (const { deliveries } of all)
    expect(deliveries.map(({ channel, attempts }) => [channel, attempts]).sort()).toEqual([
      ['MAIL', 1],
      ['WEBHOOK', 1],
    ]);
  expect(receiver.received.map(({ data }) => String(data['kind'])).sort()).toEqual([...expected].sort());
  expect(new Set(receiver.received.map(({ webhookId }) => webhookId)).size).toBe(expected.length);
  expect(receiver.complaints).toEqual([]);
  expect(mailbox.mails).toHaveLength(expected.length);
  expect(new Set(mailbox.mails.map(({ messageId }) => messageId)).size).toBe(expected.length);
  for (const { to } of mailbox.mails) expect(to).toBe('admin@example.com');
}

it('credentials that are revoked and restored: nothing is lost or doubled, and each notice comes once', async () => {
  await post(20);
  await settled(20);
  await revoke(30);
  await allSent('CURRENT_BLOCKED', 1);
  for (const [index, minutes] of [31, 46, 55].entries()) {
    await backdate(minutes);
    await allSent('RETRY_WINDOW_USED', index + 1);
  }
  await restore();
  await settled(50);
  await allSent('CURRENT_RESUMED', 1);
  expect(shownAt(harness.mixpanel.control.ledger(), 'everything')).toEqual(onceEach(sent));
  expected.push('CURRENT_BLOCKED', ...Array<string>(3).fill('RETRY_WINDOW_USED'), 'CURRENT_RESUMED');
  await expectOnceEach();
  const [blocked] = await notices();
  expect(blocked).toMatchObject({ eventCount: 30, node: { id: `cur_${harness.current}` } });
}, 120_000);

it('a retry window that passes: dead letters, which are replayed and delivered once, and a notice of each change', async () => {
  await revoke(25);
  await allSent('CURRENT_BLOCKED', 2);
  await backdate(55);
  await allSent('RETRY_WINDOW_USED', 4);
  await backdate(61);
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ expired }) => expired === 25,
    30_000,
  );
  await allSent('EVENTS_EXPIRED', 1);
  expect(await deadLettersOf(harness.sql, harness.current)).toHaveLength(25);
  await restore();
  await allSent('CURRENT_RESUMED', 2);
  expect(await harness.admin.replay(harness.current)).toBe(25);
  await settled(75);
  expect(shownAt(harness.mixpanel.control.ledger(), 'everything')).toEqual(onceEach(sent));
  expected.push('CURRENT_BLOCKED', 'RETRY_WINDOW_USED', 'EVENTS_EXPIRED', 'CURRENT_RESUMED');
  await expectOnceEach();
}, 120_000);

it('a segment sync whose key is refused, and that works again with another one: a notice of each', async () => {
  const braze = await startFakeBraze({ projects: [{ workspaceId: 'shop', keys: [brazeKey] }] });
  const mutate = <Payload extends object>(name: string, input: object, fields: string): Promise<Payload> => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const query = `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Problem { message } }
    }`;
    return client.run<Payload>(query, { input }, `${type}Payload`);
  };
  try {
    const { segmentId } = await makeBuyers(harness.api.url(), harness.environment['ADMIN_TOKEN'] ?? '', ['ann']);
    const { segmentSync } = await mutate<{ segmentSync: { id: string } }>(
      'createSegmentSync',
      {
        ...{ segmentId, destination: 'braze', credentials: { restApiKey: brazeKey } },
        settings: { ...brazeSettings(braze), attribute: 'buyers' },
      },
      'segmentSync { id }',
    );
    const { id } = segmentSync;
    await mutate('launchSegmentSync', { id }, '__typename');
    const held = () => braze.control.membersOf('shop', 'buyers');
    await until(held, ({ length }) => length === 1, 30_000);

    braze.control.setKeys('shop', ['another-key']);
    await mutate('resendSegmentSync', { id, mode: 'ALL', dryRun: false, confirmName: 'buyers' }, '__typename');
    await allSent('SEGMENT_SYNC_BLOCKED', 1);
    await mutate(
      'updateSegmentSync',
      { id, confirmName: 'buyers', credentials: { restApiKey: 'another-key' } },
      '__typename',
    );
    await allSent('SEGMENT_SYNC_RESUMED', 1);
    expected.push('SEGMENT_SYNC_BLOCKED', 'SEGMENT_SYNC_RESUMED');
    await expectOnceEach();
    const ofSync = (await notices()).filter(({ node }) => node?.id === id);
    expect(ofSync).toHaveLength(2);
    await mutate('deleteSegmentSync', { id, dryRun: false, isClearing: false, confirmName: 'buyers' }, '__typename');
  } finally {
    await braze.close();
  }
}, 120_000);

it('a worker killed between sending a mail and recording that: it is repeated once, with the same Message-ID', async () => {
  mailbox.moods.push('hang');
  const before = mailbox.mails.length;
  await client.run(
    `mutation ($input: SendTestNoticeInput!) { sendTestNotice(input: $input) { __typename ... on Problem { message } } }`,
    { input: { currentId: `cur_${harness.current}` } },
    'SendTestNoticePayload',
  );
  await until(
    () => mailbox.mails.length,
    (count) => count === before + 1,
  );
  await Promise.all(harness.workers.map((worker) => worker.kill()));
  expect(await harness.sql`select from notice_message where state = 'ready' and channel = 'mail'`).toHaveLength(1);
  // Its lease has expired.
  await harness.sql`update notice_message set due_at = now() where state = 'ready'`;
  await Promise.all(harness.workers.map((worker) => worker.start()));
  await allSent('TEST', 1);
  const [first, second, ...others] = mailbox.mails.slice(before);
  expect(others).toEqual([]);
  expect(second).toEqual(first);
  expect(
    new Set(receiver.received.flatMap(({ type, webhookId }) => (type === 'notice.test' ? [webhookId] : []))).size,
  ).toBe(1);
}, 60_000);
