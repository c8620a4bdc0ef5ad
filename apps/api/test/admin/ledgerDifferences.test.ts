import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseKey, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let current: string;
let other: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  other = await harness.createCurrent({ ...good, name: 'Other' });
  await harness.sql`
    insert into ledger_difference (current_id, day, delivery_id, quantity, code, expected, stored, resolved_at) values
      (${databaseKey(current)}, '2026-01-30', 4711, 'rejected', '', 2, 0, null),
      (${databaseKey(current)}, '2026-01-31', 0, 'skipped', 'no_user', 3, 8, '2026-02-01T09:00:00Z'),
      (${databaseKey(other)}, '2026-01-31', 0, 'pending', '', 0, -5, null)`;
});
afterAll(() => harness.close());

const list = async (filter = {}) =>
  (
    await harness.do(
      `query ($filter: LedgerDifferenceFilter) { ledgerDifferences(filter: $filter) { totalCount nodes {
        id current { id } day deliveryKey quantity code expectedCount storedCount firstSeenAt lastSeenAt resolvedAt } } }`,
      { filter },
    )
  ).nodes;

it('differences of ledgers are listed, the newest first, with what differs', async () => {
  const at = expect.any(String);
  const seen = { firstSeenAt: at, lastSeenAt: at };
  const rejected = {
    day: '2026-01-30',
    deliveryKey: '4711',
    quantity: 'REJECTED',
    code: null,
    expectedCount: 2,
    storedCount: 0,
  };
  const skipped = {
    day: '2026-01-31',
    deliveryKey: null,
    quantity: 'SKIPPED',
    code: 'no_user',
    expectedCount: 3,
    storedCount: 8,
  };
  const pending = {
    day: '2026-01-31',
    deliveryKey: null,
    quantity: 'PENDING',
    code: null,
    expectedCount: 0,
    storedCount: -5,
  };
  expect(await list()).toEqual([
    { id: 'ldf_3', current: { id: other }, ...seen, ...pending, resolvedAt: null },
    { id: 'ldf_2', current: { id: current }, ...seen, ...skipped, resolvedAt: '2026-02-01T09:00:00.000Z' },
    { id: 'ldf_1', current: { id: current }, ...seen, ...rejected, resolvedAt: null },
  ]);
});

it('they are filtered by Current and by whether they last, and found by id', async () => {
  const ids = async (filter: object) => (await list(filter)).map(({ id }: { id: string }) => id);
  expect(await ids({ currentId: current })).toEqual(['ldf_2', 'ldf_1']);
  expect(await ids({ isResolved: false })).toEqual(['ldf_3', 'ldf_1']);
  expect(await ids({ currentId: current, isResolved: true })).toEqual(['ldf_2']);
  expect(await harness.do('{ node(id: "ldf_1") { id ... on StoredLedgerDifference { quantity } } }')).toEqual({
    id: 'ldf_1',
    quantity: 'REJECTED',
  });
});

it('the overview has what lasts, and when the last full round ended', async () => {
  await harness.sql`update ledger_scan set checked_since = '2026-02-01T09:00:00Z', checked_at = '2026-02-01T09:01:00Z'`;
  const overview = await harness.do('{ overview { ledgerCheckedAt items { kind count node { id } } } }');
  expect(overview.ledgerCheckedAt).toBe('2026-02-01T09:01:00.000Z');
  const found = overview.items.filter(({ kind }: { kind: string }) => kind === 'LEDGER_DIFFERENCE');
  expect(found).toEqual([
    { kind: 'LEDGER_DIFFERENCE', count: 1, node: { id: current } },
    { kind: 'LEDGER_DIFFERENCE', count: 1, node: { id: other } },
  ]);
});
