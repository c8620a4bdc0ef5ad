import { afterEach, beforeEach, expect, it } from 'vitest';
import { pino } from 'pino';
import { connect } from '../src/index.js';
import { runRetention } from '../src/worker/retention.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, type Hub } from './deliveryHarness.js';

const log = pino({ level: 'silent' });
let hub: Hub;
let current: number;
beforeEach(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  current = await hub.launch();
});
afterEach(() => hub.stop());

/** Moves all stored rows, with their partitions, back by this many days. */
async function age(days: number): Promise<void> {
  const [row] = await hub.sql<{ day: string; next: string; suffix: string }[]>`
    select current_date - ${days}::int as day, current_date - ${days}::int + 1 as next, to_char(current_date - ${days}::int, 'YYYYMMDD') as suffix`;
  for (const parent of ['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request']) {
    await hub.sql.unsafe(
      `create table ${parent}_${row?.suffix} partition of ${parent} for values from ('${row?.day}') to ('${row?.next}')`,
    );
    await hub.sql.unsafe(`update ${parent} set stored_on = '${row?.day}'`);
  }
}

const count = async (table: string) =>
  Number((await hub.sql<{ n: string }[]>`select count(*) as n from ${hub.sql(table)}`)[0]?.n);

it('retention deletes the days past it, and no others', async () => {
  const nonsense = { event_type: 'nonsense' };
  await hub.take([event(), event(), nonsense]);
  await hub.sql`update delivery set pending = 0, outcomes = '\\x0202'`;
  await age(20);
  await hub.sql`update quarantine_usage set stored_on = stored_on - 20`;
  await hub.take([event(), nonsense]);
  await runRetention({ sql: hub.sql, log, retentionDays: 14 });
  for (const table of ['batch', 'delivery', 'request', 'quarantine_batch', 'quarantine_usage'])
    expect(await count(table), table).toBe(1);
});

it('retention keeps a day with pending events', async () => {
  await hub.take([event(), event()]);
  await age(20);
  await runRetention({ sql: hub.sql, log, retentionDays: 14 });
  expect([await count('batch'), await count('delivery')]).toEqual([1, 1]);
});

it('retention merges the shards of past counts without changing the sums', async () => {
  await hub.sql`
    insert into tally (current_id, day, shard, outcome, events)
    select ${current}, current_date - d, s, 'delivered', 10 from generate_series(0, 5) d, generate_series(1, 7) s`;
  await runRetention({ sql: hub.sql, log, retentionDays: 14 });
  expect(await hub.tally(current)).toEqual({ delivered: 420 });
  expect(await count('tally')).toBe(3 * 7 + 3);
});

it('retention is run by several workers at once', async () => {
  await hub.take([event()]);
  await hub.sql`update delivery set pending = 0, outcomes = '\\x02'`;
  for (const days of [24, 23, 22, 21, 20]) await age(days);
  const others = [1, 2].map(() => connect(hub.databaseUrl, { max: 1, name: 'test' }));
  try {
    const runs = [hub.sql, ...others].map((sql) => runRetention({ sql, log, retentionDays: 14 }));
    expect((await Promise.allSettled(runs)).filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await count('batch')).toBe(0);
  } finally {
    await Promise.all(others.map((sql) => sql.end()));
  }
});
