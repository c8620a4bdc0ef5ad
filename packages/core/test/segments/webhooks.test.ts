import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createHttp,
  createMetrics,
  createWebhook,
  deleteSegment,
  deleteWebhook,
  getWebhook,
  listWebhookExpiries,
  pauseWebhook,
  rotateWebhookSecret,
  resumeWebhook,
  type WebhookView,
} from '@currents/core';
import { startSweeps } from '../../src/sweeps.js';
import { eraseFormerSecrets } from '../../src/segments/formerSecret.js';
import { startSegmentWork } from '../../src/segments/segmentWork.js';
import { add, createDice, remove, user, users } from '../cohorts/cohortHarness.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { openSegmentHarness, type SegmentHarness } from './segmentHarness.js';
import { openReceiver, type Receiver } from './receiver.js';

const cohort = { id: 'told', name: 'Told' };
const http = createHttp({ timeoutMs: 2_000, connections: 8, allowPrivateAddresses: true });
const hourMs = 3_600_000;

const metrics = createMetrics();

let harness: SegmentHarness;
let receiver: Receiver;
let segmentId: string;
let webhookId: string;
const works: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  harness = await openSegmentHarness();
  receiver = await openReceiver();
  await harness.push([add(users('there before'), { cohort })]);
  await harness.apply();
  segmentId = (await harness.segment('Told', { includes: await harness.cohortId('told') })).id;
  await harness.settle();
  // Blanks that are pasted along do not count.
  const made = await createWebhook(harness.admin, segmentId, `\u00a0${receiver.url}\n`);
  if (made.kind !== 'SegmentWebhookSecretCreated') throw new Error(made.message);
  receiver.secret = made.secret;
  webhookId = made.segmentWebhook.id;
});
afterEach(async () => {
  await Promise.all(works.splice(0).map((work) => work.stop()));
  await receiver.close();
  await harness.close();
});

function startWork(windowMs = 48 * hourMs): void {
  const log = pino({ level: 'silent' });
  const sweeps = startSweeps(harness.sql, log, sweepMs);
  works.push(
    sweeps,
    startSegmentWork({
      databaseUrl: harness.url,
      sweeps,
      http,
      seal: harness.seal,
      log,
      metrics,
      windowMs,
      requestMs: 2_000,
      retentionDays: 14,
    }),
  );
}
const webhook = async (): Promise<WebhookView> => {
  const view = await getWebhook(harness.admin, webhookId);
  if (view.kind !== 'SegmentWebhook') throw new Error(view.message);
  return view;
};
const enter = async (...ids: readonly (string | number)[]) => {
  await harness.push([add(users(...ids), { cohort })]);
  await harness.settle();
};
/** Ends all deferrals now. */
const hurry = () => harness.sql`update segment_webhook set deferral_until = now() where deferral_until > now()`;
const bringProbeForward = () => harness.sql`update segment_webhook set probe_at = now() where state = 'blocked'`;

describe('a webhook', () => {
  it('receives every entry and exit in order and effectively once, despite errors, lost responses and two workers', async () => {
    const roll = createDice(3);
    const held = new Set<string>();
    startWork();
    startWork();
    for (let round = 0; round < 12; round++) {
      const entering = Array.from({ length: 40 }, () => String(Math.floor(roll() * 200)));
      const leaving = [...held].filter(() => roll() < 0.3);
      await harness.push([add(entering.map(user), { cohort }), remove(leaving.map(user), { cohort })]);
      entering.forEach((id) => held.add(id));
      leaving.forEach((id) => held.delete(id));
      if (round % 3 === 0)
        receiver.mood.push(
          ...(
            ['lost', { status: 500 }, { status: 302 }, { status: 429, headers: { 'retry-after': '1' } }] as const
          ).slice(round / 3),
        );
      await harness.settle();
      await hurry();
    }
    await until(
      async () => {
        await hurry();
        return webhook();
      },
      ({ pendingCount }) => pendingCount === 0,
    );
    expect(receiver.complaints).toEqual([]);
    expect([...receiver.inside].sort()).toEqual([...held].sort());
    expect((await webhook()).deliveredCount).toBe(receiver.taken.reduce((sum, { changes }) => sum + changes, 0));
    expect(receiver.requests).toBeGreaterThan(receiver.taken.length);
  });

  it('receives up to a thousand changes per request, and fewer after status 413', async () => {
    receiver.mood.push({ status: 413 }, { status: 413 });
    await enter(...Array.from({ length: 2_500 }, (_, index) => index));
    startWork();
    await until(webhook, ({ deliveredCount }) => deliveredCount === 2_500);
    expect(receiver.taken.map(({ changes }) => changes)).toEqual([250, 1_000, 1_000, 250]);
    expect(receiver.complaints).toEqual([]);
  });

  it('is not delayed by other webhooks whose receivers do not respond, however many (invariant 6)', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    // The oldest webhooks are processed first.
    await harness.sql`delete from segment_webhook`;
    for (let index = 0; index < 40; index++)
      await createWebhook(harness.admin, segmentId, `http://127.0.0.1:${port}/${index}`);
    const made = await createWebhook(harness.admin, segmentId, receiver.url);
    if (made.kind !== 'SegmentWebhookSecretCreated') throw new Error(made.message);
    receiver.secret = made.secret;
    await enter(1);
    startWork();
    const startedMs = Date.now();
    await until(
      () => receiver.taken.length,
      (taken) => taken === 1,
    );
    // Requests to the others time out after two seconds.
    expect(Date.now() - startedMs).toBeLessThan(1_800);
    mute.closeAllConnections();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('is counted in the metrics', async () => {
    metrics.registry.resetMetrics();
    receiver.mood.push({ status: 500 });
    startWork();
    await enter(1, 2, 3);
    await until(
      async () => {
        await hurry();
        return webhook();
      },
      ({ deliveredCount }) => deliveredCount === 3,
    );
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/^currents_webhook_requests_total\{outcome="deferred"\} 1$/m);
    expect(text).toMatch(/^currents_webhook_requests_total\{outcome="delivered"\} 1$/m);
    expect(text).toMatch(/^currents_webhook_delivered_changes_total 3$/m);
  });

  it.each([401, 403, 404, 410])(
    'whose receiver responds %i is blocked, keeps its changes, and resumes automatically when the receiver accepts them',
    async (status) => {
      receiver.refusal = status;
      startWork();
      await enter(1, 2);
      expect(await until(webhook, ({ state }) => state === 'blocked')).toMatchObject({
        block: { code: `http_${status}` },
        pendingCount: 2,
      });
      const { requests } = receiver;
      await enter(3);
      await bringProbeForward();
      await until(
        () => receiver.requests,
        (count) => count > requests,
      );
      expect(await webhook()).toMatchObject({ state: 'blocked', pendingCount: 3, deliveredCount: 0 });
      receiver.refusal = undefined;
      await bringProbeForward();
      await until(webhook, ({ deliveredCount }) => deliveredCount === 3);
      expect(receiver.pings).toBe(1);
      expect(await webhook()).toMatchObject({ state: 'live', block: undefined });
      expect(receiver.complaints).toEqual([]);
    },
  );

  it('whose receiver fails is deferred longer each time, with the reason', async () => {
    receiver.refusal = 503;
    startWork();
    await enter(1);
    const { deferral } = await until(webhook, (view) => view.deferral !== undefined);
    expect(deferral).toMatchObject({ code: 'http_503', detail: 'the receiver answered 503' });
    expect(deferral?.until.getTime()).toBeGreaterThan(Date.now() + 1_000);
    await hurry();
    await until(
      () => receiver.requests,
      (requests) => requests === 2,
    );
    const [row] = await until(
      () => harness.sql<{ failures: number }[]>`select failures from segment_webhook`,
      ([found]) => found?.failures === 2,
    );
    expect(row).toEqual({ failures: 2 });
  });

  it('drops changes that fail for the whole retry window, lists them, and delivers later ones', async () => {
    receiver.refusal = 500;
    await enter(1, 2);
    await harness.sql`update segment_change set at = now() - interval '3 hours'`;
    await harness.sql`update segment_webhook set live_since = now() - interval '3 hours'`;
    await enter(3);
    startWork(2 * hourMs);
    const view = await until(webhook, ({ expiredCount }) => expiredCount === 2);
    expect(view.pendingCount).toBe(1);
    const { nodes } = await listWebhookExpiries(harness.admin, webhookId, { first: 10 });
    expect(nodes).toMatchObject([
      {
        changeCount: 2,
        code: 'http_500',
        detail: 'kept for the whole retry window of 2 h; last: the receiver answered 500',
      },
    ]);
    receiver.refusal = undefined;
    await hurry();
    await until(webhook, ({ deliveredCount }) => deliveredCount === 1);
    expect([...receiver.inside]).toEqual(['3']);
  });

  it('that stays blocked for the whole retry window drops the changes before it', async () => {
    receiver.refusal = 401;
    startWork(2 * hourMs);
    await enter(1, 2);
    await until(webhook, ({ state }) => state === 'blocked');
    await harness.sql`update segment_change set at = now() - interval '3 hours'`;
    await harness.sql`update segment_webhook set live_since = now() - interval '3 hours'`;
    await until(webhook, ({ expiredCount }) => expiredCount === 2);
    const { nodes } = await listWebhookExpiries(harness.admin, webhookId, { first: 10 });
    expect(nodes).toMatchObject([
      {
        changeCount: 2,
        code: 'http_401',
        detail: 'kept for the whole retry window of 2 h while the webhook was blocked: the receiver answered 401',
      },
    ]);
  });

  it('that is paused receives its changes when it is resumed; a deleted one receives none', async () => {
    startWork();
    expect(await pauseWebhook(harness.admin, webhookId)).toMatchObject({ state: 'paused' });
    expect(await pauseWebhook(harness.admin, webhookId)).toMatchObject({
      kind: 'SegmentWebhook',
      state: 'paused',
    });
    const other = await openReceiver();
    const created = await createWebhook(harness.admin, segmentId, other.url);
    if (created.kind !== 'SegmentWebhookSecretCreated') throw new Error(created.message);
    other.secret = created.secret;
    await enter(1);
    await until(
      () => other.taken,
      ({ length }) => length === 1,
    );
    await other.close();
    expect(receiver.requests).toBe(0);
    await resumeWebhook(harness.admin, webhookId);
    await until(webhook, ({ deliveredCount }) => deliveredCount === 1);
    expect(await deleteWebhook(harness.admin, webhookId, { confirmUrl: 'no', isDryRun: false })).toMatchObject({
      kind: 'NotConfirmed',
    });
    await deleteWebhook(harness.admin, webhookId, { confirmUrl: receiver.url, isDryRun: false });
    expect(await harness.sql`select secret from segment_webhook where id = ${webhookId}`).toEqual([{ secret: null }]);
    expect(await getWebhook(harness.admin, webhookId)).toMatchObject({ kind: 'SegmentWebhookNotFound' });
  });

  const rotate = async (overlapHours: number): Promise<string> => {
    const rotated = await rotateWebhookSecret(harness.admin, webhookId, { confirmUrl: receiver.url, overlapHours });
    if (rotated.kind !== 'SegmentWebhookSecretCreated') throw new Error(rotated.message);
    return rotated.secret;
  };

  it('signs with the latest secret, which is stored sealed, and for a time with the former one as well', async () => {
    startWork();
    const first = receiver.secret;
    const refused = (confirmUrl: string, overlapHours: number) =>
      rotateWebhookSecret(harness.admin, webhookId, { confirmUrl, overlapHours });
    expect(await refused('no', 24)).toMatchObject({ kind: 'NotConfirmed' });
    for (const hours of [-1, 1.5, 721])
      expect(await refused(receiver.url, hours)).toMatchObject({ kind: 'InputInvalid' });
    const renewed = await rotate(24);
    expect(renewed).not.toBe(first);
    expect((await webhook()).formerSecretUntil?.getTime()).toBeGreaterThan(Date.now());
    // The receiver does not know the new one yet.
    await enter(1);
    await until(webhook, ({ deliveredCount }) => deliveredCount === 1);
    receiver.secret = renewed;
    await enter(2);
    await until(webhook, ({ deliveredCount }) => deliveredCount === 2);
    expect(receiver.complaints).toEqual([]);
    const [row] = await harness.sql<{ secret: Buffer; former_secret: Buffer }[]>`
      select secret, former_secret from segment_webhook`;
    for (const sealed of [row?.secret, row?.former_secret])
      for (const secret of [first, renewed]) expect(sealed?.includes(secret)).toBe(false);

    await harness.sql`update segment_webhook set former_until = now()`;
    expect((await webhook()).formerSecretUntil).toBeUndefined();
    receiver.secret = first;
    await enter(3);
    await until(webhook, ({ deliveredCount }) => deliveredCount === 3);
    expect(receiver.complaints).toEqual([expect.stringContaining('not signed by the secret')]);
    await eraseFormerSecrets(harness.sql);
    expect(await harness.sql`select former_secret, former_until from segment_webhook`).toEqual([
      { former_secret: null, former_until: null },
    ]);
  });

  it('signs with the new secret only, when the former one has leaked', async () => {
    startWork();
    await rotate(24);
    await rotate(0);
    await enter(1);
    await until(webhook, ({ deliveredCount }) => deliveredCount === 1);
    expect(receiver.complaints).toEqual([expect.stringContaining('not signed by the secret')]);
    expect(await harness.sql`select former_secret from segment_webhook`).toEqual([{ former_secret: null }]);
  });

  it.each([
    ['ftp://example.com/', 'expected a URL such as https://example.com/segments'],
    [
      'https://user:word@example.com/',
      'expected a URL without user, password and fragment; requests are signed instead',
    ],
    ['nowhere', 'expected a URL such as https://example.com/segments'],
    ['https://example.com/a\nb', expect.stringContaining('got one with a line break inside')],
    ['https://example.com/a b', expect.stringContaining('got one with a blank or an invisible character inside')],
    ['"https://example.com/"', expect.stringContaining('got one in quotation marks')],
    ['<https://example.com/>', expect.stringContaining('got a placeholder for one')],
  ])('is not created for the URL %s', async (url, message) => {
    expect(await createWebhook(harness.admin, segmentId, url)).toMatchObject({
      kind: 'InputInvalid',
      problems: [{ path: ['url'], message }],
    });
  });
});

it('a webhook that is deleted with its segment keeps neither of its secrets', async () => {
  const { url } = await webhook();
  await rotateWebhookSecret(harness.admin, webhookId, { confirmUrl: url, overlapHours: 720 });
  const deleted = await deleteSegment(harness.admin, segmentId, { confirmName: 'Told', isDryRun: false });
  expect(deleted).toMatchObject({ kind: 'SegmentDeleted', webhookCount: 1 });
  const rows = await harness.sql`select state, secret, former_secret, former_until from segment_webhook`;
  expect(rows).toEqual([{ state: 'deleted', secret: null, former_secret: null, former_until: null }]);
});

describe('retention', () => {
  it('deletes whole days of changes, and records which webhooks missed some', async () => {
    await pauseWebhook(harness.admin, webhookId);
    await enter(1, 2);
    await harness.sql`create table segment_change_20200101 partition of segment_change for values from ('2020-01-01') to ('2020-01-02')`;
    await harness.sql`update segment_change set stored_on = '2020-01-01'`;
    await enter(3);
    startWork();
    await until(webhook, ({ expiredCount }) => expiredCount === 2);
    expect(await webhook()).toMatchObject({ pendingCount: 1 });
    expect((await listWebhookExpiries(harness.admin, webhookId, { first: 10 })).nodes).toMatchObject([
      { code: 'retention', changeCount: 2 },
    ]);
    expect(await harness.sql`select from pg_class where relname = 'segment_change_20200101'`).toHaveLength(0);
  });
});
