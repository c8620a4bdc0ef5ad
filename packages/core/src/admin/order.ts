import { and, asc, desc, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Db } from './admin.js';
import { checkFirst, pageOf, QuestionRefused, type Page, type PageRequest } from './page.js';

/** How a list is ordered: by one field, and by the row's id where that is equal. */
export interface Order<Field extends string> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

export interface Place {
  readonly key: string;
  readonly id: number;
}

/** The cursor of a row: the order, the row's value of its field and the row's id. */
function writePlace({ field, direction }: Order<string>, key: string, id: number): string {
  return Buffer.from(JSON.stringify([field, direction, key, id])).toString('base64url');
}

/** The place that a request begins after. Throws `QuestionRefused` for a cursor of another list or order. */
export function readPlace({ field, direction }: Order<string>, { first, after }: PageRequest): Place | undefined {
  checkFirst(first);
  if (after === undefined) return undefined;
  const [byField, byDirection, key, id] = parse(after);
  if (byField === field && byDirection === direction && typeof key === 'string' && Number.isSafeInteger(id)) {
    if (field === 'name' ? !key.includes('\0') : /^\d{1,18}$/.test(key)) return { key, id: id as number };
  }
  throw new QuestionRefused('after: expected a cursor of this list with the same order, got something else');
}

/** The default order of a list. */
export const newestFirst = { field: 'created_at', direction: 'desc' } as const;

/** Microseconds of an instant; a JavaScript date has only milliseconds. Null counts as the earliest. */
export function instantKey(column: SQLWrapper): SQL {
  return sql`(extract(epoch from coalesce(${column}, 'epoch')) * 1000000)::bigint`;
}

/** What is ordered: rows of a table by an expression, a text for the field `name` and else a whole number. */
interface Ordered {
  readonly table: PgTable;
  readonly id: PgColumn;
  readonly key: SQL;
  readonly where: SQL | undefined;
}

interface Placed {
  readonly id: number;
  readonly place: string;
}

/** The first rows after a place. */
export async function readPlaced<Columns extends Readonly<Record<string, PgColumn>>>(
  { db }: Db,
  { field, direction }: Order<string>,
  { table, id, key, where }: Ordered,
  { after, limit, columns }: { readonly after: Place | undefined; readonly limit: number; readonly columns: Columns },
) {
  const [way, beyond] = direction === 'asc' ? [asc, sql`>`] : [desc, sql`<`];
  const value = field === 'name' ? sql`${after?.key}::text` : sql`${after?.key}::bigint`;
  const isAfter = after && sql`(${key}, ${id}) ${beyond} (${value}, ${after.id}::int)`;
  const rows = await db
    .select({ ...columns, id, place: sql<string>`(${key})::text` })
    .from(table)
    .where(and(where, isAfter))
    .orderBy(way(key), way(id))
    .limit(limit);
  return rows as unknown as (Placed & { readonly [Name in keyof Columns]: Columns[Name]['_']['data'] })[];
}

/** A page of rows that were read one longer than the page, as views; a row that is gone by now is left out. */
export async function orderedPage<View>(
  order: Order<string>,
  request: PageRequest,
  rows: readonly Placed[],
  find: (ids: readonly string[]) => Promise<readonly (View | undefined)[]>,
  count: () => Promise<number>,
): Promise<Page<View>> {
  const page = pageOf(rows, request, ({ id, place }) => writePlace(order, place, id), count);
  const views = await find(page.nodes.map(({ id }) => String(id)));
  return {
    ...page,
    nodes: views.filter((view) => view !== undefined),
    cursors: page.cursors.filter((_, index) => views[index] !== undefined),
  };
}

function parse(cursor: string): readonly unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}
