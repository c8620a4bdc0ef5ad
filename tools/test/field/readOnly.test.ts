import { randomBytes } from 'node:crypto';
import { connect } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { createImportKey, pushCohort } from '../endToEnd/pushCohort.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';

/** B1 of the field reports: a database that is read-only for a while, as in a failover, needs no restart of the hub. */

let database: TestDatabase;
let hub: TestHub;
beforeAll(async () => {
  database = await createTestDatabase();
  hub = await startTestHub({ projects: ['one'], databaseUrl: database.url });
});
afterAll(async () => {
  await hub.stop();
  await database.drop();
});

it('after a time in which the database was read-only, events and cohorts flow again', async () => {
  const current = await hub.launch('one');
  const { url } = hub.hub.api;
  const key = await createImportKey(url, hub.hub.adminToken ?? '');
  expect((await hub.post([event()])).status).toBe(200);
  expect(await pushCohort(url, key, 'before')).toBe(200);
  // In a database of its own, which stays writable.
  const outside = connect(database.url.replace(/[^/]*$/, 'postgres'), { max: 1, name: 'operator' });
  const name = new URL(database.url).pathname.slice(1);
  const setReadOnly = (value: 'on' | 'off') =>
    outside.unsafe(`alter database ${name} set default_transaction_read_only = ${value}`);

  await setReadOnly('on');
  await outside`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  // Every client has by now connected to a read-only database.
  await until(
    async () => (await hub.post([event()])).status,
    (status) => status === 503,
  );
  for (let round = 0; round < 8; round++) {
    expect(await pushCohort(url, key, randomBytes(4).toString('hex'))).toBe(503);
    expect((await hub.post([event()])).status).toBe(503);
  }
  await until(
    () => hub.complaints.filter((line) => line.includes('25006')).length,
    (count) => count >= 5,
  );

  // The connections stay as they are: only what the hub does itself can help it.
  await setReadOnly('off');
  const sent = event();
  await until(
    async () => (await hub.post([sent])).status,
    (status) => status === 200,
    5_000,
  );
  await until(
    () => pushCohort(url, key, 'after'),
    (status) => status === 200,
    5_000,
  );
  for (let round = 0; round < 12; round++) expect(await pushCohort(url, key, `after-${round}`)).toBe(200);
  const own = connect(database.url, { max: 1, name: 'test' });
  try {
    const counts = await until(
      () => ledgerOf(own, current),
      ({ selected, pending }) => selected === 2 && pending === 0,
      20_000,
    );
    expect(counts).toMatchObject({ delivered: 2 });
    await until(
      async () => (await own`select from cohort_change where state = 'pending'`).count,
      (count) => count === 0,
      20_000,
    );
  } finally {
    await own.end();
    await outside.end();
  }
}, 120_000);
