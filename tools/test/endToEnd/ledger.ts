import { unpackBatch, type Sql } from '@currents/core';

export { ledgerOf } from '../../src/hub/ledger.js';

export interface DeadLetter {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly detail: string;
}

/** The dead letters of a Current, one per event. */
export async function deadLettersOf(sql: Sql, currentId: number): Promise<readonly DeadLetter[]> {
  const rows = await sql<{ outcome: string; code: string; detail: string; positions: number[]; content: Buffer }[]>`
    select l.outcome, l.code, l.detail, l.positions, b.content
    from dead_letter l join batch b on b.stored_on = l.stored_on and b.id = l.batch_id
    where l.current_id = ${currentId} order by l.id`;
  const letters = rows.map(async ({ positions, content, ...letter }) => {
    const events = await unpackBatch(content);
    return positions.map((position) => ({ id: events[position]?.id ?? `no event ${position}`, ...letter }));
  });
  return (await Promise.all(letters)).flat();
}

/** The number of skipped events of a Current, by reason. */
export async function skipsOf(sql: Sql, currentId: number): Promise<Readonly<Record<string, number>>> {
  const rows = await sql<{ code: string; events: number }[]>`
    select code, sum(events)::int as events from tally where current_id = ${currentId} and outcome = 'skipped' group by code`;
  return Object.fromEntries(rows.map(({ code, events }) => [code, events]));
}
