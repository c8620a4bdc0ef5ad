import { and, asc, desc, sql, type AnyColumn, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Admin } from './admin.js';
import {
  checkFirst,
  countRows,
  pageOf,
  readCursor,
  withNodes,
  writeCursor,
  type Page,
  type PageRequest,
} from './page.js';

interface Listing<Row, View> {
  /** Selects the rows that the condition holds for. */
  readonly select: (
    where: SQL | undefined,
  ) => SQLWrapper & { orderBy(order: SQL): { limit(rows: number): PromiseLike<Row[]> } };
  readonly where?: SQL | undefined;
  /** A unique whole number: the list's order and its cursors. */
  readonly key: AnyColumn;
  readonly keyOf: (row: Row) => string | number;
  readonly order?: 'newest first' | 'oldest first';
  readonly viewOf: (row: Row) => View;
}

/** One page of a list that is ordered by a key, by keyset pagination. */
export async function keysetPage<Row, View>(
  admin: Pick<Admin, 'db'>,
  page: PageRequest,
  { select, where, key, keyOf, order = 'newest first', viewOf }: Listing<Row, View>,
): Promise<Page<View>> {
  checkFirst(page.first);
  const [cursor] = readCursor(page.after, 1) ?? [];
  const isNewestFirst = order === 'newest first';
  const beyond = cursor === undefined ? undefined : sql`${key} ${sql.raw(isNewestFirst ? '<' : '>')} ${cursor}::bigint`;
  const rows = await select(and(where, beyond))
    .orderBy(isNewestFirst ? desc(key) : asc(key))
    .limit(page.first + 1);
  const listed = pageOf(
    rows,
    page,
    (row) => writeCursor(keyOf(row)),
    () => countRows(admin, select(where)),
  );
  return withNodes(listed, listed.nodes.map(viewOf));
}

/** What was found for a list of keys, in the order of the keys; undefined where there is nothing. */
export function inOrderOf<View extends { readonly id: string }>(
  keys: readonly string[],
  views: readonly View[],
): readonly (View | undefined)[] {
  const found = new Map(views.map((view) => [view.id, view]));
  return keys.map((key) => found.get(key));
}
