import { listThrottledKeys, QuestionRefused, type ThrottledKey, type Page } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deferral } from '../../src/batch/deferral.js';
import { event, openCoreHarness, type CoreHarness } from './coreHarness.js';

const terms = '900 events in 30000 ms';
const hour = 3_600_000;
const noon = Date.UTC(2026, 0, 31, 12);

let harness: CoreHarness;
let current: string;
beforeAll(async () => {
  harness = await openCoreHarness();
  current = await harness.launch('hot');
  const other = await harness.launch('another');
  await wait(current, [
    {
      dueAtMs: noon + 5_000,
      code: 'over_budget',
      detail: '',
      attempts: 1,
      positions: [0, 1, 2],
      budget: { name: 'device', key: 'd-1', terms, sinceMs: noon },
    },
    {
      dueAtMs: noon + 9_000,
      code: 'over_budget',
      detail: '',
      attempts: 1,
      positions: [3],
      budget: { name: 'device', key: 'd-1', terms, sinceMs: noon },
    },
    { dueAtMs: noon + 9_000, code: 'unanswered', detail: '', attempts: 1, positions: [4] },
  ]);
  await wait(current, [
    {
      dueAtMs: noon + hour,
      code: 'daily_quota',
      detail: '',
      attempts: 1,
      positions: [0, 1, 2, 3, 4, 5],
      budget: { name: 'device', key: 'd-1', terms, turnedAway: true, sinceMs: noon - 1_000 },
    },
    {
      dueAtMs: noon + 1_000,
      code: 'throttled',
      detail: '',
      attempts: 1,
      positions: [6],
      budget: { name: 'user', key: 'd-1', terms, turnedAway: true, sinceMs: noon },
    },
    {
      dueAtMs: noon + 1_000,
      code: 'throttled',
      detail: '',
      attempts: 1,
      positions: [7],
      budget: { name: 'user', key: 'zoë "z" \\', terms, turnedAway: true, sinceMs: noon + 1 },
    },
  ]);
  await wait(other, [
    {
      dueAtMs: noon,
      code: 'over_budget',
      detail: '',
      attempts: 1,
      positions: [0],
      budget: { name: 'device', key: 'elsewhere', terms, sinceMs: noon },
    },
  ]);
});
afterAll(() => harness.close());

/** A delivery of ten events with these deferrals. */
async function wait(currentId: string, deferred: readonly Deferral[]): Promise<void> {
  await harness.take(Array.from({ length: 10 }, () => event()));
  await harness.sql`
    update delivery set deferred = ${harness.sql.json(deferred as never)}
    where id = (select max(id) from delivery where current_id = ${Number(currentId)})`;
}

const list = async (first: number, after?: string): Promise<Page<ThrottledKey>> =>
  listThrottledKeys(harness.admin, Number(current), { first, after });

const first: ThrottledKey = {
  budget: 'device',
  key: 'd-1',
  eventCount: 10,
  reasons: [
    { code: 'daily_quota', eventCount: 6 },
    { code: 'over_budget', eventCount: 4 },
  ],
  waitingSince: new Date(noon - 1_000),
  firstDueAt: new Date(noon + 5_000),
  lastDueAt: new Date(noon + hour),
};

it('a throttled key is listed with its number of waiting events, the reason, the start and the end', async () => {
  const { nodes, nextCursor } = await list(50);
  expect(nodes[0]).toEqual(first);
  expect(nodes.map(({ budget, key, eventCount }) => [budget, key, eventCount])).toEqual([
    ['device', 'd-1', 10],
    ['user', 'd-1', 1],
    ['user', 'zoë "z" \\', 1],
  ]);
  expect(nextCursor).toBeUndefined();
});

it('pages of throttled keys have no gaps and no duplicates', async () => {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(1, cursor);
    keys.push(...page.nodes.map(({ budget, key }) => `${budget} ${key}`));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(keys).toEqual(['device d-1', 'user d-1', 'user zoë "z" \\']);
});

it('each of several keys with the same time is on one page', async () => {
  const crowded = await harness.launch('crowded');
  const places = Array.from({ length: 9 }, (_, index): Deferral => ({
    dueAtMs: noon,
    code: 'over_budget',
    detail: '',
    attempts: 1,
    positions: [index],
    budget: { name: 'device', key: `d-${index}`, terms, sinceMs: noon },
  }));
  await wait(crowded, places);
  const seen: string[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await listThrottledKeys(harness.admin, Number(crowded), { first: 2, after: cursor });
    seen.push(...page.nodes.map(({ key }) => key));
    cursor = page.nextCursor;
  }
  expect(seen.sort()).toEqual(places.map(({ budget }) => budget?.key));
});

it('a Current without waiting events has no throttled keys', async () => {
  expect(await listThrottledKeys(harness.admin, Number(await harness.launch('calm')), { first: 5 })).toMatchObject({
    nodes: [],
    nextCursor: undefined,
  });
});

it('a page of size 0 and a cursor of another list are refused', async () => {
  await expect(list(0)).rejects.toThrow(QuestionRefused);
  await expect(list(5, 'x')).rejects.toThrow(/cursor of this list/);
});
