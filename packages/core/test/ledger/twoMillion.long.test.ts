import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../src/db/connect.js';
import { countQuarantine } from '../../src/ledger/countQuarantine.js';
import type { DeadLetterFilter } from '../../src/ledger/deadLetterFilter.js';
import { countDeadLetters, groupDeadLetters } from '../../src/ledger/deadLetterGroups.js';
import { listDeadLetters } from '../../src/ledger/deadLetters.js';
import { listQuarantine } from '../../src/ledger/quarantine.js';
import type { QuarantineFilter } from '../../src/ledger/quarantineFilter.js';
import { groupQuarantine } from '../../src/ledger/quarantineGroups.js';
import { openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';

/**
 * Pages, groups and counts of two million rows each of quarantine and dead letters, which one flood has stored in a day.
 * All of them are answered, and each prints what it took. Whatever takes 5 s is refused, and fails here.
 */

const rowCount = 2_000_000;
const portion = 250_000;
/** Half of the rows. */
const currentId = '1';

let harness: CoreHarness;
beforeAll(async () => {
  harness = await openCoreHarness();
  await harness.sql`insert into ingest_token (name, hash, hint) values ('second', decode(repeat('02', 32), 'hex'), 'abcd')`;
}, 60_000);
afterAll(() => harness?.close());

async function timed<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
  const startedMs = performance.now();
  const result = await task();
  console.info(`${name}: ${Math.round(performance.now() - startedMs)} ms`);
  return result;
}

const sum = (rows: readonly { readonly eventCount: number }[]): number =>
  rows.reduce((total, { eventCount }) => total + eventCount, 0);

it('are grouped before Postgres has looked at them, and after', async () => {
  const sql = connect(harness.databaseUrl, { max: 1, name: 'fill', statementMs: 0 });
  // As autovacuum has not run yet in a flood.
  for (const table of await sql<{ name: string }[]>`
    select relname as name from pg_class where relname ~ '^(quarantine_batch|dead_letter)_[0-9]{8}$'`)
    await sql`alter table ${sql(table.name)} set (autovacuum_enabled = off)`;
  for (let from = 1; from <= rowCount; from += portion) {
    const numbers = sql`generate_series(${from}::int, ${from + portion - 1}::int) n`;
    const at = sql`now() - (${rowCount}::int - n) * interval '1 millisecond'`;
    await sql`
      insert into quarantine_batch (stored_on, stored_at, token_id, events, positions, codes, code_indexes, event_counts,
        released_counts, purged_counts, event_types, content)
      select current_date, ${at}, 1 + n % 2, 1, decode('00000000', 'hex'),
        array[(array['unknown_event_type', 'invalid_event', 'not_json'])[1 + n % 3]], decode('00', 'hex'), '{1}', '{0}', '{0}',
        array['type.' || n % 40], convert_to('{"event_type":"type.' || n % 40 || '","id":"' || n || '"}', 'UTF8')
      from ${numbers}`;
    await sql`
      insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions, recorded_at, event_type)
      select current_date, 1 + n % 2, n, n, case when n % 5 = 0 then 'expired' else 'rejected' end, 'code_' || n % 7, 'a detail',
        1, array[n % 100], ${at}, 'type.' || n % 40
      from ${numbers}`;
  }
  const { admin } = harness;
  for (const when of ['before', 'after']) {
    const groups = await timed(`quarantine ${when}: groups`, () => groupQuarantine(admin));
    expect([groups.length, sum(groups)]).toEqual([120, rowCount]);
    const letters = await timed(`letters ${when}: groups`, () => groupDeadLetters(admin, { currentId }));
    expect(sum(letters)).toBeGreaterThan(0);
    if (when === 'before') await sql`vacuum analyze`;
  }
  await timed('the index of migration 0032', async () => {
    await sql`drop index dead_letter_of_batch`;
    await sql`create index dead_letter_of_batch on dead_letter (current_id, batch_id)`;
  });
  await sql.end();
}, 600_000);

const from = () => new Date(Date.now() - 600_000);
const quarantineFilters: Readonly<Record<string, () => QuarantineFilter>> = {
  nothing: () => ({}),
  code: () => ({ code: 'not_json' }),
  'a code that none has': () => ({ code: 'no_such_code' }),
  type: () => ({ eventType: 'type.7' }),
  token: () => ({ tokenId: '2' }),
  time: () => ({ from: from() }),
  'being released': () => ({ isReleased: true }),
};
const letterFilters: Readonly<Record<string, () => DeadLetterFilter>> = {
  nothing: () => ({}),
  code: () => ({ code: 'code_3' }),
  'a code that none has': () => ({ code: 'no_such_code' }),
  // Of an even number, as are the rows of this Current.
  type: () => ({ eventType: 'type.8' }),
  'a type that none has': () => ({ eventType: 'no.such.type' }),
  time: () => ({ from: from() }),
  'being replayed': () => ({ isReplayed: true }),
  'being discarded': () => ({ isDiscarded: true }),
};
const none = new Set([
  'a code that none has',
  'a type that none has',
  'being released',
  'being replayed',
  'being discarded',
]);

it.each(Object.entries(quarantineFilters))(
  'quarantined events are listed and counted by %s',
  async (name, filter) => {
    const { admin } = harness;
    const page = await timed(`quarantine by ${name}: page`, () => listQuarantine(admin, { first: 50 }, filter()));
    expect(page.nodes).toHaveLength(none.has(name) ? 0 : 50);
    await timed(`quarantine by ${name}: total`, () => page.count());
    await timed(`quarantine by ${name}: groups`, () => groupQuarantine(admin, filter()));
    await timed(`quarantine by ${name}: counts`, () => countQuarantine(admin, filter()));
  },
  60_000,
);

it.each(Object.entries(letterFilters))(
  'dead letters are listed and counted by %s',
  async (name, given) => {
    const { admin } = harness;
    const filter = { ...given(), currentId };
    const page = await timed(`letters by ${name}: page`, () => listDeadLetters(admin, { first: 50 }, filter));
    expect(page.nodes).toHaveLength(none.has(name) ? 0 : 50);
    await timed(`letters by ${name}: total`, () => page.count());
    await timed(`letters by ${name}: groups`, () => groupDeadLetters(admin, filter));
    await timed(`letters by ${name}: counts`, () => countDeadLetters(admin, filter));
  },
  60_000,
);
