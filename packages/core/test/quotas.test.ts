import { pino } from 'pino';
import { listKeysNearQuota } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deleteExpiredUsage, openQuotaRecorder } from '../src/budget/quotaRecorder.js';
import type { BudgetQuotaUsage } from '../src/budget/budgets.js';
import { openCoreHarness, type CoreHarness } from './admin/coreHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, until } from './deliveryHarness.js';

const hour = 3_600_000;
const day = { limit: 1_000, periodMs: 24 * hour };

let harness: CoreHarness;
beforeAll(async () => {
  harness = await openCoreHarness();
});
afterAll(() => harness.close());

/** A worker's usage counter and its warnings. */
function openRecorder(currentId: string) {
  const counted: BudgetQuotaUsage[] = [];
  const warnings: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const recorder = openQuotaRecorder({
    sql: harness.sql,
    log,
    currentId: Number(currentId),
    budgets: { takeQuotaUsage: () => counted.splice(0) },
    onError(error) {
      throw error;
    },
  });
  return {
    warnings,
    async count(key: string, used: number) {
      counted.push({ budget: 'user', quota: day, keys: [{ key, used }] });
      await recorder.flush('now');
    },
  };
}

const near = async (current: string, first = 50) => {
  const { nodes } = await listKeysNearQuota(harness.admin, Number(current), { first });
  return nodes;
};

it('a key near its quota over several workers and hours is listed, and logged once without its name', async () => {
  const current = await harness.launch('near');
  const [one, other] = [openRecorder(current), openRecorder(current)];
  await one.count('busy', 300);
  await harness.sql`update quota_usage set hour = hour - interval '5 hours', expires_at = expires_at - interval '5 hours' where current_id = ${Number(current)}`;
  await one.count('calm', 700);
  await one.count('busy', 250);
  expect(one.warnings).toEqual([]);
  expect(await near(current)).toEqual([]);
  await other.count('busy', 250);
  await other.count('busy', 10);
  expect(other.warnings).toMatchObject([
    { event: 'quota.approached', current: Number(current), budget: 'user', keys: 1 },
  ]);
  expect(JSON.stringify(other.warnings)).not.toContain('busy');
  expect(await near(current)).toEqual([{ budget: 'user', key: 'busy', used: 810, limit: 1_000 }]);
  expect(await near(await harness.launch('another'))).toEqual([]);
});

it('events older than the quota’s period do not count, and are deleted', async () => {
  const current = await harness.launch('past');
  const recorder = openRecorder(current);
  await recorder.count('busy', 900);
  expect(await near(current)).toHaveLength(1);
  await harness.sql`update quota_usage set hour = hour - interval '24 hours', expires_at = expires_at - interval '24 hours' where current_id = ${Number(current)}`;
  expect(await near(current)).toEqual([]);
  await deleteExpiredUsage(harness.sql);
  expect(await harness.sql`select from quota_usage where current_id = ${Number(current)}`).toHaveLength(0);
});

it('keys are listed by usage, up to the page size, with any characters', async () => {
  const current = await harness.launch('many');
  const recorder = openRecorder(current);
  await recorder.count('a', 850);
  await recorder.count('b', 1_200);
  await recorder.count('c\0', 900);
  expect((await near(current, 2)).map(({ key }) => key)).toEqual(['b', 'c\uFFFD']);
});

it('a worker counts only delivered events, and only of the busiest keys', async () => {
  const partner = createFakePartner();
  // The counters rotate every 100 ms.
  const hub = await openHub(
    fakeConnector(partner, { user: { limit: 100_000, periodMs: 200, quota: { limit: 500, periodMs: 24 * hour } } }),
  );
  try {
    const current = await hub.launch();
    const engine = await hub.startWorker();
    const of = (user: string, count: number, word?: string) =>
      Array.from({ length: count }, () => event(word, { user: { external_user_id: user } }));
    for (let round = 1; round <= 6; round++) {
      await hub.take([
        ...of('busy', 100),
        ...of('busy', 5, 'reject'),
        // The user's later events would wait for them.
        ...of('busy', round === 6 ? 5 : 0, 'later'),
        ...of(`calm ${round}`, 3),
      ]);
      await until(
        () => hub.tally(current),
        ({ delivered = 0 }) => delivered === 103 * round,
      );
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    await engine.stop();
    const rows = await hub.sql<
      { key: string; used: number }[]
    >`select key, used from quota_usage where current_id = ${current}`;
    expect(rows.map(({ key }) => key)).toEqual(['busy']);
    // The first round is not tracked.
    expect(rows[0]?.used).toBeGreaterThanOrEqual(400);
    expect(rows[0]?.used).toBeLessThanOrEqual(600);
  } finally {
    await hub.stop();
  }
}, 30_000);
