import { afterEach, describe, expect, it } from 'vitest';
import {
  checkSync,
  createSync,
  deleteSegment,
  deleteSync,
  getSync,
  launchSync,
  pauseSync,
  planSync,
  resendSync,
  resumeSync,
  testSync,
  updateSyncCredentials,
} from '@currents/core';
import { readSegmentSyncs } from '../../src/status/segmentSyncStatus.js';
import { until } from '../deliveryHarness.js';
import { openSyncHarness, type SyncHarness } from './syncHarness.js';

let harness: SyncHarness;
afterEach(() => harness.close());

const resend = (id: string, mode: 'changed' | 'all') =>
  resendSync(harness.admin, id, { mode, isDryRun: false, confirmName: 'held' });
const names = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `user-${100 + from + index}`);

describe('a first sync', () => {
  it('is planned, sends every member once, and then sends entries and exits only', async () => {
    harness = await openSyncHarness({}, names(23));
    const plan = await planSync(harness.admin, {
      segmentId: harness.segmentId,
      destination: 'lists',
      settings: { list: 'held' },
    });
    expect(plan).toMatchObject({
      kind: 'SegmentSyncPlan',
      objectName: 'held',
      memberCount: 23,
      requestCount: 5,
      cost: { unit: 'points', count: 23 },
      example: { user: 'user-100', isMember: true },
    });
    const id = await harness.create();
    harness.start();
    expect(harness.lists.requests).toEqual([]);
    expect(await launchSync(harness.admin, id)).toMatchObject({ state: 'live', progress: { totalCount: 23 } });
    const synced = await harness.quiet(id);
    expect(synced).toMatchObject({ changeCount: 23, deliveredCount: 23, requestCount: 5 });
    expect(synced.syncedAt).toBeInstanceOf(Date);
    expect(harness.lists.members()).toEqual(names(23));
    expect(harness.lists.requests.every(({ length }) => length <= 5)).toBe(true);

    await harness.enter('late');
    await harness.leave('user-100', 'user-101');
    await until(harness.lists.members, (members) => members.length === 22);
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 26, deliveredCount: 26 });
    expect(harness.lists.members()).toEqual(['late', ...names(21, 2)]);
    expect(await checkSync(harness.admin, id)).toEqual({
      kind: 'SegmentSyncDrift',
      memberCount: 22,
      heldCount: 22,
      refusedCount: 0,
      missingCount: 0,
      surplusCount: 0,
    });
  });

  it('is not launched while the destination refuses the credentials, nor before the segment is evaluated', async () => {
    harness = await openSyncHarness({}, names(1));
    const id = await harness.create('held', 'wrong');
    expect(await launchSync(harness.admin, id)).toMatchObject({ kind: 'TestFailed', outcome: 'refused' });
    expect(await harness.view(id)).toMatchObject({ state: 'draft' });
    const fresh = await harness.segment('New', { includes: await harness.cohortId('held') });
    const made = await createSync(harness.admin, {
      segmentId: fresh.id,
      destination: 'lists',
      settings: { list: 'new' },
      credentials: { token: 'valid' },
    });
    if (made.kind !== 'SegmentSync') throw new Error(made.message);
    expect(await launchSync(harness.admin, made.id)).toMatchObject({ kind: 'SegmentNotEvaluated' });
  });

  it('writes to a place of its own: a name that differs in capitals only is taken', async () => {
    harness = await openSyncHarness();
    const id = await harness.create('held');
    const given = { segmentId: harness.segmentId, destination: 'lists', credentials: { token: 'valid' } };
    const second = await createSync(harness.admin, { ...given, settings: { list: 'HELD' } });
    expect(second).toMatchObject({ kind: 'SegmentSyncObjectTaken', segmentSyncId: id });
    expect(await planSync(harness.admin, { ...given, settings: { list: 'Held' } })).toMatchObject({
      kind: 'SegmentSyncObjectTaken',
    });
    const unknown = await createSync(harness.admin, { ...given, destination: 'pigeons', settings: {} });
    expect(unknown).toMatchObject({ message: 'destination: expected lists, got "pigeons"' });
    await deleteSync(harness.admin, id, { confirmName: 'held', isClearing: false, isDryRun: false });
    expect(await createSync(harness.admin, { ...given, settings: { list: 'HELD' } })).toMatchObject({ state: 'draft' });
  });
});

describe('a test', () => {
  const asAdmin = '1';

  it('asks the destination with what is given, and stores and sends nothing', async () => {
    harness = await openSyncHarness({}, names(2));
    const draft = { destination: 'lists', settings: { list: 'held' } };
    const passed = await testSync(harness.admin, { ...draft, credentials: { token: 'valid' } }, asAdmin);
    expect(passed).toMatchObject({
      kind: 'TestPassed',
      message: expect.stringMatching(/would accept members/) as string,
    });
    const refused = await testSync(harness.admin, { ...draft, credentials: { token: 'wrong' } }, asAdmin);
    expect(refused).toMatchObject({ kind: 'TestFailed', outcome: 'refused' });
    expect(JSON.stringify(refused)).not.toContain('wrong');
    expect(await testSync(harness.admin, { ...draft, settings: {}, credentials: {} }, asAdmin)).toMatchObject({
      kind: 'InputInvalid',
    });
    expect(await testSync(harness.admin, {}, asAdmin)).toMatchObject({ kind: 'InputInvalid' });
    expect(await testSync(harness.admin, { ...draft, syncId: '1' }, asAdmin)).toMatchObject({ kind: 'InputInvalid' });
    expect(harness.lists.requests).toEqual([]);
    expect(await harness.sql`select from segment_sync`).toHaveLength(0);
  });

  it('of given credentials is limited for one admin token; one of stored credentials is not', async () => {
    harness = await openSyncHarness();
    const id = await harness.create();
    const given = { destination: 'lists', settings: { list: 'other' }, credentials: { token: 'wrong' } };
    for (let count = 0; count < 30; count++)
      expect(await testSync(harness.admin, given, asAdmin)).toMatchObject({ kind: 'TestFailed' });
    expect(await testSync(harness.admin, given, asAdmin)).toMatchObject({ kind: 'CallsThrottled' });
    expect(await testSync(harness.admin, given, 'another')).toMatchObject({ kind: 'TestFailed' });
    expect(await testSync(harness.admin, { syncId: id }, asAdmin)).toMatchObject({ kind: 'TestPassed' });
    expect(await testSync(harness.admin, { syncId: '999' }, asAdmin)).toMatchObject({ kind: 'SegmentSyncNotFound' });
  });

  it('of a blocked sync that passes has it resume at once', async () => {
    harness = await openSyncHarness({}, names(2));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    harness.lists.setToken('new');
    await harness.enter('late');
    await harness.reaches(id, 'blocked');
    expect(await testSync(harness.admin, { syncId: id }, asAdmin)).toMatchObject({ kind: 'TestFailed' });
    harness.lists.setToken('valid');
    // The next probe of its own is seconds away.
    await harness.sql`update segment_sync set probe_at = now() + interval '1 hour'`;
    expect(await testSync(harness.admin, { syncId: id }, asAdmin)).toMatchObject({ kind: 'TestPassed' });
    await harness.reaches(id, 'live');
    await until(harness.lists.members, (members) => members.includes('late'));
  });
});

describe('changes', () => {
  it('that cancel each other out before they are sent cost nothing', async () => {
    harness = await openSyncHarness({}, names(3));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    await pauseSync(harness.admin, id);
    await harness.enter('passer-by');
    await harness.leave('passer-by', 'user-100');
    await harness.enter('user-100');
    await resumeSync(harness.admin, id);
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 3 });
  });

  it('are taken back only after a while, so that the destination cannot swap them', async () => {
    const reversalMs = 600;
    harness = await openSyncHarness({ reversalMs }, ['kim']);
    const id = await harness.launch();
    harness.start();
    await until(harness.lists.members, (members) => members.length === 1);
    const sentAtMs = performance.now();
    await harness.leave('kim');
    await until(harness.lists.members, (members) => members.length === 0);
    expect(performance.now() - sentAtMs).toBeGreaterThan(reversalMs - 100);
    await harness.quiet(id);
    expect(harness.lists.said('kim')).toEqual([true, false]);
  });

  it('that are not kept any longer are made up for by looking through all members', async () => {
    harness = await openSyncHarness({}, names(4));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    await pauseSync(harness.admin, id);
    await harness.enter('late');
    await harness.leave('user-100');
    await harness.sql`update segment set pruned_change_id = last_change_id`;
    await harness.sql`delete from segment_change`;
    await resumeSync(harness.admin, id);
    // No later change makes the sync due.
    await until(harness.lists.members, (members) => members.includes('late') && !members.includes('user-100'));
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 6 });
    expect(harness.lists.members()).toEqual(['late', ...names(3, 1)]);
  });
});

describe('what the destination refuses', () => {
  it('is counted, and does not delay others: at once, or after the tries of an unclear error', async () => {
    harness = await openSyncHarness({}, names(12));
    harness.lists.answer(async () => (user) => {
      if (user === 'user-103') return { outcome: 'rejected', code: 'blocked_id', detail: 'this id is blocked' };
      if (user === 'user-104')
        return { outcome: 'deferred', scope: 'event', code: 'unclear', detail: '?', afterMs: 10 };
      return { outcome: 'delivered' };
    });
    const id = await harness.launch();
    harness.start();
    expect(await harness.quiet(id)).toMatchObject({
      changeCount: 13,
      deliveredCount: 10,
      refusedCount: 2,
      returnedCount: 1,
    });
    expect(await checkSync(harness.admin, id)).toMatchObject({ heldCount: 10, refusedCount: 2, missingCount: 0 });
    expect(harness.lists.said('user-104')).toHaveLength(2);
  });

  it('counts members that the destination cannot take, without a request', async () => {
    harness = await openSyncHarness({}, ['kim']);
    await harness.push([{ kind: 'add', cohort: { id: 'held', name: 'Held' }, members: [{ deviceId: 'a-device' }] }]);
    await harness.settle();
    const id = await harness.launch();
    harness.start();
    expect(await harness.quiet(id)).toMatchObject({
      changeCount: 2,
      deliveredCount: 1,
      refusedCount: 1,
      requestCount: 1,
    });
  });

  it('is found by halving a request that is refused as a whole', async () => {
    harness = await openSyncHarness({ maxTries: 1 }, names(5));
    harness.lists.answer(async (items) =>
      items.some(({ payload }) => payload.user === 'user-102')
        ? { outcome: 'split', code: 'bad_request', detail: 'one is wrong' }
        : { outcome: 'delivered' },
    );
    const id = await harness.launch();
    harness.start();
    expect(await harness.quiet(id)).toMatchObject({ deliveredCount: 4, refusedCount: 1, state: 'live' });
    expect(harness.lists.members()).toEqual(names(5).filter((name) => name !== 'user-102'));
  });

  it('blocks the sync if no user is accepted alone: then the request is at fault', async () => {
    harness = await openSyncHarness({}, names(5));
    harness.lists.answerAll({ outcome: 'split', code: 'bad_request', detail: 'no such list' });
    const id = await harness.launch();
    harness.start();
    const { block } = await harness.reaches(id, 'blocked');
    expect(block).toEqual({
      code: 'bad_request',
      detail: 'none of 5 users is accepted: no such list',
      nextProbeAt: expect.any(Date) as Date,
    });
    expect(block?.nextProbeAt?.getTime()).toBeGreaterThan(Date.now());
    harness.lists.accept();
    await resumeSync(harness.admin, id);
    expect(await harness.quiet(id)).toMatchObject({ deliveredCount: 5, refusedCount: 0 });
  });
});

it('a sync whose users are all refused is probed less and less often, though each probe passes', async () => {
  harness = await openSyncHarness({}, names(5));
  harness.lists.answerAll({ outcome: 'split', code: 'bad_request', detail: 'no such list' });
  const id = await harness.launch();
  harness.start();
  const waits: number[] = [];
  let lastBlockedMs = 0;
  for (let round = 0; round < 4; round++) {
    const { block, stateSince } = await until(
      () => harness.view(id),
      ({ state, stateSince }) => state === 'blocked' && stateSince.getTime() > lastBlockedMs,
    );
    lastBlockedMs = stateSince.getTime();
    waits.push(Math.round(((block?.nextProbeAt?.getTime() ?? 0) - lastBlockedMs) / 60_000));
    await harness.sql`update segment_sync set probe_at = now()`;
  }
  expect(waits).toEqual([1, 2, 4, 5]);
});

describe('trouble', () => {
  it('of a revoked key blocks the sync and loses nothing; a new key is probed at once', async () => {
    harness = await openSyncHarness({}, names(8));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    harness.lists.setToken('new');
    await harness.enter('late');
    expect((await harness.reaches(id, 'blocked')).block).toMatchObject({ code: 'unauthorised' });
    await harness.leave('user-100');
    const credentials = { token: 'new' };
    expect(await updateSyncCredentials(harness.admin, id, { credentials, confirmName: 'x' })).toMatchObject({
      kind: 'NotConfirmed',
    });
    await updateSyncCredentials(harness.admin, id, { credentials, confirmName: 'held' });
    await harness.reaches(id, 'live');
    await until(harness.lists.members, (members) => members.includes('late') && !members.includes('user-100'));
    await harness.quiet(id);
    expect(harness.lists.members()).toEqual(['late', ...names(7, 1)]);
    expect(await harness.isBalanced(id)).toBe(true);
  });

  it('of throttling holds the sync for as long as the destination says', async () => {
    harness = await openSyncHarness({}, names(4));
    harness.lists.answerAll({
      outcome: 'deferred',
      scope: 'current',
      code: 'throttled',
      detail: 'slow down',
      afterMs: 400,
    });
    const id = await harness.launch();
    harness.start();
    const held = await until(
      () => harness.view(id),
      ({ deferral }) => deferral !== undefined,
    );
    expect(held.deferral).toMatchObject({ code: 'throttled' });
    harness.lists.accept();
    expect(await harness.quiet(id)).toMatchObject({ deliveredCount: 4, returnedCount: 4 });
  });

  it('of every request is known with its beginning, as long as something is to be sent', async () => {
    harness = await openSyncHarness({}, ['kim']);
    const statusOf = async () => (await readSegmentSyncs(harness.sql))[0];
    harness.lists.answerAll({
      outcome: 'deferred',
      scope: 'current',
      code: 'http_503',
      detail: 'HTTP 503',
      afterMs: 50,
    });
    const id = await harness.launch();
    expect(await statusOf()).toMatchObject({ failingSince: null });
    harness.start();
    const first = await until(statusOf, (sync) => sync?.failingSince !== null);
    await until(
      () => harness.view(id),
      ({ returnedCount }) => returnedCount > 2,
    );
    expect(await statusOf()).toMatchObject({ failingSince: first?.failingSince, deferralCode: 'http_503' });
    await pauseSync(harness.admin, id);
    expect(await statusOf()).toMatchObject({ failingSince: null });
    await resumeSync(harness.admin, id);
    harness.lists.accept();
    await harness.quiet(id);
    expect(await statusOf()).toMatchObject({ failingSince: null });
    // What failed had not to be sent in the end.
    await harness.sql`update segment_sync set failures = 1, failing_since = now() - interval '1 hour'`;
    expect(await statusOf()).toMatchObject({ failingSince: null });
  });

  it('of a worker that dies amid a request is made good: what may have arrived is taken back', async () => {
    harness = await openSyncHarness({}, ['kim', 'lou']);
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    await pauseSync(harness.admin, id);
    // A worker stored a request, made it, and died. Its user has left meanwhile.
    harness.lists.held.set('mo', true);
    await harness.sql`insert into segment_sync_request (id, sync_id, entered, gone) values (1, ${Number(id)}, '{emo,elou}', '{}')`;
    await harness.sql`update segment_sync set change_count = change_count + 2`;
    await resumeSync(harness.admin, id);
    await until(harness.lists.members, (members) => members.length === 2);
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 6, deliveredCount: 4, returnedCount: 2 });
    expect(harness.lists.said('mo')).toEqual([false]);
    expect(harness.lists.members()).toEqual(['kim', 'lou']);
  });
});

describe('an admin', () => {
  it('has everything sent again', async () => {
    harness = await openSyncHarness({}, names(6));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    await harness.leave('user-105');
    await harness.quiet(id);
    harness.lists.held.clear();
    expect(await resend(id, 'changed')).toMatchObject({ segmentSync: { progress: { kind: 'changed' } } });
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 7 });
    await resend(id, 'all');
    expect(await harness.quiet(id)).toMatchObject({ changeCount: 13 });
    expect(harness.lists.members()).toEqual(names(5));
  });

  it('plans what is sent again, to the change, and confirms it by name', async () => {
    harness = await openSyncHarness({}, names(14));
    const refused = new Set(['user-101', 'user-102', 'user-103']);
    harness.lists.answer(
      async () => (user) =>
        refused.has(user) ? { outcome: 'rejected', code: 'blocked_id', detail: '?' } : { outcome: 'delivered' },
    );
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    await harness.leave('user-110', 'user-111');
    await harness.quiet(id);
    await pauseSync(harness.admin, id);
    // Of those who were sent: a refused one leaves, an accepted one leaves, one that has left comes back. And one is new.
    await harness.leave('user-101', 'user-112');
    await harness.enter('user-111', 'new');
    const before = await harness.view(id);
    const plan = async (mode: 'changed' | 'all') => {
      const planned = await resendSync(harness.admin, id, { mode, isDryRun: true });
      if (planned.kind !== 'SegmentSyncResent') throw new Error(planned.message);
      return planned.plan;
    };
    expect(await plan('changed')).toMatchObject({
      memberCount: 4,
      requestCount: 1,
      cost: { unit: 'points', count: 4 },
    });
    expect(await plan('all')).toMatchObject({ memberCount: 15, requestCount: 3, cost: { unit: 'points', count: 15 } });
    expect(await resendSync(harness.admin, id, { mode: 'all', isDryRun: false, confirmName: 'Held' })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await harness.view(id)).toEqual(before);

    await resend(id, 'all');
    await resumeSync(harness.admin, id);
    expect(await harness.quiet(id)).toMatchObject({ changeCount: before.changeCount + 15 });
    expect(await plan('changed')).toMatchObject({ memberCount: 0, requestCount: 0 });
  });

  it('neither plans to send the members of a draft again nor does it', async () => {
    harness = await openSyncHarness({}, names(1));
    const id = await harness.create();
    for (const isDryRun of [true, false])
      expect(await resendSync(harness.admin, id, { mode: 'all', isDryRun, confirmName: 'held' })).toMatchObject({
        kind: 'SegmentSyncWrongState',
        allowedActions: ['launch', 'update', 'delete'],
      });
  });

  it('deletes a sync, and has all values taken back first', async () => {
    harness = await openSyncHarness({}, names(12));
    const id = await harness.launch();
    harness.start();
    await harness.quiet(id);
    const plan = await deleteSync(harness.admin, id, { isClearing: true, isDryRun: true });
    expect(plan).toMatchObject({ kind: 'SegmentSyncDeleted', clearedCount: 12, isDryRun: true });
    expect(await deleteSync(harness.admin, id, { isClearing: true, isDryRun: false })).toMatchObject({
      kind: 'NotConfirmed',
    });
    await deleteSync(harness.admin, id, { confirmName: 'held', isClearing: true, isDryRun: false });
    await until(
      () => getSync(harness.admin, id),
      ({ kind }) => kind === 'SegmentSyncNotFound',
    );
    expect(harness.lists.members()).toEqual([]);
    expect([...harness.lists.held.values()]).toHaveLength(12);
    const [row] = await harness.sql`select state, credentials from segment_sync where id = ${Number(id)}`;
    expect(row).toEqual({ state: 'deleted', credentials: null });
  });

  it('takes back what a launch sends that comes between the plan of a deletion and the deletion', async () => {
    harness = await openSyncHarness({}, names(3));
    const id = await harness.create();
    let deleting: ReturnType<typeof deleteSync> | undefined;
    await harness.sql.begin(async (tx) => {
      await tx`select from segment_sync where id = ${Number(id)} for update`;
      deleting = deleteSync(harness.admin, id, { confirmName: 'held', isClearing: true, isDryRun: false });
      await until(
        () => harness.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ({ length }) => length === 1,
      );
      await tx`update segment_sync set state = 'live', walk = 'changed' where id = ${Number(id)}`;
      await tx`insert into segment_sync_member (sync_id, member, is_member, state) values (${Number(id)}, 'euser-100', true, 'delivered')`;
    });
    expect(await deleting).toMatchObject({ kind: 'SegmentSyncDeleted' });
    harness.start();
    await until(
      () => harness.lists.said('user-100'),
      (said) => said.length === 1,
    );
    expect(harness.lists.said('user-100')).toEqual([false]);
  });

  it('deletes a segment with its syncs', async () => {
    harness = await openSyncHarness({}, names(2));
    const id = await harness.launch();
    const plan = await deleteSegment(harness.admin, harness.segmentId, { isDryRun: true });
    expect(plan).toMatchObject({ syncCount: 1 });
    await deleteSegment(harness.admin, harness.segmentId, { confirmName: 'Held', isDryRun: false });
    expect(await getSync(harness.admin, id)).toMatchObject({ kind: 'SegmentSyncNotFound' });
  });
});
