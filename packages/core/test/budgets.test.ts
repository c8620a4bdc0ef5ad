import type { Budget, Item } from '@currents/connector';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createBudgets } from '../src/budget/budgets.js';
import type { BucketStore } from '../src/budget/bucketStore.js';
import { openPostgresBuckets } from '../src/budget/postgresBuckets.js';
import { openRedisBuckets } from '../src/budget/redisBuckets.js';
import { connect, type Sql } from '../src/index.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { until } from './deliveryHarness.js';

interface Payload {
  readonly device: string;
}

const budget: Budget<Payload> = {
  name: 'device',
  key: ({ device }) => device,
  unit: 'events',
  limit: 900,
  periodMs: 30_000,
};

const atMostMs = 1e9;

const budgetsOn = (
  store: BucketStore,
  currentId: number,
  onError = (error: unknown): void => {
    throw error;
  },
) => createBudgets({ currentId, store, windowMs: 48 * 3_600_000, now: Date.now, onError });

let made = 0;
const itemsOf = (device: string, count: number): Item<Payload>[] =>
  Array.from({ length: count }, () => ({ id: `event-${made++}`, payload: { device }, json: '{}' }));

const stores: [name: string, open: () => Promise<BucketStore>][] = [];
let database: TestDatabase;
let sql: Sql;
const opened: BucketStore[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 4, name: 'test' });
});
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await sql.end();
  await database.drop();
});

stores.push(['Postgres', async () => openPostgresBuckets(sql)]);
if (inject('redisUrl'))
  stores.push(['Redis', async () => openRedisBuckets(inject('redisUrl'), (error) => void console.error(error))]);
else console.warn('no redis-server here: the budgets were tested on Postgres only');

describe.each(stores)('budgets kept in %s', (_name, open) => {
  let currentId = Math.floor(Math.random() * 1e9);
  const worker = async (current: number) => {
    const store = await open();
    opened.push(store);
    return budgetsOn(store, current);
  };

  it('admit keys far below their limit without a call to the store', async () => {
    const store: BucketStore = { advance: () => Promise.reject(new Error('asked')), close: async () => undefined };
    const budgets = budgetsOn(store, 1);
    const items = Array.from({ length: 1_000 }, (_, index) => itemsOf(`device ${index % 400}`, 1)[0] as Item<Payload>);
    expect(await budgets.admit(items, [budget])).toEqual({ admitted: items, waiting: [] });
  });

  it('defer only the hot device, in order', async () => {
    const budgets = await worker(++currentId);
    const hot = itemsOf('hot', 600);
    const others = Array.from({ length: 400 }, (_, index) => itemsOf(`device ${index}`, 1)[0] as Item<Payload>);
    const items = Array.from(
      { length: 1_000 },
      (_, index) =>
        (index % 5 < 3
          ? hot[Math.floor(index / 5) * 3 + (index % 5)]
          : others[Math.floor(index / 5) * 2 + (index % 5) - 3]) as Item<Payload>,
    );
    const { admitted, waiting } = await budgets.admit(items, [budget]);
    const admittedSet = new Set(admitted);
    expect(others.every((item) => admittedSet.has(item))).toBe(true);
    // The burst, and the usage that is not tracked: a quarter and a twentieth of 900.
    const passed = hot.filter((item) => admittedSet.has(item));
    expect(passed.length).toBeGreaterThanOrEqual(260);
    expect(passed.length).toBeLessThanOrEqual(280);
    expect(hot.slice(0, passed.length)).toEqual(passed);
    expect(waiting.map(({ item }) => item)).toEqual(hot.slice(passed.length));
    const nowMs = Date.now();
    const waits = waiting.map(({ dueAtMs }) => dueAtMs - nowMs);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    // 330 events at 21 a second, rounded up to steps of 5.4 s.
    expect(waits.at(-1)).toBeGreaterThan(14_000);
    expect(waits.at(-1)).toBeLessThan(23_000);
    expect(waiting[0]).toMatchObject({ budget: { name: 'device' }, key: 'hot' });
  });

  it('limit all workers together, in every period', async () => {
    const current = ++currentId;
    const workers = await Promise.all(Array.from({ length: 4 }, () => worker(current)));
    const leaveMs: number[] = [];
    await Promise.all(
      workers.map(async (budgets) => {
        for (let request = 0; request < 10; request++) {
          const { admitted, waiting } = await budgets.admit(itemsOf('hot', 100), [budget]);
          leaveMs.push(...admitted.map(() => Date.now()), ...waiting.map(({ dueAtMs }) => dueAtMs));
        }
      }),
    );
    expect(leaveMs).toHaveLength(4_000);
    leaveMs.sort((a, b) => a - b);
    const most = Math.max(...leaveMs.map((from) => leaveMs.filter((at) => at >= from && at < from + 30_000).length));
    // Each of four workers may leave a twentieth unreported; one step may be counted on both sides of a window.
    expect(most).toBeLessThanOrEqual(900 * 1.15);
    expect((leaveMs.at(-1) ?? 0) - (leaveMs[0] ?? 0)).toBeGreaterThan(100_000);
  });

  it('pause a key on all workers when the partner requests it', async () => {
    const current = ++currentId;
    const [one, other] = await Promise.all([worker(current), worker(current)]);
    const beganMs = Date.now();
    const named = (await one?.pause(itemsOf('named', 2), [budget], 15_000)) ?? [];
    expect(named).toHaveLength(2);
    const lastMs = Math.max(...named.map(({ dueAtMs }) => dueAtMs));
    expect(lastMs).toBeGreaterThanOrEqual(beganMs + 15_000);
    const here = await one?.admit(itemsOf('named', 1), [budget]);
    expect(here?.admitted).toEqual([]);
    expect(here?.waiting[0]?.dueAtMs).toBeGreaterThanOrEqual(lastMs);
    // On the other worker from the moment when the key is hot there.
    const there = await other?.admit(itemsOf('named', 100), [budget]);
    expect(there?.waiting.length).toBeGreaterThanOrEqual(55);
    expect(there?.waiting[0]?.dueAtMs).toBeGreaterThanOrEqual(beganMs + 15_000);
    // Events that have waited for their turn are deferred too.
    const late = await other?.admit(itemsOf('named', 3), [budget], () => 'turn');
    expect(late?.admitted).toEqual([]);
    expect((await one?.admit(itemsOf('another', 50), [budget]))?.waiting).toEqual([]);
  });

  it('delete a bucket once its time has passed', async () => {
    const store = await open();
    opened.push(store);
    const key = `passing-${++currentId}`;
    expect(await store.advance([{ key, incrementMs: 60, minAheadMs: 0, maxAheadMs: atMostMs }])).toEqual([0]);
    const [lead] = await store.advance([{ key, incrementMs: 0, minAheadMs: 0, maxAheadMs: atMostMs }]);
    expect(lead).toBeGreaterThan(0);
    await until(
      async () => (await store.advance([{ key, incrementMs: 0, minAheadMs: 0, maxAheadMs: atMostMs }]))[0],
      (ahead) => ahead === 0,
    );
    expect(await store.advance([{ key, incrementMs: 5, minAheadMs: 0, maxAheadMs: atMostMs }])).toEqual([0]);
  });

  it('move the time of a bucket at most to its limit, and never back', async () => {
    const store = await open();
    opened.push(store);
    const key = `far-${++currentId}`;
    const leadOf = async (): Promise<number> =>
      (await store.advance([{ key, incrementMs: 0, minAheadMs: 0, maxAheadMs: atMostMs }]))[0] ?? 0;
    await store.advance([{ key, incrementMs: 50_000, minAheadMs: 10_000, maxAheadMs: 30_000 }]);
    expect(await leadOf()).toBeGreaterThan(20_000);
    expect(await leadOf()).toBeLessThanOrEqual(30_000);
    const [before] = await store.advance([{ key, incrementMs: 0, minAheadMs: 90_000, maxAheadMs: 0 }]);
    expect(before).toBe(90_000);
    expect(await leadOf()).toBeGreaterThan(80_000);
    await store.advance([{ key, incrementMs: 5, minAheadMs: 0, maxAheadMs: 30_000 }]);
    expect(await leadOf()).toBeGreaterThan(80_000);
  });

  it('admit everything while the store is unreachable', async () => {
    const errors: unknown[] = [];
    const store: BucketStore = { advance: () => Promise.reject(new Error('away')), close: async () => undefined };
    const budgets = budgetsOn(store, 1, (error) => errors.push(error));
    const items = itemsOf('hot', 2_000);
    expect((await budgets.admit(items, [budget])).admitted).toEqual(items);
    expect(errors.length).toBeGreaterThan(0);
    // Keys that the partner has paused stay paused.
    await budgets.pause(items.slice(0, 1), [budget], 30_000);
    expect((await budgets.admit(itemsOf('hot', 5), [budget])).admitted).toEqual([]);
  });
});
