import {
  deleteCurrent,
  createCohortPull,
  listPartnerCohorts,
  listPulls,
  type PartnerCohortPage,
  type PullView,
} from '@currents/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ids, openPullHarness, type PullHarness } from './pullHarness.js';
import { createFakeCohorts, type FakeCohorts } from './fakeCohorts.js';

let fake: FakeCohorts;
let harness: PullHarness;
beforeEach(async () => {
  fake = createFakeCohorts(
    { id: 'c1', name: 'Buyers', members: ids(3) },
    { id: 'c2', name: 'Sellers', members: ids(5) },
    { id: 'c3', name: 'All', members: [], size: 30 },
  );
  harness = await openPullHarness(fake, { maxConcurrentSteps: 4, budgets: [], maxMembers: 20 });
});
afterEach(() => harness.close());

const list = async (more: { first?: number; after?: string; search?: string } = {}) =>
  (await listPartnerCohorts(
    harness.admin,
    harness.currentId,
    { first: more.first ?? 50, after: more.after },
    { search: more.search },
  )) as PartnerCohortPage;
const follow = (partnerId: string, currentId = harness.currentId) =>
  createCohortPull(harness.admin, { currentId, partnerId, schedule: 'daily' });

it('a partner’s cohorts are listed in pages, with at most one request to the partner per minute', async () => {
  await harness.follow('c2');
  const first = await list({ first: 2 });
  expect(first).toMatchObject({
    nodes: [
      {
        partnerId: 'c1',
        name: 'Buyers',
        memberCount: 3,
        createdAt: expect.any(Date),
        cohortId: undefined,
        isPulled: false,
      },
      { partnerId: 'c2', name: 'Sellers', memberCount: 5, cohortId: '1', isPulled: true },
    ],
    listedAt: expect.any(Date),
    advice: 'Costs nothing: there is no partner.',
  });
  expect(await list({ first: 2, after: first.nextCursor ?? '' })).toMatchObject({
    nodes: [{ partnerId: 'c3' }],
    nextCursor: undefined,
  });
  expect((await list({ search: 'SELL' })).nodes.map(({ partnerId }) => partnerId)).toEqual(['c2']);
  expect(fake.lists).toBe(1);
});

it('a cached list older than a minute is fetched again, without deleted cohorts and with new names', async () => {
  const cohort = await harness.follow('c1');
  await harness.startWorker();
  await harness.waitForPull(cohort, ({ lastSuccessAt }) => lastSuccessAt !== undefined);
  fake.cohorts.delete('c2');
  fake.cohorts.set('c1', { id: 'c1', name: 'Best buyers', members: ids(3) });
  await harness.sql`update partner_cohort set listed_at = now() - interval '2 minutes'`;
  expect((await list()).nodes.map(({ partnerId, name }) => [partnerId, name])).toEqual([
    ['c1', 'Best buyers'],
    ['c3', 'All'],
  ]);
  await harness.sql`update cohort_pull set due_at = now()`;
  await harness.waitForPull(cohort, ({ lastStartedAt, lastSuccessAt }) => (lastSuccessAt ?? 0) > (lastStartedAt ?? 0));
  await expect
    .poll(async () => (await harness.sql`select name from cohort where partner_id = 'c1'`)[0]?.['name'], {
      timeout: 10_000,
    })
    .toBe('Best buyers');
});

it('a list with what cannot be stored is listed without it', async () => {
  const listed = (more: object) => ({ id: 'c1', name: 'Buyers', ...more });
  const cohorts = [
    listed({ size: 1e300, createdAtMs: 1e300, computedAtMs: -1e300 }),
    listed({ id: 'c2', size: 2.5, createdAtMs: 1_700_000_000_000_000 }),
    listed({ id: 'c3', size: -1, description: 'a\0b\ud800' }),
    listed({ id: 'c4', name: '\0\udfff' }),
    listed({ id: 'x'.repeat(401) }),
    listed({ id: 'half \ud800' }),
    listed({ id: 'null \0' }),
  ];
  fake.list = { outcome: 'listed', cohorts };
  const { nodes } = await list();
  expect(nodes.map(({ partnerId }) => partnerId)).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect(nodes[0]).toMatchObject({ memberCount: undefined, createdAt: undefined, computedAt: undefined });
  expect(() => JSON.stringify(nodes)).not.toThrow();
  expect(nodes[1]?.memberCount).toBeUndefined();
  expect(nodes[2]?.memberCount).toBeUndefined();
  expect(nodes[2]?.description).toBe('a\ufffdb\ufffd');
  expect(await follow('c2')).toMatchObject({ kind: 'CohortPull' });
});

it('a failed list returns the partner’s reason', async () => {
  fake.list = { outcome: 'failed', code: 'credentials_refused', detail: 'HTTP 401', recovery: 'manual' };
  expect(await list()).toEqual({ kind: 'PartnerRefused', reason: 'credentials_refused', message: 'HTTP 401' });
  fake.list = { outcome: 'deferred', code: 'throttled', detail: 'HTTP 429', afterMs: 60_000 };
  expect(await list()).toEqual({
    kind: 'PartnerUnavailable',
    reason: 'throttled',
    message: 'HTTP 429',
    retryAfterMs: 60_000,
  });
  expect(await follow('c1')).toMatchObject({ kind: 'PartnerUnavailable' });
  expect(await harness.sql`select from cohort`).toHaveLength(0);
});

it.each<[string, () => unknown, string, object]>([
  ['the partner does not list', () => undefined, 'unknown', { kind: 'PartnerCohortNotFound' }],
  ['is larger than the partner allows', () => undefined, 'c3', { kind: 'CohortTooLarge', maxMemberCount: 20 }],
  [
    'is already pulled',
    () => harness.follow('c1'),
    'c1',
    { kind: 'CohortAlreadyPulled', cohortPull: { cohortId: '1' } },
  ],
  [
    'would be pulled through a deleted Current',
    () => deleteCurrent(harness.admin, harness.currentId, 'source'),
    'c1',
    { kind: 'CurrentWrongState', state: 'deleted' },
  ],
  [
    'would be pulled with credentials that cannot be opened',
    () => harness.sql`update current set credentials = '\\x01'`,
    'c1',
    { kind: 'CurrentNotReady', reason: 'credentials_unreadable' },
  ],
])('no pull is created for a cohort that %s', async (_name, before, partnerId, problem) => {
  await before();
  expect(await follow(partnerId)).toMatchObject({ message: expect.stringMatching(/\S \S/), ...problem });
});

it('cohorts of an unknown Current are neither listed nor pulled', async () => {
  expect(await follow('c1', '999')).toMatchObject({ kind: 'CurrentNotFound' });
  expect(await listPartnerCohorts(harness.admin, 'x', { first: 1 })).toMatchObject({ kind: 'CurrentNotFound' });
});

it('two admins who create a pull of the same cohort at once create one pull', async () => {
  const answers = await Promise.all([follow('c1'), follow('c1'), follow('c1')]);
  expect(answers.map(({ kind }) => kind).sort()).toEqual(['CohortAlreadyPulled', 'CohortAlreadyPulled', 'CohortPull']);
});

it('pulls are listed in pages, by Current and by state', async () => {
  const [one, two] = [await harness.follow('c1'), await harness.follow('c2')];
  const idsOf = ({ nodes }: { readonly nodes: readonly PullView[] }) => nodes.map(({ cohortId }) => cohortId);
  const page = await listPulls(harness.admin, { first: 1 });
  expect([idsOf(page), idsOf(await listPulls(harness.admin, { first: 1, after: page.nextCursor }))]).toEqual([
    [two],
    [one],
  ]);
  expect(
    idsOf(await listPulls(harness.admin, { first: 9 }, { currentId: harness.currentId, states: ['waiting'] })),
  ).toEqual([two, one]);
  expect(idsOf(await listPulls(harness.admin, { first: 9 }, { states: ['failed', 'running'] }))).toEqual([]);
  expect(idsOf(await listPulls(harness.admin, { first: 9 }, { currentId: 'x' }))).toEqual([]);
});
