import type { Sql } from '@currents/core';
import type { Counts } from './adminClient.js';

/** A transaction that sees a snapshot of the database. */
type Snapshot = Parameters<Parameters<Sql['begin']>[1]>[0];

const none: Counts = { selected: 0, delivered: 0, skipped: 0, rejected: 0, expired: 0, pending: 0 };

/** The hub's own counts; only the pending count comes from the deliveries. */
async function tallyOf(sql: Snapshot, currentId: number): Promise<Counts> {
  const rows = await sql<{ outcome: string; events: number }[]>`
    select outcome, sum(events)::int as events from tally where current_id = ${currentId} group by outcome
    union all
    select 'pending', coalesce(sum(pending), 0)::int from delivery where current_id = ${currentId}`;
  return { ...none, ...Object.fromEntries(rows.map(({ outcome, events }) => [outcome, events])) };
}

/** Counts from the stored outcome of every event. */
async function recount(sql: Snapshot, currentId: number): Promise<Counts> {
  const rows = await sql<{ events: number; pending: number; outcomes: Buffer | null }[]>`
    select events, pending, outcomes from delivery where current_id = ${currentId}`;
  const counts = { ...none } as { -readonly [Outcome in keyof Counts]: number };
  for (const { events, pending, outcomes } of rows) {
    const bytes = outcomes ?? Buffer.alloc(events, 1);
    if (bytes.length !== events) throw new Error(`a delivery of ${events} events has ${bytes.length} outcomes`);
    const before = counts.pending;
    for (const byte of bytes) {
      if (byte === 0) continue;
      counts.selected++;
      counts[nameOf(byte)]++;
    }
    if (counts.pending - before !== pending)
      throw new Error(`a delivery says ${pending} pending, its outcomes ${counts.pending - before}`);
  }
  return counts;
}

function nameOf(byte: number): Exclude<keyof Counts, 'selected'> {
  if (byte >= 16) return 'skipped';
  const name = ([undefined, 'pending', 'delivered', 'rejected', 'expired'] as const)[byte];
  if (name === undefined) throw new Error(`no outcome has the byte ${byte}`);
  return name;
}

/**
 * The counts of a Current at one time. Throws unless both ways of counting agree, the counts balance, and every rejected
 * or expired event has a dead letter.
 */
export function ledgerOf(sql: Sql, currentId: number): Promise<Counts> {
  return sql.begin('isolation level repeatable read read only', async (moment): Promise<Counts> => {
    const [tally, counted] = [await tallyOf(moment, currentId), await recount(moment, currentId)];
    const { selected, ...outcomes } = counted;
    const sum = Object.values(outcomes).reduce((total, events) => total + events, 0);
    if (sum !== selected) throw new Error(`the ledger does not balance: ${JSON.stringify(counted)}`);
    for (const name of Object.keys(none) as (keyof Counts)[]) {
      if (tally[name] !== counted[name])
        throw new Error(`the tally says ${JSON.stringify(tally)}; counted were ${JSON.stringify(counted)}`);
    }
    const letters = await moment<{ outcome: 'rejected' | 'expired'; events: number }[]>`
      select outcome, sum(cardinality(positions))::int as events from dead_letter where current_id = ${currentId} group by outcome`;
    const dead = {
      rejected: 0,
      expired: 0,
      ...Object.fromEntries(letters.map(({ outcome, events }) => [outcome, events])),
    };
    if (dead.rejected !== counted.rejected || dead.expired !== counted.expired) {
      throw new Error(`there are letters of ${JSON.stringify(dead)}; counted were ${JSON.stringify(counted)}`);
    }
    return counted;
  });
}
