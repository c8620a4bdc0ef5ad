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

let office: AdminHarness;
let current: string;
let made = 0;
beforeAll(async () => {
  office = await openAdminHarness();
});
afterAll(() => office.close());
beforeEach(async () => {
  await office.sql`truncate cohort, cohort_pull, cohort_change, partner_cohort, pull_usage cascade`;
  office.partner = () => cohortsAtMixpanel;
  office.asked.length = 0;
  current = await create({});
});

async function create(more: object): Promise<string> {
  return office.createCurrent({ ...good, name: `Source ${++made}`, ...more });
}

const fields = `cohortId currentId schedule state lastStartedAt lastSuccessAt nextDueAt createdAt
  progress { startedAt pages members total } hold { code detail until } failure { code detail recovery at } cohort { id name partnerId members schedule }`;
const pullOr = `__typename ... on CohortPull { ${fields} } ... on Problem { message }`;
const list = (id = current, first = 50, after?: string) =>
  office.do(
    `query ($id: ID!, $first: Int!, $after: String) { partnerCohorts(currentId: $id, first: $first, after: $after) {
      __typename
      ... on PartnerCohortPage { nodes { partnerId name description size createdAt computedAt cohortId pulled } nextCursor listedAt advice }
      ... on Problem { message } ... on PartnerRefused { reason } ... on PartnerUnanswered { reason retryAfterMs } ... on CurrentWrongState { state } ... on CurrentNotReady { reason }
    } }`,
    { id, first, after },
  );
const follow = (partnerId = '1000', more: object = {}) =>
  office.do(
    `mutation ($input: FollowCohortInput!) { followCohort(input: $input) {
      ${pullOr} ... on CohortPulledAlready { pull { cohortId currentId } } ... on PartnerRefused { reason } ... on CohortTooLarge { maxMembers }
    } }`,
    { input: { currentId: current, partnerId, schedule: 'daily', ...more } },
  );
const deed = (name: string, cohortId: string, rest = '') =>
  office.do(`mutation ($id: ID!) { ${name}(cohortId: $id) { ${rest || pullOr} } }`, { id: cohortId });

describe('a partner’s cohorts', () => {
  it('are listed with what an admin has to know, and asked for with the credentials of the Current', async () => {
    expect(await list()).toEqual({
      __typename: 'PartnerCohortPage',
      nodes: [
        {
          partnerId: '1000',
          name: 'Buyers',
          description: 'Who bought',
          size: 12_000,
          createdAt: '2026-01-02T03:04:05.000Z',
          computedAt: null,
          cohortId: null,
          pulled: false,
        },
        {
          partnerId: '1001',
          name: 'Sellers',
          description: null,
          size: 3,
          createdAt: '2026-01-02T03:04:05.000Z',
          computedAt: null,
          cohortId: null,
          pulled: false,
        },
      ],
      nextCursor: null,
      listedAt: expect.any(String),
      advice: expect.stringContaining('60 queries'),
    });
    expect(office.asked).toMatchObject([
      {
        url: 'https://eu.mixpanel.com/api/query/cohorts/list?project_id=4711',
        headers: { authorization: expect.stringContaining('Basic ') },
      },
    ]);
    const { nextCursor } = await list(current, 1);
    expect((await list(current, 1, nextCursor)).nodes).toMatchObject([{ partnerId: '1001' }]);
    expect(office.asked).toHaveLength(1);
  });

  it.each<[string, () => HttpAnswer, object]>([
    [
      'refused',
      () => json(401, { error: `bad ${secret}`, status: 'error' }),
      { __typename: 'PartnerRefused', reason: 'credentials_refused' },
    ],
    [
      'too many',
      () => json(429, { error: 'slow', status: 'error' }),
      { __typename: 'PartnerUnanswered', reason: 'throttled', retryAfterMs: 60_000 },
    ],
    [
      'lost',
      () => ({ status: 0, failure: 'timeout', detail: 'no answer in time' }),
      { __typename: 'PartnerUnanswered', reason: 'timeout', retryAfterMs: null },
    ],
  ])('that are asked for in vain say why: %s', async (_name, partner, problem) => {
    office.partner = partner;
    const answer = await list();
    expect(answer).toMatchObject({ ...problem, message: expect.stringMatching(/\S \S/) });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it('cannot be asked for without the credentials that it takes', async () => {
    const tokenOnly = await create({ credentials: { kind: 'projectToken', token: 'a'.repeat(32) } });
    expect(await list(tokenOnly)).toMatchObject({ __typename: 'PartnerRefused', reason: 'service_account_needed' });
    expect(await list('cur_999')).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(office.asked).toEqual([]);
  });
});

describe('a cohort', () => {
  it('is followed, and its pull is shown beside it', async () => {
    const pull = await follow();
    expect(pull).toMatchObject({
      __typename: 'CohortPull',
      currentId: current,
      schedule: 'daily',
      state: 'waiting',
      progress: null,
      failure: null,
      lastStartedAt: null,
      nextDueAt: expect.any(String),
      cohort: { id: pull.cohortId, name: 'Buyers', partnerId: '1000', members: 0, schedule: 'daily' },
    });
    const { pull: beside } = await office.do(
      'query ($id: ID!) { cohort(id: $id) { ... on Cohort { pull { state schedule currentId } } } }',
      { id: pull.cohortId },
    );
    expect(beside).toEqual({ state: 'waiting', schedule: 'daily', currentId: current });
    expect((await list()).nodes).toMatchObject([{ cohortId: pull.cohortId, pulled: true }, { pulled: false }]);
    expect(
      (await office.do(`{ cohortPulls(filter: { states: [waiting] }) { nodes { ${fields} } } }`)).nodes,
    ).toMatchObject([{ cohortId: pull.cohortId }]);
    expect(
      await office.do(`query ($id: ID!) { cohortPull(cohortId: $id) { ${pullOr} } }`, { id: pull.cohortId }),
    ).toEqual(pull);
    expect(office.asked).toHaveLength(1);
  });

  it('is followed once', async () => {
    const { cohortId } = await follow();
    const other = await create({});
    expect(await follow('1000', { currentId: other })).toMatchObject({
      __typename: 'CohortPulledAlready',
      pull: { cohortId, currentId: current },
    });
  });

  it('that the partner does not list is not followed', async () => {
    expect(await follow('4')).toMatchObject({
      __typename: 'PartnerCohortNotFound',
      message: 'Mixpanel lists no cohort with the id "4"',
    });
  });

  it('that is too large is not followed', async () => {
    office.partner = () => json(200, { cohorts: [{ id: 'big', name: 'Big', size: 2_000_001, archived: false }] });
    const amplitude = await create({
      destination: 'amplitude',
      credentials: { apiKey: '7c1f0e5a9b3d48260f1e2d3c4b5a6978', secretKey: 'e2d5b489637c1f0e8897a6b5c4d3e2f1' },
    });
    expect(await follow('big', { currentId: amplitude })).toMatchObject({
      __typename: 'CohortTooLarge',
      maxMembers: 2_000_000,
    });
  });

  it('changes how often it is pulled', async () => {
    const { cohortId } = await follow();
    const change = (schedule: string | null) =>
      office.do(
        'mutation ($id: ID!, $to: Schedule) { setCohortSchedule(id: $id, schedule: $to) { ... on Cohort { schedule pull { schedule nextDueAt } } } }',
        { id: cohortId, to: schedule },
      );
    await office.sql`update cohort_pull set started_at = '2026-01-31T00:00:00Z', last_success_at = now(), due_at = '2026-02-01T00:00:00Z'`;
    expect(await change('hourly')).toEqual({
      schedule: 'hourly',
      pull: { schedule: 'hourly', nextDueAt: '2026-01-31T01:00:00.000Z' },
    });
    expect(await change('dynamic')).toMatchObject({ pull: { nextDueAt: '2026-01-31T00:15:00.000Z' } });
    expect(await change(null)).toEqual({ schedule: null, pull: { schedule: null, nextDueAt: null } });
  });
});

describe('a pull', () => {
  it('that is under way tells how far it is, is not begun again, and can be cancelled', async () => {
    const { cohortId } = await follow();
    await office.sql`
      update cohort_pull set run_id = 1, started_at = now(), progressed_at = now(), pages = 3, members = 3000, deferral_code = 'throttled', deferral_detail = 'HTTP 429',
        due_at = now() + interval '1 minute'`;
    const shown = await office.do(`query ($id: ID!) { cohortPull(cohortId: $id) { ${pullOr} } }`, { id: cohortId });
    expect(shown).toMatchObject({
      state: 'running',
      progress: { pages: 3, members: 3_000, total: 12_000, startedAt: shown.lastStartedAt },
      hold: { code: 'throttled', detail: 'HTTP 429', until: expect.any(String) },
      nextDueAt: null,
    });
    expect(await deed('pullCohortNow', cohortId, '__typename ... on PullUnderWay { message pull { state } }')).toEqual({
      __typename: 'PullUnderWay',
      message: expect.stringContaining('under way since'),
      pull: { state: 'running' },
    });
    expect(await deed('cancelPull', cohortId)).toMatchObject({
      __typename: 'CohortPull',
      state: 'waiting',
      progress: null,
      hold: null,
      nextDueAt: expect.any(String),
    });
    expect(await deed('cancelPull', cohortId, '__typename ... on PullNotUnderWay { pull { state } }')).toEqual({
      __typename: 'PullNotUnderWay',
      pull: { state: 'waiting' },
    });
  });

  it('that is being applied can be cancelled no more', async () => {
    const { cohortId } = await follow();
    await office.sql`update cohort_pull set run_id = 1, started_at = now(), fetched_at = now(), due_at = null`;
    expect(await deed('cancelPull', cohortId)).toMatchObject({
      __typename: 'PullNotUnderWay',
      message: expect.stringContaining('fetched'),
    });
  });

  it('that failed says why and what mends it, and is made again when somebody asks', async () => {
    const { cohortId } = await follow();
    await office.sql`
      update cohort_pull set started_at = now(), due_at = null, failure_code = 'credentials_refused', failure_detail = 'HTTP 401; check the credentials',
        failure_recovery = 'manual', failed_at = now(), failed_version = 1`;
    expect(await deed('pullCohortNow', cohortId)).toMatchObject({
      __typename: 'CohortPull',
      state: 'failed',
      failure: {
        code: 'credentials_refused',
        detail: 'HTTP 401; check the credentials',
        recovery: 'manual',
        at: expect.any(String),
      },
    });
    expect(await office.sql`select from cohort_pull where due_at <= now()`).toHaveLength(1);
  });

  it('that is stopped leaves the cohort, and can be undone', async () => {
    const { cohortId } = await follow();
    const stopped =
      '__typename ... on PullStopped { cohort { id members schedule pull { state } } pull { currentId schedule } } ... on Problem { message }';
    expect(await deed('stopPullingCohort', cohortId, stopped)).toEqual({
      __typename: 'PullStopped',
      cohort: { id: cohortId, members: 0, schedule: null, pull: null },
      pull: { currentId: current, schedule: 'daily' },
    });
    for (const name of ['stopPullingCohort', 'pullCohortNow', 'cancelPull']) {
      expect(await deed(name, cohortId, '__typename ... on Problem { message }')).toMatchObject({
        __typename: 'CohortNotPulled',
      });
    }
    expect(await follow()).toMatchObject({ __typename: 'CohortPull', cohortId });
  });
});

it('what an admin did is logged with the cohort, and no secret is', async () => {
  office.log.length = 0;
  const { cohortId } = await follow();
  await deed('pullCohortNow', cohortId);
  const deeds = office.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'audit.recorded');
  expect(deeds).toMatchObject([
    { action: 'followCohort', result: 'CohortPull' },
    { action: 'pullCohortNow', result: 'CohortPull' },
  ]);
  for (const said of [...office.log, ...office.answers]) expect(said).not.toContain(secret);
});
