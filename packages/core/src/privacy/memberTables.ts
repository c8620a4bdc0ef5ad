import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';

/** Where members of cohorts and segments stand in a table. */
interface MemberTable {
  /** The columns of its primary key, by which it is read, with their types. */
  readonly key: Readonly<Record<string, 'text' | 'bigint' | 'integer' | 'date'>>;
  /** SQL: the members of a row, as a list. */
  readonly members: string;
  /** Rows that are read at once. */
  readonly rows: number;
}

const one = { members: 'array[member]', rows: 10_000 };

/** Every table with members beside the sets, which are tables of their own. A test compares this with `storedData`. */
export const memberTables: Readonly<Record<string, MemberTable>> = {
  cohort_change: { key: { id: 'bigint' }, members: 'members', rows: 100 },
  cohort_tombstone: { ...one, key: { cohort_id: 'integer', member: 'text' } },
  segment_candidate: { ...one, key: { id: 'bigint' } },
  segment_change: { ...one, key: { stored_on: 'date', id: 'bigint' } },
  segment_sync: { key: { id: 'integer' }, members: 'array[walk_after]', rows: 1_000 },
  segment_sync_member: { ...one, key: { sync_id: 'integer', member: 'text' } },
  segment_sync_refusal: { ...one, key: { sync_id: 'integer', place: 'bigint' } },
  segment_sync_request: { key: { id: 'bigint' }, members: 'entered || gone', rows: 100 },
};

const memberSet: MemberTable = { ...one, key: { member: 'text' } };

/** The tables that there are with members: those above and the sets. */
export async function tablesWithMembers(db: Queries): Promise<readonly string[]> {
  const sets = await db.execute<{ name: string }>(
    sql`select relname as name from pg_class where relkind = 'r' and relname like 'member\_set\_%' order by 1`,
  );
  return [...Object.keys(memberTables), ...Array.from(sets, ({ name }) => name)];
}

export interface MemberPage {
  readonly members: readonly string[];
  /** The key of the last row; undefined after the last page. */
  readonly last: readonly string[] | undefined;
}

/** The members of the next rows of a table, none if it is gone by now. */
export async function readMembers(
  db: Queries,
  table: string,
  after: readonly string[] | undefined,
): Promise<MemberPage> {
  const [present] = await db.execute<{ there: boolean }>(sql`select to_regclass(${table}) is not null as there`);
  if (!present?.there) return { members: [], last: undefined };
  const { key, members, rows } = memberTables[table] ?? memberSet;
  const names = Object.keys(key);
  const columns = sql.raw(names.join(', '));
  const texts = sql.raw(names.map((name) => `${name}::text`).join(', '));
  const place =
    after &&
    sql.join(
      Object.values(key).map((type, at) => sql`${after[at]}::${sql.raw(type)}`),
      sql`, `,
    );
  const found = await db.execute<{ key: string[]; members: (string | null)[] | null }>(sql`
    select array[${texts}] as key, ${sql.raw(members)} as members
    from ${sql.identifier(table)} where ${place ? sql`(${columns}) > (${place})` : sql`true`}
    order by ${columns} limit ${rows}`);
  const list = Array.from(found);
  return {
    members: list.flatMap((row) => (row.members ?? []).filter((member) => member !== null)),
    last: list.at(-1)?.key,
  };
}
