import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
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

it('a queue whose first connection to Postgres fails works once there is one, and the process goes on meanwhile', async () => {
  const { hostname, port } = new URL(database.url);
  let isOpen = false;
  let refused = 0;
  const sockets = new Set<Socket>();
  const gate = createServer((client) => {
    sockets.add(client.on('error', () => undefined));
    if (!isOpen) {
      refused++;
      client.destroy();
      return;
    }
    const onward = connectTcp(Number(port), hostname).on('error', () => client.destroy());
    sockets.add(onward);
    client.pipe(onward).pipe(client);
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.host = `127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const calls: number[] = [];
  const errors: unknown[] = [];
  const listener = { onError: (error: unknown) => void errors.push(error) };
  const receiver = openWakeReceiver(
    { databaseUrl: url.href },
    { onWake: (current) => void calls.push(current), onCohort: () => undefined, onPull: () => undefined },
    listener,
  );
  const sender = openWakeSender({ databaseUrl: url.href }, listener);
  // Timers and sockets are served: more connections are refused than the first ones.
  await until(
    () => refused,
    (count) => count >= 4,
  );
  expect(errors.length).toBeGreaterThan(0);
  isOpen = true;
  await until(
    () => {
      sender.wake(901);
      return calls.length;
    },
    (count) => count > 0,
  );
  expect(new Set(calls)).toEqual(new Set([901]));
  await receiver.close();
  await sender.close();
  for (const socket of sockets) socket.destroy();
  gate.close();
});
