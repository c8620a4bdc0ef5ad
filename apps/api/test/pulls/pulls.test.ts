import type { HttpAnswer } from '@currents/connector';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from '../admin/adminHarness.js';

const { secret } = good.credentials;
const json = (status: number, body: unknown): HttpAnswer => ({ status, headers: {}, body: JSON.stringify(body) });
const cohortsAtMixpanel = json(200, [
  {
    id: 1000,
    name: 'Buyers',
    description: 'Who bought',
    count: 12_000,
    created: '2026-01-02 03:04:05',
    project_id: 1,
    is_visible: 1,
  },
  {
    id: 1001,
    name: 'Sellers',
    description: '',
    count: 3,
    created: '2026-01-02 03:04:05',
    project_id: 1,
    is_visible: 1,
  },
]);

let harness: AdminHarness;
let current: string;
let made = 0;
beforeAll(async () => {
  harness = await openAdminHarness();
});
afterAll(() => harness.close());
beforeEach(async () => {
  await harness.sql`truncate cohort, cohort_pull, cohort_change, partner_cohort, pull_usage cascade`;
  harness.partner = () => cohortsAtMixpanel;
  harness.asked.length = 0;
  current = await create({});
});

async function create(more: object): Promise<string> {
  return harness.createCurrent({ ...good, name: `Source ${++made}`, ...more });
}

const fields = `id current { id } schedule state allowedActions lastStartedAt lastSuccessAt nextDueAt createdAt
  progress { startedAt pageCount memberCount expectedMemberCount } deferral { code detail until } failure { code detail recovery failedAt } cohort { id name partnerId memberCount schedule }`;
const problem = '... on Problem { __typename message }';
const pullOrOf = (payload: string): string => `__typename ... on ${payload} { cohortPull { ${fields} } } ${problem}`;
const list = (id = current, first = 50, after?: string) =>
  harness.do(
    `query ($id: ID!, $first: Int!, $after: String) { partnerCohorts(currentId: $id, first: $first, after: $after) {
      __typename
      ... on PartnerCohortConnection { nodes { partnerId name description memberCount createdAt computedAt cohort { id } isPulled } pageInfo { hasNextPage endCursor } listedAt advice }
      ... on Problem { message } ... on PartnerRefused { reason } ... on PartnerUnavailable { reason retryAfterMs } ... on CurrentWrongState { state } ... on CurrentNotReady { reason }
    } }`,
    { id, first, after },
  );
const follow = (partnerId = '1000', more: object = {}) =>
  harness.do(
    `mutation ($input: CreateCohortPullInput!) { createCohortPull(input: $input) {
      ${pullOrOf('CreateCohortPullPayload')} ... on CohortAlreadyPulled { cohortPull { cohort { id } current { id } } } ... on PartnerRefused { reason } ... on CohortTooLarge { maxMemberCount }
    } }`,
    { input: { currentId: current, partnerId, schedule: 'DAILY', ...more } },
  );
const mutate = (name: string, cohortId: string, rest = '') => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return harness.do(
    `mutation ($id: ID!) { ${name}(input: { cohortId: $id }) { ${rest || pullOrOf(`${type}Payload`)} } }`,
    {
      id: cohortId,
    },
  );
};
/** Pulls a cohort, and returns the cohort's id and the pull. */
const created = async (): Promise<{ cohortId: string; pull: any }> => {
  const { cohortPull } = await follow();
  return { cohortId: cohortPull.cohort.id, pull: cohortPull };
};

describe('a partner’s cohorts', () => {
  it('are listed with their costs and limits, and requested with the credentials of the Current', async () => {
    expect(await list()).toEqual({
      __typename: 'PartnerCohortConnection',
      nodes: [
        {
          partnerId: '1000',
          name: 'Buyers',
          description: 'Who bought',
          memberCount: 12_000,
          createdAt: '2026-01-02T03:04:05.000Z',
          computedAt: null,
          cohort: null,
          isPulled: false,
        },
        {
          partnerId: '1001',
          name: 'Sellers',
          description: null,
          memberCount: 3,
          createdAt: '2026-01-02T03:04:05.000Z',
          computedAt: null,
          cohort: null,
          isPulled: false,
        },
      ],
      pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
      listedAt: expect.any(String),
      advice: expect.stringContaining('60 queries'),
    });
    expect(harness.asked).toMatchObject([
      {
        url: 'https://eu.mixpanel.com/api/query/cohorts/list?project_id=4711',
        headers: { authorization: expect.stringContaining('Basic ') },
      },
    ]);
    const { pageInfo } = await list(current, 1);
    expect((await list(current, 1, pageInfo.endCursor)).nodes).toMatchObject([{ partnerId: '1001' }]);
    expect(harness.asked).toHaveLength(1);
  });

  it.each<[string, () => HttpAnswer, object]>([
    [
      'refused credentials',
      () => json(401, { error: `bad ${secret}`, status: 'error' }),
      { __typename: 'PartnerRefused', reason: 'credentials_refused' },
    ],
    [
      'too many requests',
      () => json(429, { error: 'slow', status: 'error' }),
      { __typename: 'PartnerUnavailable', reason: 'throttled', retryAfterMs: 60_000 },
    ],
    [
      'timeout',
      () => ({ status: 0, failure: 'timeout', detail: 'no answer in time' }),
      { __typename: 'PartnerUnavailable', reason: 'timeout', retryAfterMs: null },
    ],
  ])('cannot be listed when the partner fails, and the problem has the reason: %s', async (_name, partner, problem) => {
    harness.partner = partner;
    const answer = await list();
    expect(answer).toMatchObject({ ...problem, message: expect.stringMatching(/\S \S/) });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it('cannot be listed without the credentials that the partner requires', async () => {
    const tokenOnly = await create({ credentials: { kind: 'projectToken', token: 'a'.repeat(32) } });
    expect(await list(tokenOnly)).toMatchObject({ __typename: 'PartnerRefused', reason: 'service_account_needed' });
    expect(await list('cur_999')).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(harness.asked).toEqual([]);
  });
});

describe('a cohort', () => {
  it('is created with its pull', async () => {
    const { cohortId, pull } = await created();
    expect(pull).toMatchObject({
      current: { id: current },
      schedule: 'DAILY',
      state: 'WAITING',
      allowedActions: ['RUN', 'DELETE'],
      progress: null,
      failure: null,
      lastStartedAt: null,
      nextDueAt: expect.any(String),
      cohort: { id: cohortId, name: 'Buyers', partnerId: '1000', memberCount: 0, schedule: 'DAILY' },
    });
    const { pull: beside } = await harness.do(
      'query ($id: ID!) { cohort(id: $id) { ... on Cohort { pull { state schedule current { id } } } } }',
      { id: cohortId },
    );
    expect(beside).toEqual({ state: 'WAITING', schedule: 'DAILY', current: { id: current } });
    expect((await list()).nodes).toMatchObject([{ cohort: { id: cohortId }, isPulled: true }, { isPulled: false }]);
    expect((await harness.do(`{ cohortPulls(filter: { states: [WAITING] }) { nodes { ${fields} } } }`)).nodes).toEqual([
      pull,
    ]);
    expect(
      await harness.do(
        `query ($id: ID!) { cohortPull(cohortId: $id) { ... on CohortPull { ${fields} } ${problem} } }`,
        {
          id: cohortId,
        },
      ),
    ).toEqual(pull);
    expect(harness.asked).toHaveLength(1);
  });

  it('has at most one pull', async () => {
    const { cohortId } = await created();
    const other = await create({});
    expect(await follow('1000', { currentId: other })).toMatchObject({
      __typename: 'CohortAlreadyPulled',
      cohortPull: { cohort: { id: cohortId }, current: { id: current } },
    });
  });

  it('that the partner does not list is not pulled', async () => {
    expect(await follow('4')).toMatchObject({
      __typename: 'PartnerCohortNotFound',
      message: 'Mixpanel lists no cohort with the id "4"',
    });
  });

  it('that is too large is not pulled', async () => {
    harness.partner = () => json(200, { cohorts: [{ id: 'big', name: 'Big', size: 2_000_001, archived: false }] });
    const amplitude = await create({
      destination: 'amplitude',
      credentials: { apiKey: '7c1f0e5a9b3d48260f1e2d3c4b5a6978', secretKey: 'e2d5b489637c1f0e8897a6b5c4d3e2f1' },
    });
    expect(await follow('big', { currentId: amplitude })).toMatchObject({
      __typename: 'CohortTooLarge',
      maxMemberCount: 2_000_000,
    });
  });

  it('can get another schedule', async () => {
    const { cohortId } = await created();
    const change = (schedule: string | null) =>
      harness
        .do(
          'mutation ($input: UpdateCohortInput!) { updateCohort(input: $input) { ... on UpdateCohortPayload { cohort { schedule pull { schedule nextDueAt } } } } }',
          { input: { id: cohortId, schedule } },
        )
        .then(({ cohort }: any) => cohort);
    await harness.sql`update cohort_pull set started_at = '2026-01-31T00:00:00Z', last_success_at = now(), due_at = '2026-02-01T00:00:00Z'`;
    expect(await change('HOURLY')).toEqual({
      schedule: 'HOURLY',
      pull: { schedule: 'HOURLY', nextDueAt: '2026-01-31T01:00:00.000Z' },
    });
    expect(await change('DYNAMIC')).toMatchObject({ pull: { nextDueAt: '2026-01-31T00:15:00.000Z' } });
    expect(await change(null)).toEqual({ schedule: null, pull: { schedule: null, nextDueAt: null } });
  });
});

describe('a pull', () => {
  it('that is running has a progress, is not started again, and can be cancelled', async () => {
    const { cohortId } = await created();
    await harness.sql`
      update cohort_pull set run_id = 1, started_at = now(), progressed_at = now(), pages = 3, members = 3000, deferral_code = 'throttled', deferral_detail = 'HTTP 429',
        due_at = now() + interval '1 minute'`;
    const shown = await harness.do(
      `query ($id: ID!) { cohortPull(cohortId: $id) { ... on CohortPull { ${fields} } ${problem} } }`,
      { id: cohortId },
    );
    expect(shown).toMatchObject({
      state: 'RUNNING',
      allowedActions: ['CANCEL', 'DELETE'],
      progress: { pageCount: 3, memberCount: 3_000, expectedMemberCount: 12_000, startedAt: shown.lastStartedAt },
      deferral: { code: 'throttled', detail: 'HTTP 429', until: expect.any(String) },
      nextDueAt: null,
    });
    expect(
      await mutate('runCohortPull', cohortId, '__typename ... on CohortPullRunning { message cohortPull { state } }'),
    ).toEqual({
      __typename: 'CohortPullRunning',
      message: expect.stringContaining('running since'),
      cohortPull: { state: 'RUNNING' },
    });
    expect(await mutate('cancelCohortPull', cohortId)).toMatchObject({
      cohortPull: { state: 'WAITING', progress: null, deferral: null, nextDueAt: expect.any(String) },
    });
    expect(
      await mutate('cancelCohortPull', cohortId, '__typename ... on CohortPullNotRunning { cohortPull { state } }'),
    ).toEqual({
      __typename: 'CohortPullNotRunning',
      cohortPull: { state: 'WAITING' },
    });
  });

  it('that is being applied can no longer be cancelled', async () => {
    const { cohortId } = await created();
    await harness.sql`update cohort_pull set run_id = 1, started_at = now(), fetched_at = now(), due_at = null`;
    expect(await mutate('cancelCohortPull', cohortId)).toMatchObject({
      __typename: 'CohortPullNotRunning',
      message: expect.stringContaining('fetched'),
    });
  });

  it('that failed has a reason and a recovery, and is repeated on request', async () => {
    const { cohortId } = await created();
    await harness.sql`
      update cohort_pull set started_at = now(), due_at = null, failure_code = 'credentials_refused', failure_detail = 'HTTP 401; check the credentials',
        failure_recovery = 'manual', failed_at = now(), failed_version = 1`;
    expect((await mutate('runCohortPull', cohortId)).cohortPull).toMatchObject({
      state: 'FAILED',
      failure: {
        code: 'credentials_refused',
        detail: 'HTTP 401; check the credentials',
        recovery: 'MANUAL',
        failedAt: expect.any(String),
      },
    });
    expect(await harness.sql`select from cohort_pull where due_at <= now()`).toHaveLength(1);
  });

  it('that is deleted keeps the cohort, and can be created again', async () => {
    const { cohortId } = await created();
    const stopped =
      '__typename ... on DeleteCohortPullPayload { cohort { id memberCount schedule pull { state } } cohortPull { current { id } schedule } } ... on Problem { message }';
    expect(await mutate('deleteCohortPull', cohortId, stopped)).toEqual({
      __typename: 'DeleteCohortPullPayload',
      cohort: { id: cohortId, memberCount: 0, schedule: null, pull: null },
      cohortPull: { current: { id: current }, schedule: 'DAILY' },
    });
    for (const name of ['deleteCohortPull', 'runCohortPull', 'cancelCohortPull']) {
      expect(await mutate(name, cohortId, '__typename ... on Problem { message }')).toMatchObject({
        __typename: 'CohortPullNotFound',
      });
    }
    expect(await follow()).toMatchObject({ cohortPull: { cohort: { id: cohortId } } });
  });
});

it('mutations are logged with the cohort and without secrets', async () => {
  harness.log.length = 0;
  const { cohortId } = await created();
  await mutate('runCohortPull', cohortId);
  const entries = harness.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'audit.recorded');
  expect(entries).toMatchObject([
    { action: 'createCohortPull', result: 'CreateCohortPullPayload' },
    { action: 'runCohortPull', result: 'RunCohortPullPayload' },
  ]);
  for (const text of [...harness.log, ...harness.answers]) expect(text).not.toContain(secret);
});
