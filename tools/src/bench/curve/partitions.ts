import type { Sql } from '@currents/core';

/**
 * Adds empty partitions for the days before today to every table that is partitioned by day, so that a database looks as
 * it does after so many days. The names are those of the migrations' `ensure_partitions`.
 */
export async function addPartitions(sql: Sql, pastDays: number): Promise<void> {
  if (pastDays === 0) return;
  await sql.unsafe(`
    do $$
    declare
      parent text;
      day date;
    begin
      for parent in select c.relname from pg_partitioned_table p join pg_class c on c.oid = p.partrelid loop
        for day in select generate_series(current_date - ${pastDays}, current_date - 1, '1 day')::date loop
          execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
            parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
        end loop;
      end loop;
    end $$`);
}
