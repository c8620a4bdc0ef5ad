import { connect, openWriter } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { startTestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';

/** B12 of the field reports: what a database sets for its sessions changes nothing for the hub. */

const hostile = {
  bytea_output: 'escape',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Tokyo',
  standard_conforming_strings: 'off',
  extra_float_digits: '-10',
  default_transaction_isolation: 'serializable',
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'test' });
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  for (const [name, value] of Object.entries(hostile))
    await sql.unsafe(`alter database ${row?.name} set ${name} = '${value}'`);
  await sql.unsafe(`alter database ${row?.name} set search_path = ''`);
  await sql.end();
});
afterAll(() => database.drop());

it('every client sets what the hub relies on in its own session', async () => {
  const names = [...Object.keys(hostile), 'search_path'];
  const text = `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}`;
  const sql = connect(database.url, { max: 1, name: 'test' });
  const writer = openWriter(database.url, { max: 1, name: 'test' });
  const found = [...(await sql.unsafe(text)), ...(await writer.run({ name: 'settings', text }))];
  const expected = {
    bytea_output: 'hex',
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    standard_conforming_strings: 'on',
    extra_float_digits: '1',
    default_transaction_isolation: 'read committed',
    search_path: expect.stringMatching(/^"\$user", public/) as unknown,
  };
  expect(found).toEqual([expected, expected]);
  await Promise.all([sql.end(), writer.end()]);
});

it('a hub on such a database delivers', async () => {
  const hub = await startTestHub({ projects: ['one'], databaseUrl: database.url });
  try {
    const current = await hub.launch('one');
    expect((await hub.post([event(), event()])).status).toBe(200);
    const counts = await until(
      () => ledgerOf(hub.sql, current),
      ({ selected, pending }) => selected === 2 && pending === 0,
      30_000,
    );
    expect(counts).toMatchObject({ delivered: 2 });
  } finally {
    await hub.stop();
  }
}, 120_000);
