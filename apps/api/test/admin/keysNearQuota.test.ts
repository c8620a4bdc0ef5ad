import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseKey, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

const query = `query ($id: ID!, $first: Int! = 50, $after: String) {
  current(id: $id) {
    ... on Current { keysNearQuota(first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { budget key used limit } } }
    ... on Problem { __typename }
  }
}`;

let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  const rows = [
    ['d-1', 450_000],
    ['d-2', 500_001],
    ['d-3', 399_999],
  ].map(([key, used]) => ({
    current_id: databaseKey(current),
    budget: 'device',
    key,
    hour: new Date(),
    used,
    quota_limit: 500_000,
    expires_at: new Date(Date.now() + 3_600_000),
  }));
  await harness.sql`insert into quota_usage ${harness.sql(rows as never)}`;
});
afterAll(() => harness.close());

it('keysNearQuota lists the keys with at least 80 % of their daily quota, by usage, with pagination', async () => {
  const [nearest, second] = [
    { budget: 'device', key: 'd-2', used: 500_001, limit: 500_000 },
    { budget: 'device', key: 'd-1', used: 450_000, limit: 500_000 },
  ];
  const { keysNearQuota } = await harness.do(query, { id: current });
  expect(keysNearQuota).toMatchObject({ totalCount: 2, nodes: [nearest, second] });
  const one = (await harness.do(query, { id: current, first: 1 })).keysNearQuota;
  expect(one).toMatchObject({ nodes: [nearest], pageInfo: { hasNextPage: true } });
  const two = (await harness.do(query, { id: current, first: 1, after: one.pageInfo.endCursor })).keysNearQuota;
  expect(two).toMatchObject({ nodes: [second], pageInfo: { hasNextPage: false } });
});

it('keysNearQuota returns a problem for an unknown Current', async () => {
  expect(await harness.do(query, { id: 'cur_999999' })).toEqual({ __typename: 'CurrentNotFound' });
});
