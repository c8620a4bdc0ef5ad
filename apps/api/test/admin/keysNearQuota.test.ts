import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCurrent, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

const query = `query ($id: ID!, $first: Int) {
  keysNearQuota(currentId: $id, first: $first) { __typename ... on KeysNearQuota { nodes { budget key used allow } } ... on Problem { message } }
}`;

let office: AdminHarness;
let current: string;
beforeAll(async () => {
  office = await openAdminHarness();
  ({ id: current } = await office.do(createCurrent, { input: good }));
  const rows = [
    ['d-1', 450_000],
    ['d-2', 500_001],
    ['d-3', 399_999],
  ].map(([key, used]) => ({
    current_id: Number(current),
    budget: 'device',
    key,
    hour: new Date(),
    used,
    allow: 500_000,
    expires_at: new Date(Date.now() + 3_600_000),
  }));
  await office.sql`insert into quota_usage ${office.sql(rows as never)}`;
});
afterAll(() => office.close());

it('an admin sees the keys that have had 80 % of a day’s quota, the nearest first', async () => {
  const [nearest, second] = [
    { budget: 'device', key: 'd-2', used: 500_001, allow: 500_000 },
    { budget: 'device', key: 'd-1', used: 450_000, allow: 500_000 },
  ];
  expect(await office.do(query, { id: current, first: 50 })).toEqual({
    __typename: 'KeysNearQuota',
    nodes: [nearest, second],
  });
  expect(await office.do(query, { id: current, first: 1 })).toEqual({ __typename: 'KeysNearQuota', nodes: [nearest] });
});

it('of a Current that is not there it is said so', async () => {
  expect(await office.do(query, { id: '999999', first: 5 })).toMatchObject({ __typename: 'CurrentNotFound' });
});
