import { afterEach, expect, it } from 'vitest';
import { pino } from 'pino';
import { openWorkerLeases, releaseDeadLeases } from '../src/db/workerLeases.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

let hub: Hub;
afterEach(() => hub.stop());

it('deliveries leased by a dead worker are due at once, those of a live worker once it has stopped', async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  const current = await hub.launch();
  await hub.take([event(), event()]);
  await hub.take([event()]);
  const living = await openWorkerLeases(hub.databaseUrl, pino({ level: 'silent' }));
  // A worker in the table that holds no lock has died.
  await hub.sql`insert into worker_lease (id, started_at) values (77, now() - interval '1 minute')`;
  const dead = (77n * 2n ** 32n + 5n).toString();
  await hub.sql`update delivery set lease = ${dead}::bigint, due_at = now() + interval '1 hour' where events = 2`;
  await hub.sql`update delivery set lease = ${living.newLease()}::bigint, due_at = now() + interval '1 hour' where events = 1`;
  await hub.sql`update worker_lease set started_at = now() - interval '1 minute'`;

  expect(await releaseDeadLeases(hub.sql)).toMatchObject({ released: 1, live: [expect.any(Number)] });
  const due = async () =>
    Array.from(
      await hub.sql<{ events: number; due: boolean }[]>`
        select events, due_at <= now() as due from delivery order by events`,
    );
  expect(await due()).toEqual([
    { events: 1, due: false },
    { events: 2, due: true },
  ]);
  // It may have lost the answer of a claim, and so know nothing of it.
  await living.stop();
  expect(await due()).toEqual([
    { events: 1, due: true },
    { events: 2, due: true },
  ]);
  await hub.startWorker();
  await until(
    () => hub.tally(current),
    ({ delivered }) => delivered === 3,
  );
});

it('each Current has one preferred worker of those that are alive', async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  const log = pino({ level: 'silent' });
  const one = await openWorkerLeases(hub.databaseUrl, log);
  expect(one.hasOthers()).toBe(false);
  expect(one.isPreferred(5)).toBe(true);
  const two = await openWorkerLeases(hub.databaseUrl, log);
  // A new worker knows the present ones; they see it at their next update.
  expect(two.hasOthers()).toBe(true);
  one.updateLive((await releaseDeadLeases(hub.sql)).live);
  const currents = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(currents.filter((id) => one.isPreferred(id) === two.isPreferred(id))).toEqual([]);
  const share = currents.filter((id) => one.isPreferred(id)).length;
  expect(share).toBeGreaterThan(20);
  expect(share).toBeLessThan(80);
  await two.stop();
  one.updateLive((await releaseDeadLeases(hub.sql)).live);
  expect(currents.every((id) => one.isPreferred(id))).toBe(true);
  await one.stop();
});
