import type { Sql } from '@currents/core';

/** Every row of a hub's database, in the text format of Postgres. */
export interface DatabaseRows {
  /** The time at which the rows were read, by the database's clock; ISO 8601 in UTC. */
  readonly takenAt: string;
  /** The number of applied migrations. */
  readonly migrations: number;
  readonly tables: Readonly<Record<string, readonly unknown[]>>;
  readonly sequences: Readonly<Record<string, string>>;
}

const memberSet = /^member_set_\d+$/;

/**
 * Reads every row of the public schema: partitions under the name of their parent, and the tables of member sets. Leaves
 * out the list of migrations and the queue's tables, which are recreated on the next start.
 */
export async function readDatabaseRows(sql: Sql): Promise<DatabaseRows> {
  const names = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname not in ('migration')
      and relname !~ '^bullmq' order by 1`;
  const tables: Record<string, readonly unknown[]> = {};
  for (const { name } of names) {
    const rows = await sql<{ row: unknown }[]>`select to_jsonb(t) as row from ${sql(name)} t order by t::text`;
    if (rows.length > 0) tables[name] = rows.map(({ row }) => row);
  }
  const sequences = await sql<{ name: string; value: string }[]>`
    select sequencename as name, last_value as value from pg_sequences
    where schemaname = 'public' and last_value is not null and sequencename not like 'migration%' and sequencename !~ '^bullmq' order by 1`;
  const [about] = await sql<[{ takenAt: string; migrations: number }]>`
    select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "takenAt", (select count(*)::int from migration) as migrations`;
  return { ...about, tables, sequences: Object.fromEntries(sequences.map(({ name, value }) => [name, value])) };
}

/**
 * Loads rows into a database of the release that they were read from. Days and times are moved as if the rows
 * had been read just now: so retention drops none of them, and nothing that had happened lies ahead. Needs a superuser, because triggers and foreign keys are
 * off meanwhile.
 */
export async function loadDatabaseRows(sql: Sql, { takenAt, tables, sequences }: DatabaseRows): Promise<void> {
  await sql`select ensure_partitions(3)`;
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const [name, rows] of Object.entries(tables)) {
      if (memberSet.test(name))
        await tx`create table ${tx(name)} (member text collate "C" primary key, computed_at_ms bigint)`;
      const columns = await tx<{ name: string; type: string }[]>`
        select attname as name, format_type(atttypid, null) as type from pg_attribute
        where attrelid = ${name}::regclass and attnum > 0 and not attisdropped order by attnum`;
      const moved = columns.map(({ name: column, type }) => {
        const value = tx`r.${tx(column)}`;
        if (type === 'date') return tx`${value} + (current_date - (${takenAt}::timestamptz at time zone 'UTC')::date)`;
        if (type !== 'timestamp with time zone') return value;
        return tx`${value} + (now() - ${takenAt}::timestamptz)`;
      });
      const list = moved.reduce((left, right) => tx`${left}, ${right}`);
      await tx`delete from ${tx(name)}`;
      await tx`
        insert into ${tx(name)} (${tx(columns.map((column) => column.name))}) overriding system value
        select ${list} from jsonb_populate_recordset(null::${tx(name)}, ${JSON.stringify(rows)}::text::jsonb) r`;
    }
    for (const [name, value] of Object.entries(sequences)) await tx`select setval(${name}::regclass, ${value}::bigint)`;
  });
}
