import type { Sql } from '@currents/core';

/** What a look-up reads, and what the ledger compares with it. */
const tables = ['batch', 'delivery', 'unmerged_fingerprints', 'fingerprint_block'] as const;

/**
 * Moves all events that are stored today to an earlier day, which has partitions already, with their deliveries, counts
 * and fingerprints: the hub then looks as it does after so many days. No worker may run meanwhile.
 */
export async function moveDay(sql: Sql, daysAgo: number): Promise<void> {
  await sql.begin(async (tx) => {
    const [today] = await tx<{ day: string }[]>`select to_char(current_date, 'YYYYMMDD') as day`;
    for (const table of tables) {
      const columns = await tx<{ name: string }[]>`
        select column_name as name from information_schema.columns
        where table_schema = current_schema() and table_name = ${table} order by ordinal_position`;
      const names = columns.map(({ name }) => `"${name}"`).join(', ');
      const values = columns.map(({ name }) => shifted(name, daysAgo)).join(', ');
      await tx.unsafe(`insert into ${table} (${names}) select ${values} from ${table}_${today?.day}`);
      await tx.unsafe(`truncate ${table}_${today?.day}`);
    }
    await tx`update tally set day = day - ${daysAgo}::int where day = current_date`;
  });
}

function shifted(column: string, daysAgo: number): string {
  if (column === 'stored_on') return `stored_on - ${daysAgo}`;
  if (column === 'stored_at') return `stored_at - interval '${daysAgo} days'`;
  return `"${column}"`;
}
