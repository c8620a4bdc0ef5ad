import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openWakeReceiver, openWakeSender, type QueueConnection } from '../src/queue.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { until } from './deliveryHarness.js';

const onError = (error: unknown): void => {
  throw error;
};

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const places: Readonly<Record<string, (() => QueueConnection) | undefined>> = {
  Postgres: () => ({ databaseUrl: database.url }),
  ...(inject('redisUrl') !== '' && { Redis: () => ({ redisUrl: inject('redisUrl') }) }),
};

describe.each(Object.entries(places))('a wake-up call in %s', (_name, place) => {
  it('arrives at its time, and many at once for one cohort are merged into one or two', async () => {
    const where = place?.() as QueueConnection;
    const calls: { readonly cohort: number; readonly atMs: number }[] = [];
    const sender = openWakeSender(where, { onError });
    const receiver = openWakeReceiver(
      where,
      {
        onWake: () => undefined,
        onCohort: () => undefined,
        onPull: (cohort) => void calls.push({ cohort, atMs: Date.now() }),
      },
      { onError },
    );
    const startedMs = Date.now();
    sender.wakePull(701, 900);
    for (let repeat = 0; repeat < 20; repeat++) sender.wakePull(702, 0);
    await until(() => calls.some(({ cohort }) => cohort === 701), Boolean);
    const timed = calls.filter(({ cohort }) => cohort === 701);
    expect(timed).toHaveLength(1);
    expect((timed[0]?.atMs ?? 0) - startedMs).toBeGreaterThanOrEqual(890);
    const prompt = calls.filter(({ cohort }) => cohort === 702);
    expect([1, 2]).toContain(prompt.length);
    expect(prompt[0]?.atMs).toBeLessThan(timed[0]?.atMs ?? 0);
    await receiver.close();
    await sender.close();
  });
});
