import { cancelCohortPull, listPartnerCohorts, runCohortPull, type PullView } from '@currents/core';
import type { PullLimits } from '@currents/connector';
import { afterEach, describe, expect, it } from 'vitest';
import { exhaustedBudget } from '../../src/pulls/pullBudget.js';
import { until } from '../deliveryHarness.js';
import { ids, openPullHarness, sorted, type PullHarness } from './pullHarness.js';
import { createFakeCohorts, type FakeCohort, type FakeCohorts } from './fakeCohorts.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;

let harness: PullHarness;
afterEach(() => harness?.close());

const hasSucceeded = ({ lastSuccessAt, state }: PullView) => lastSuccessAt !== undefined && state === 'waiting';
const cohorts = (count: number, members: number): FakeCohort[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `c${index}`,
    name: `Cohort ${index}`,
    members: ids(members, `m${index}`),
  }));

async function open(fake: FakeCohorts, limits: PullLimits): Promise<PullHarness> {
  harness = await openPullHarness(fake, limits);
  return harness;
}

describe('a budget', () => {
  const budgets: PullLimits['budgets'] = [
    { unit: 'steps', limit: 2, periodMs: minuteMs },
    { unit: 'steps', limit: 3, periodMs: hourMs },
    { unit: 'pulls', limit: 1, periodMs: hourMs },
  ];
  const nowMs = 10 * hourMs;
  const before = (...minutes: number[]) => minutes.map((minute) => nowMs - minute * minuteMs);

  it.each<[string, { steps?: number[]; pulls?: number[] }, readonly ('steps' | 'pulls')[], number | undefined]>([
    ['is free at first', {}, ['steps', 'pulls'], undefined],
    ['is free while fewer were asked for', { steps: before(0.5) }, ['steps'], undefined],
    ['is spent until the first of its period is over', { steps: before(0.5, 0.25) }, ['steps'], nowMs + 0.5 * minuteMs],
    ['is spent until the longest of them is free', { steps: before(50, 0.5, 0.25) }, ['steps'], nowMs + 10 * minuteMs],
    ['of another unit is of no concern', { pulls: before(1) }, ['steps'], undefined],
    ['of pulls is spent, too', { pulls: before(1) }, ['steps', 'pulls'], nowMs + 59 * minuteMs],
    ['is free again when the period is over', { steps: before(90, 80, 70) }, ['steps'], undefined],
  ])('%s', (_name, used, units, freeAtMs) => {
    const spent = exhaustedBudget({ steps: [], pulls: [], ...used, nowMs }, units, budgets);
    // Plus a margin for requests in flight.
    expect(spent?.freeAtMs).toBe(freeAtMs === undefined ? undefined : freeAtMs + 5_000);
  });
});

describe('the limits of a partner', () => {
  it('apply to concurrent steps of all workers', async () => {
    const fake = createFakeCohorts(...cohorts(6, 40));
    fake.pause = () => new Promise((resolve) => setTimeout(resolve, 60));
    const { startWorker, follow, waitForPull } = await open(fake, { maxConcurrentSteps: 2, budgets: [] });
    const followed = [];
    for (const { id } of fake.cohorts.values()) followed.push(await follow(id));
    await Promise.all([startWorker(), startWorker(), startWorker()]);
    for (const cohort of followed) await waitForPull(cohort, hasSucceeded);
    expect(fake.atOnce).toBe(2);
    expect(fake.calls).toHaveLength(24);
  });

  it('apply to steps in a period of all workers and Currents with the same credentials; a list counts as one step', async () => {
    const fake = createFakeCohorts(...cohorts(4, 30));
    const own = () => fake.calls.filter(({ cohort }) => cohort !== 'c3');
    const { startWorker, follow, openCurrent, currentId, sql, pull, waitForPull, age, members, admin } = await open(
      fake,
      {
        maxConcurrentSteps: 100,
        budgets: [{ unit: 'steps', limit: 7, periodMs: hourMs }],
      },
    );
    const twin = await openCurrent('twin');
    const followed = [await follow('c0'), await follow('c1'), await follow('c2', 'daily', twin)];
    await Promise.all([startWorker(), startWorker()]);
    const spent = 'budget_spent';
    await until(
      () => Promise.all(followed.map(pull)),
      (pulls) => own().length === 5 && pulls.some(({ deferral }) => deferral?.code === spent),
    );
    expect(fake.lists).toBe(2);
    // Other credentials have a separate budget; by the end of this pull both workers have checked again.
    await waitForPull(await follow('c3', 'daily', await openCurrent('other', 'k2')), hasSucceeded);
    expect(own()).toHaveLength(5);
    const held = (await Promise.all(followed.map(pull))).find(({ deferral }) => deferral !== undefined);
    expect(held?.deferral).toMatchObject({ code: spent, detail: expect.stringContaining('7 steps in 60 minutes') });
    expect((held?.deferral?.until.getTime() ?? 0) - Date.now()).toBeGreaterThan(hourMs - minuteMs);
    // The cached list is still returned; another request would exceed the budget.
    expect(await listPartnerCohorts(admin, currentId, { first: 10 })).toMatchObject({
      kind: 'PartnerCohortConnection',
    });
    await sql`update partner_cohort set listed_at = now() - interval '2 minutes'`;
    expect(await listPartnerCohorts(admin, currentId, { first: 10 })).toMatchObject({
      kind: 'PartnerUnavailable',
      reason: spent,
      retryAfterMs: expect.any(Number),
    });
    await age(hourMs + 10_000);
    for (const [index, cohort] of followed.entries()) {
      await waitForPull(cohort, hasSucceeded);
      expect(await members(`c${index}`)).toEqual(sorted(ids(30, `m${index}`)));
    }
    expect(own()).toHaveLength(9);
  });

  it('are separate for other credentials', async () => {
    const fake = createFakeCohorts(...cohorts(2, 5));
    const { startWorker, follow, openCurrent, waitForPull } = await open(fake, {
      maxConcurrentSteps: 1,
      budgets: [{ unit: 'pulls', limit: 1, periodMs: hourMs }],
    });
    const other = await openCurrent('other', 'k2');
    await startWorker();
    await waitForPull(await follow('c0'), hasSucceeded);
    await waitForPull(await follow('c1', 'daily', other), hasSucceeded);
  });

  it('apply to started pulls: the next pull waits, with the reason', async () => {
    const fake = createFakeCohorts(...cohorts(1, 25));
    const { startWorker, follow, waitForPull, admin, age } = await open(fake, {
      maxConcurrentSteps: 4,
      budgets: [{ unit: 'pulls', limit: 2, periodMs: hourMs }],
    });
    await startWorker();
    const cohort = await follow('c0');
    await waitForPull(cohort, hasSucceeded);
    await runCohortPull(admin, cohort);
    await until(
      () => fake.calls.length,
      (calls) => calls === 6,
    );
    await waitForPull(cohort, hasSucceeded);
    await runCohortPull(admin, cohort);
    const held = await waitForPull(cohort, ({ deferral }) => deferral !== undefined);
    expect(held).toMatchObject({ state: 'waiting', progress: undefined, deferral: { code: 'budget_spent' } });
    expect(fake.calls).toHaveLength(6);
    await age(hourMs + 10_000);
    await until(
      () => fake.calls.length,
      (calls) => calls === 9,
    );
  });

  it('do not count a pull that the partner did not start', async () => {
    const fake = createFakeCohorts(...cohorts(1, 5));
    const { startWorker, follow, waitForPull, sql } = await open(fake, {
      maxConcurrentSteps: 4,
      budgets: [{ unit: 'pulls', limit: 1, periodMs: hourMs }],
    });
    fake.before = () => ({ outcome: 'deferred', code: 'throttled', detail: 'HTTP 429', afterMs: hourMs });
    await startWorker();
    const cohort = await follow('c0');
    await waitForPull(cohort, ({ deferral }) => deferral?.code === 'throttled');
    fake.before = () => undefined;
    await sql`update cohort_pull set due_at = now()`;
    await waitForPull(cohort, hasSucceeded);
  });

  it('apply to the size of a cohort: one that has grown too large is no longer pulled', async () => {
    const fake = createFakeCohorts(...cohorts(1, 20));
    const { startWorker, follow, waitForPull, admin, members } = await open(fake, {
      maxConcurrentSteps: 4,
      budgets: [],
      maxMembers: 20,
    });
    await startWorker();
    const cohort = await follow('c0', 'hourly');
    await waitForPull(cohort, hasSucceeded);
    fake.cohorts.set('c0', { id: 'c0', name: 'Cohort 0', members: ids(21) });
    await runCohortPull(admin, cohort);
    expect(await waitForPull(cohort, ({ state }) => state === 'failed')).toMatchObject({
      failure: { code: 'cohort_too_large', recovery: 'manual' },
    });
    expect(await members('c0')).toHaveLength(20);
  });

  it('free the slot of a pull at once when it is cancelled', async () => {
    const fake = createFakeCohorts(...cohorts(3, 20));
    let release = (): void => undefined;
    const closed = new Promise<void>((resolve) => (release = resolve));
    fake.pause = ({ cohort }) => (cohort === 'c0' ? closed : Promise.resolve());
    const { startWorker, follow, openCurrent, waitForPull, admin } = await open(fake, {
      maxConcurrentSteps: 1,
      budgets: [],
    });
    await startWorker();
    const stuck = await follow('c0');
    await waitForPull(stuck, ({ state }) => state === 'running');
    const waits = await follow('c1');
    // Limits count per credentials; the sweep that starts this pull has passed over the waiting one.
    await waitForPull(await follow('c2', 'daily', await openCurrent('other', 'k2')), hasSucceeded);
    expect(fake.calls.some(({ cohort }) => cohort === 'c1')).toBe(false);
    await cancelCohortPull(admin, stuck);
    await waitForPull(waits, hasSucceeded);
    release();
  });
});
