import { randomBytes } from 'node:crypto';
import { connect } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
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

/** A push of one member to a cohort, with Mixpanel's webhook. Answers the status. */
async function pushCohort(key: string, session: string): Promise<number> {
  const response = await fetch(`${hub.hub.api.url}/partners/mixpanel/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`,
    },
    body: JSON.stringify({
      action: 'members',
      parameters: {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: '678',
        mixpanel_cohort_name: 'Big spenders',
        mixpanel_session_id: session,
        page_info: { total_pages: 1, page_count: 1 },
        members: [{ mixpanel_distinct_id: session }],
      },
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

it('after a time in which the database was read-only, events and cohorts flow again', async () => {
  const current = await hub.launch('one');
  const { createImportKey } = await createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '').ask<{
    createImportKey: { key: string };
  }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "test" }) { ... on CreateImportKeyPayload { key } } }',
  );
  const { key } = createImportKey;
  expect((await hub.post([event()])).status).toBe(200);
  expect(await pushCohort(key, 'before')).toBe(200);
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
    expect(await pushCohort(key, randomBytes(4).toString('hex'))).toBe(503);
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
    () => pushCohort(key, 'after'),
    (status) => status === 200,
    5_000,
  );
  for (let round = 0; round < 12; round++) expect(await pushCohort(key, `after-${round}`)).toBe(200);
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
