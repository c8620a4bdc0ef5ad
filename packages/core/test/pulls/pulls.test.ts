import {
  cancelCohortPull,
  deleteCohort,
  deleteCurrent,
  getCohort,
  listSyncs,
  runCohortPull,
  updateCohort,
  deleteCohortPull,
  type CohortView,
  type PullView,
} from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../deliveryHarness.js';
import { ids, openPullHarness, sorted, type PullHarness } from './pullHarness.js';
import { createFakeCohorts, type FakeCohorts } from './fakeCohorts.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;

let fake: FakeCohorts;
let harness: PullHarness;
beforeEach(async () => {
  fake = createFakeCohorts({ id: 'c1', name: 'Buyers', members: ids(35) });
  harness = await openPullHarness(fake);
});
afterEach(() => harness.close());

const hasSucceeded = ({ lastSuccessAt, state }: PullView) => lastSuccessAt !== undefined && state === 'waiting';
const setMembers = (members: readonly string[], id = 'c1') => fake.cohorts.set(id, { id, name: 'Buyers', members });
/** Completes a pull of another cohort; the sweep that starts it has passed over all pulls that are not due. */
async function pullAnother(): Promise<void> {
  setMembers(ids(1), 'c2');
  await harness.sql`delete from partner_cohort`;
  await harness.waitForPull(await harness.follow('c2'), hasSucceeded);
}
const callsOf = (cohortId: string) => fake.calls.filter(({ cohort }) => cohort === cohortId);
/** What the hub did by itself, as the audit log has it. */
const audited = () =>
  harness.sql`select action, actor, target_id, arguments, succeeded from audit_entry where actor = 'system' order by id`;
const act = { actor: 'system', succeeded: true };
const syncsOf = async (cohortId: string) => (await listSyncs(harness.admin, cohortId, { first: 10 })).nodes;

/** Blocks all steps until the returned function is called. */
function gate() {
  let open = (): void => undefined;
  const closed = new Promise<void>((resolve) => (open = resolve));
  fake.pause = () => closed;
  return open;
}

describe('a pulled cohort', () => {
  it('exists at once, is pulled page by page, and has exactly the partner’s members', async () => {
    const cohort = await harness.follow('c1', 'hourly');
    expect(await getCohort(harness.admin, cohort)).toMatchObject({
      name: 'Buyers',
      schedule: 'hourly',
      memberCount: 0,
    });
    await harness.startWorker();
    const pull = await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(sorted(ids(35)));
    expect(fake.calls.map(({ from }) => from)).toEqual([0, 10, 20, 30]);
    expect(pull).toMatchObject({ state: 'waiting', progress: undefined, failure: undefined, deferral: undefined });
    expect(pull.nextDueAt?.getTime()).toBe((pull.lastStartedAt?.getTime() ?? 0) + hourMs);
    expect(await syncsOf(cohort)).toMatchObject([
      { type: 'replace', state: 'applied', receivedCount: 35, addedCount: 35, removedCount: 0 },
    ]);
    expect((await getCohort(harness.admin, cohort)) as CohortView).toMatchObject({
      createdAtPartner: new Date(1_700_000_000_000),
      drift: { reportedCount: 35, reportedBy: 'partner', difference: 0 },
      freshness: { state: 'fresh' },
    });
  });

  it('is pulled although the partner counts its members in fractions', async () => {
    fake.total = 35.5;
    const cohort = await harness.follow('c1', 'hourly');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(sorted(ids(35)));
    expect(await getCohort(harness.admin, cohort)).toMatchObject({ drift: { reportedBy: 'pages' } });
  });

  it('is pulled again by its schedule, and only the differences are applied', async () => {
    const cohort = await harness.follow('c1', 'dynamic');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    setMembers([...ids(30), 'late-1', 'late-2']);
    await harness.age(14 * minuteMs);
    await pullAnother();
    expect(callsOf('c1')).toHaveLength(4);
    await harness.age(minuteMs);
    await until(
      () => syncsOf(cohort),
      (syncs) => syncs[0]?.state === 'applied' && syncs.length === 2,
    );
    expect((await syncsOf(cohort))[0]).toMatchObject({ addedCount: 2, removedCount: 5, unchangedCount: 30 });
    expect(await harness.members('c1')).toEqual(sorted([...ids(30), 'late-1', 'late-2']));
  });

  it('with a one-time schedule is pulled once, and again on request', async () => {
    const cohort = await harness.follow('c1', 'one_time');
    await harness.startWorker();
    expect((await harness.waitForPull(cohort, hasSucceeded)).nextDueAt).toBeUndefined();
    setMembers([]);
    expect(await runCohortPull(harness.admin, cohort)).toMatchObject({ kind: 'CohortPull' });
    await until(
      () => harness.members('c1'),
      (members) => members.length === 0,
    );
  });

  it('has a count of refused members, and counts duplicate members once', async () => {
    setMembers(['a', 'b', '', 'a']);
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(['a', 'b']);
    expect(await syncsOf(cohort)).toMatchObject([
      { receivedCount: 3, addedCount: 2, refused: [{ reason: 'no_id', memberCount: 1 }] },
    ]);
  });

  it('with a new schedule is due one period after its last start', async () => {
    const cohort = await harness.follow('c1', 'daily');
    await harness.startWorker();
    const { lastStartedAt } = await harness.waitForPull(cohort, hasSucceeded);
    await updateCohort(harness.admin, cohort, { schedule: 'dynamic' });
    expect((await harness.pull(cohort)).nextDueAt?.getTime()).toBe((lastStartedAt?.getTime() ?? 0) + 15 * minuteMs);
    await updateCohort(harness.admin, cohort, { schedule: null });
    expect((await harness.pull(cohort)).nextDueAt).toBeUndefined();
    expect((await harness.pull(cohort)).schedule).toBeUndefined();
  });
});

describe('a pull', () => {
  it('has a progress', async () => {
    fake.afterMs = hourMs;
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    const pull = await harness.waitForPull(cohort, ({ progress }) => progress?.memberCount === 10);
    expect(pull).toMatchObject({
      state: 'running',
      progress: { pageCount: 1, memberCount: 10, expectedMemberCount: 35 },
      nextDueAt: undefined,
    });
    expect((await getCohort(harness.admin, cohort)) as CohortView).toMatchObject({ memberCount: 0 });
  });

  it('leaves the old membership visible until the new one is complete', async () => {
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    const next = ids(35, 'next');
    setMembers(next);
    fake.afterMs = 150;
    await runCohortPull(harness.admin, cohort);
    const seen = new Set<string>();
    await until(
      async () => {
        const members = await harness.members('c1');
        seen.add(members.join());
        return members;
      },
      (members) => members.includes('next-0'),
    );
    expect(seen).toEqual(new Set([sorted(ids(35)).join(), sorted(next).join()]));
  });

  it('is not started while another one of the same cohort is running', async () => {
    const open = gate();
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.startWorker();
    await harness.waitForPull(cohort, ({ state }) => state === 'running');
    expect(await runCohortPull(harness.admin, cohort)).toMatchObject({
      kind: 'CohortPullRunning',
      cohortPull: { state: 'running' },
    });
    open();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(fake.atOnce).toBe(1);
    expect(fake.calls.map(({ from }) => from)).toEqual([0, 10, 20, 30]);
  });

  it('that is cancelled keeps the old members and leaves no rows behind', async () => {
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    setMembers(ids(35, 'next'));
    fake.afterMs = hourMs;
    await runCohortPull(harness.admin, cohort);
    await harness.waitForPull(cohort, ({ progress }) => progress?.memberCount === 10);
    const cancelled = await cancelCohortPull(harness.admin, cohort);
    expect(cancelled).toMatchObject({
      kind: 'CohortPull',
      state: 'waiting',
      progress: undefined,
      nextDueAt: expect.any(Date),
    });
    await until(
      () => syncsOf(cohort),
      ([latest]) => latest?.state === 'incomplete',
    );
    await until(
      async () => (await harness.sql`select from cohort_change where members is not null`).count,
      (left) => left === 0,
    );
    expect(await harness.members('c1')).toEqual(sorted(ids(35)));
    expect(await cancelCohortPull(harness.admin, cohort)).toMatchObject({
      kind: 'CohortPullNotRunning',
      message: 'no pull of this cohort is running',
    });
    fake.afterMs = 0;
    await runCohortPull(harness.admin, cohort);
    await until(
      () => harness.members('c1'),
      (members) => members.includes('next-34'),
    );
  });

  it('that is cancelled during a step discards the result of the step', async () => {
    const open = gate();
    const cohort = await harness.follow('c1');
    const engine = await harness.startWorker();
    await until(
      () => fake.calls.length,
      (calls) => calls === 1,
    );
    await cancelCohortPull(harness.admin, cohort);
    open();
    // A stopped worker has ended its steps.
    await engine.stop();
    expect(fake.calls).toHaveLength(1);
    expect(await harness.sql`select from cohort_change where kind = 'replace'`).toHaveLength(0);
    expect(await harness.pull(cohort)).toMatchObject({ state: 'waiting' });
  });

  it('whose worker dies continues from its cursor on another worker', async () => {
    fake.afterMs = 400;
    const cohort = await harness.follow('c1');
    const first = await harness.startWorker();
    await harness.waitForPull(cohort, ({ progress }) => progress?.memberCount === 20);
    await first.stop();
    // The rows of a worker that died during a step: a page, and a lease without a live owner.
    const dead = (77n * 2n ** 32n + 5n).toString();
    await harness.sql`insert into worker_lease (id, started_at) values (77, now() - interval '1 minute')`;
    await harness.sql`update cohort_pull set lease = ${dead}::bigint, due_at = now() + interval '1 hour', pages = 3, members = 30`;
    fake.afterMs = 0;
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(sorted(ids(35)));
    expect(fake.calls.map(({ from }) => from)).toEqual([0, 10, 20, 30]);
  });

  it('continues from its cursor after its worker stops', async () => {
    fake.pagesPerStep = 100;
    setMembers(ids(400));
    let pages = 0;
    const cohort = await harness.follow('c1');
    const first = await harness.startWorker();
    await harness.waitForPull(cohort, ({ progress }) => (pages = progress?.pageCount ?? 0) > 0);
    await first.stop();
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(pages).toBeGreaterThan(0);
    expect(await harness.members('c1')).toEqual(sorted(ids(400)));
  });

  it('replaces the pages of a failed step with those of its repetition', async () => {
    fake.pagesPerStep = 100;
    fake.pageSize = 5;
    fake.after = () => {
      fake.after = () => undefined;
      // The next attempt splits the same members into other pages.
      fake.pageSize = 10;
      return { outcome: 'deferred', code: 'broken_file', detail: 'it broke off', afterMs: 700 };
    };
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(sorted(ids(35)));
    expect(await syncsOf(cohort)).toMatchObject([{ state: 'applied', receivedCount: 35, addedCount: 35 }]);
  });
});

describe('a failing pull', () => {
  it('waits as long as the partner requests, with the reason, and repeats the same step', async () => {
    fake.before = ({ from }) =>
      from === 10 ? { outcome: 'deferred', code: 'throttled', detail: 'HTTP 429', afterMs: hourMs } : undefined;
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    const held = await harness.waitForPull(cohort, ({ deferral }) => deferral !== undefined);
    expect(held).toMatchObject({
      state: 'running',
      progress: { memberCount: 10 },
      deferral: { code: 'throttled', detail: 'HTTP 429', until: expect.any(Date) },
    });
    expect(held.deferral?.until.getTime()).toBeGreaterThan(Date.now() + hourMs - minuteMs);
    fake.before = () => undefined;
    await harness.sql`update cohort_pull set due_at = now()`;
    await harness.waitForPull(cohort, hasSucceeded);
    expect(fake.calls.map(({ from }) => from)).toEqual([0, 10, 10, 20, 30]);
    const counted = await harness.metrics.registry.metrics();
    for (const [outcome, steps] of [
      ['continue', 3],
      ['deferred', 1],
      ['complete', 1],
    ]) {
      expect(counted).toContain(`currents_cohort_pull_steps_total{partner="fake",outcome="${outcome}"} ${steps}`);
    }
  });

  it('backs off without a request of the partner, and fails at the end of the retry window', async () => {
    fake.before = () => ({ outcome: 'deferred', code: 'http_503', detail: 'HTTP 503' });
    const cohort = await harness.follow('c1', 'daily');
    await harness.startWorker();
    const held = await harness.waitForPull(cohort, ({ deferral }) => deferral?.code === 'http_503');
    expect((held.deferral?.until.getTime() ?? 0) - Date.now()).toBeGreaterThan(2_000);
    await harness.age(hourMs);
    const failed = await harness.waitForPull(cohort, ({ state }) => state === 'failed');
    expect(failed).toMatchObject({ failure: { code: 'http_503', recovery: 'automatic' }, nextDueAt: expect.any(Date) });
  });

  it('with automatic recovery is repeated by its schedule, and the members are kept', async () => {
    fake.before = ({ from }) =>
      from === 20
        ? { outcome: 'failed', code: 'session_lost', detail: 'the session is gone', recovery: 'automatic' }
        : undefined;
    const cohort = await harness.follow('c1', 'hourly');
    await harness.startWorker();
    const failed = await harness.waitForPull(cohort, ({ state }) => state === 'failed');
    expect(failed).toMatchObject({
      failure: { code: 'session_lost', detail: 'the session is gone', recovery: 'automatic' },
    });
    expect(failed.nextDueAt?.getTime()).toBe((failed.lastStartedAt?.getTime() ?? 0) + hourMs);
    expect(await harness.members('c1')).toEqual([]);
    fake.before = () => undefined;
    await harness.age(hourMs);
    expect((await harness.waitForPull(cohort, hasSucceeded)).failure).toBeUndefined();
    expect((await syncsOf(cohort)).map(({ state }) => state)).toEqual(['applied', 'incomplete']);
  });

  it('with manual recovery stops, and continues once the Current is updated', async () => {
    fake.before = ({ cohort }) =>
      cohort === 'c1'
        ? {
            outcome: 'failed',
            code: 'credentials_refused',
            detail: 'HTTP 401; check the credentials',
            recovery: 'manual',
          }
        : undefined;
    const cohort = await harness.follow('c1', 'dynamic');
    await harness.startWorker();
    const failed = await harness.waitForPull(cohort, ({ state }) => state === 'failed');
    expect(failed).toMatchObject({
      failure: { code: 'credentials_refused', recovery: 'manual' },
      nextDueAt: undefined,
    });
    await harness.age(24 * hourMs);
    await pullAnother();
    expect(callsOf('c1')).toHaveLength(1);
    // A run on request that fails in the same way changes nothing.
    await runCohortPull(harness.admin, cohort);
    await until(
      () => callsOf('c1'),
      ({ length }) => length === 2,
    );
    await harness.waitForPull(cohort, ({ state }) => state === 'failed');
    const stopped = { ...act, action: 'block', target_id: `pul_${cohort}`, arguments: { code: 'credentials_refused' } };
    expect(await audited()).toEqual([stopped]);
    fake.before = () => undefined;
    await harness.sql`update current set version = version + 1 where id = ${Number(harness.currentId)}`;
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await audited()).toEqual([stopped, { ...stopped, action: 'unblock', arguments: null }]);
    expect(harness.logLines.some((line) => line.includes('pull.failed') && line.includes('"level":50'))).toBe(true);
  });

  it('of a deleted partner cohort stops, keeps the members, and is repeated on request', async () => {
    const cohort = await harness.follow('c1', 'dynamic');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    fake.before = () => ({
      outcome: 'failed',
      code: 'no_such_cohort',
      detail: 'the cohort no longer exists',
      recovery: 'none',
    });
    await runCohortPull(harness.admin, cohort);
    expect(await harness.waitForPull(cohort, ({ state }) => state === 'failed')).toMatchObject({
      failure: { recovery: 'none' },
      nextDueAt: undefined,
    });
    expect(await harness.members('c1')).toHaveLength(35);
    fake.before = () => undefined;
    await runCohortPull(harness.admin, cohort);
    await harness.waitForPull(cohort, hasSucceeded);
  });

  it('whose connector throws is deferred, without the error’s message', async () => {
    fake.before = ({ from }) => {
      if (from === 10) throw new TypeError('cannot read user-7');
      return undefined;
    };
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    expect(await harness.waitForPull(cohort, ({ deferral }) => deferral !== undefined)).toMatchObject({
      deferral: { code: 'step_threw', detail: 'the step failed in the hub: TypeError' },
    });
  });

  it('does not delay another pull', async () => {
    fake.cohorts.set('c2', { id: 'c2', name: 'Others', members: ['a'] });
    const open = gate();
    const closed = fake.pause;
    fake.pause = (call) => (call.cohort === 'c1' ? closed(call) : Promise.resolve());
    const [slow, quick] = [await harness.follow('c1'), await harness.follow('c2')];
    await harness.startWorker();
    await harness.waitForPull(quick, hasSucceeded);
    expect(await harness.pull(slow)).toMatchObject({ state: 'running' });
    open();
  });
});

describe('a cohort that is no longer pulled', () => {
  it('keeps its members, and can be pulled again', async () => {
    const cohort = await harness.follow('c1', 'dynamic');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await deleteCohortPull(harness.admin, cohort)).toMatchObject({
      kind: 'CohortPullDeleted',
      cohort: { memberCount: 35, schedule: undefined },
      cohortPull: { schedule: 'dynamic' },
    });
    expect(await deleteCohortPull(harness.admin, cohort)).toMatchObject({ kind: 'CohortPullNotFound' });
    expect(await runCohortPull(harness.admin, cohort)).toMatchObject({ kind: 'CohortPullNotFound' });
    expect(await cancelCohortPull(harness.admin, cohort)).toMatchObject({ kind: 'CohortPullNotFound' });
    expect(await harness.members('c1')).toHaveLength(35);
    await harness.follow('c1', 'daily');
    await harness.waitForPull(cohort, hasSucceeded);
  });

  it('because it was deleted during a pull stays deleted until a new pull is created', async () => {
    fake.afterMs = 100;
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, ({ progress }) => progress?.memberCount === 20);
    expect(await deleteCohort(harness.admin, cohort, { confirmName: 'Buyers', isDryRun: false })).toMatchObject({
      kind: 'CohortDeleted',
    });
    await pullAnother();
    expect(await getCohort(harness.admin, cohort)).toMatchObject({ deletedAt: expect.any(Date), memberCount: 0 });
    fake.afterMs = 0;
    expect(await harness.follow('c1')).toBe(cohort);
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await getCohort(harness.admin, cohort)).toMatchObject({ deletedAt: undefined, memberCount: 35 });
  });

  it('because its Current was deleted has a failure, keeps its members, and can be pulled through another Current', async () => {
    const cohort = await harness.follow('c1', 'hourly');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    await deleteCurrent(harness.admin, harness.currentId, 'source');
    expect(await harness.waitForPull(cohort, ({ state }) => state === 'failed')).toMatchObject({
      failure: { code: 'current_deleted', recovery: 'manual' },
      nextDueAt: undefined,
    });
    expect(await audited()).toEqual([
      { ...act, action: 'block', target_id: `pul_${cohort}`, arguments: { code: 'current_deleted' } },
    ]);
    expect(await harness.members('c1')).toHaveLength(35);
    const other = await harness.openCurrent('another');
    setMembers(ids(3));
    expect(await harness.follow('c1', 'hourly', other)).toBe(cohort);
    await until(
      () => harness.members('c1'),
      (members) => members.length === 3,
    );
    expect(await harness.pull(cohort)).toMatchObject({ currentId: other });
  });

  it('because its Current was deleted amid a pull begins anew through another Current', async () => {
    fake.after = ({ from }) =>
      from === 10 ? { outcome: 'deferred', code: 'busy', detail: 'later', afterMs: 3_600_000 } : undefined;
    const cohort = await harness.follow('c1', 'hourly');
    const worker = await harness.startWorker();
    await harness.waitForPull(cohort, ({ deferral }) => deferral?.code === 'busy');
    await worker.stop();
    // No worker sees that the Current is deleted before the cohort is pulled through another one.
    await deleteCurrent(harness.admin, harness.currentId, 'source');
    const other = await harness.openCurrent('another', 'k2');
    setMembers(ids(3));
    expect(await harness.follow('c1', 'hourly', other)).toBe(cohort);
    expect(await harness.pull(cohort)).toMatchObject({ state: 'waiting', progress: undefined, deferral: undefined });
    fake.after = () => undefined;
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
    expect(await harness.members('c1')).toEqual(sorted(ids(3)));
  });

  it('does not include one whose Current is paused', async () => {
    await harness.sql`update current set state = 'paused'`;
    const cohort = await harness.follow('c1');
    await harness.startWorker();
    await harness.waitForPull(cohort, hasSucceeded);
  });
});

it('the workers log no ids of members and no credentials', async () => {
  setMembers(ids(50, 'mark-f3a91c7e'));
  fake.before = ({ from }) => {
    if (from !== 20) return undefined;
    fake.before = () => undefined;
    throw new Error('a bug');
  };
  const cohort = await harness.follow('c1');
  await harness.startWorker();
  await harness.waitForPull(cohort, ({ deferral }) => deferral !== undefined);
  await harness.sql`update cohort_pull set due_at = now()`;
  await harness.waitForPull(cohort, hasSucceeded);
  expect(harness.logLines.filter((line) => line.includes('pull_step.finished')).length).toBeGreaterThan(3);
  for (const line of harness.logLines) expect(line).not.toContain('f3a91c7e');
});
