import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connect, type Sql } from '../src/db/connect.js';
import { startSweeps, type Sweep, type Sweeps } from '../src/sweeps.js';
import { createTestDatabase } from './database.js';
import { until } from './deliveryHarness.js';
import { startPostgresProxy } from './postgresProxy.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let sql: Sql;
const started: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2, name: 'sweeps' });
  await sql`create table work (name text)`;
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.stop()));
  await sql`truncate work`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const log = pino({ level: 'silent' });

function start(over = sql): Sweeps {
  const sweeps = startSweeps(over, log);
  started.push(sweeps);
  return sweeps;
}

/** A sweep for the work of one name; it removes what it finds. */
function add(sweeps: Sweeps, name: string): { readonly sweep: Sweep; readonly runs: () => number } {
  let runs = 0;
  const sweep = sweeps.add({
    event: `${name}.failed`,
    isDue: () => `exists (select from work where name = '${name}')`,
    task: async () => {
      runs++;
      await sql`delete from work where name = ${name}`;
    },
  });
  started.push(sweep);
  return { sweep, runs: () => runs };
}

const left = async () => (await sql`select from work`).count;

it('a sweep runs at once, and then only when it is due', async () => {
  const sweeps = start();
  const [one, other] = [add(sweeps, 'one'), add(sweeps, 'other')];
  for (let round = 1; round <= 2; round++) {
    await sql`insert into work values ('one')`;
    await until(left, (count) => count === 0);
  }
  expect(one.runs()).toBeGreaterThanOrEqual(2);
  expect(other.runs()).toBe(1);
});

it('a sweep that fails runs again, and does not stop the others', async () => {
  const sweeps = start();
  let tries = 0;
  started.push(
    sweeps.add({
      event: 'broken.failed',
      isDue: () => 'true',
      task: () => Promise.reject(new Error(`broken ${++tries}`)),
    }),
  );
  add(sweeps, 'one');
  await sql`insert into work values ('one')`;
  await until(left, (count) => count === 0);
  await until(
    () => tries,
    (count) => count > 2,
  );
});

it('a sweep that was stopped is not asked for', async () => {
  const sweeps = start();
  const { sweep, runs } = add(sweeps, 'one');
  await sweep.stop();
  const other = add(sweeps, 'other');
  await sql`insert into work values ('one'), ('other')`;
  await until(left, (count) => count === 1);
  expect(runs()).toBe(1);
  expect(other.runs()).toBeGreaterThanOrEqual(1);
});

it('a connection that was lost without a word holds no sweep for long', async () => {
  const proxy = await startPostgresProxy(database.url);
  const pool = connect(proxy.url, { max: 2, name: 'silent' });
  try {
    const { runs } = add(start(pool), 'one');
    await sql`insert into work values ('one')`;
    await until(left, (count) => count === 0);
    // An answer of before the work was done may still start a run, which would find the next work without being asked.
    await new Promise((resolve) => setTimeout(resolve, 700));
    proxy.connections[0]?.pause();
    const before = runs();
    await sql`insert into work values ('one')`;
    await until(left, (count) => count === 0, 15_000);
    expect(runs()).toBeGreaterThan(before);
    expect(proxy.connections).toHaveLength(2);
  } finally {
    await Promise.all(started.splice(0).map((each) => each.stop()));
    proxy.close();
    await pool.end({ timeout: 0 });
  }
});
