import { and, asc, desc, inArray, sql, type AnyColumn, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Db } from './admin.js';
import { countRows, pageOf, readCursor, writeCursor, type Page, type PageRequest } from './page.js';

interface Rows<Row> extends SQLWrapper, PromiseLike<Row[]> {
  orderBy(order: SQL): { limit(rows: number): PromiseLike<Row[]> };
}

interface Source<Context, Row, View> {
  readonly select: (context: Context) => { where(condition: SQL | undefined): Rows<Row> };
  /** A unique whole number, which every row has as its `id`: the list's order and its cursors. */
  readonly id: AnyColumn;
  /** Holds for all rows that may be seen. */
  readonly isVisible?: SQL | undefined;
  readonly order?: 'newest first' | 'oldest first';
  readonly viewOf: (row: Row, context: Context) => View;
}

/** The rows of a query as views: in pages, by keyset pagination, and by id. */
export function collection<Context extends Db, Row extends { readonly id: number }, View>({
  select,
  id,
  isVisible,
  order = 'newest first',
  viewOf,
}: Source<Context, Row, View>) {
  const [direction, beyond] = order === 'newest first' ? [desc, sql`<`] : [asc, sql`>`];
  return {
    /** One page of the rows for which the condition holds. */
    async list(context: Context, request: PageRequest, condition?: SQL): Promise<Page<View>> {
      const [cursor] = readCursor(request, 1);
      const where = and(isVisible, condition);
      const isAfter = cursor === undefined ? undefined : sql`${id} ${beyond} ${cursor}::bigint`;
      const query = select(context).where(and(where, isAfter));
      const rows = await query.orderBy(direction(id)).limit(request.first + 1);
      const cursorOf = (row: Row): string => writeCursor(row.id);
      const page = pageOf(rows, request, cursorOf, () => countRows(context, select(context).where(where)));
      return { ...page, nodes: page.nodes.map((row) => viewOf(row, context)) };
    },
    /** The rows with these ids, in the order of the ids; undefined where there is none. */
    async find(context: Context, ids: readonly string[]): Promise<readonly (View | undefined)[]> {
      const keys = ids.filter((key) => /^\d{1,18}$/.test(key)).map((key) => sql`${key}::bigint`);
      const rows = await select(context).where(and(isVisible, inArray(sql`${id}`, keys)));
      const views = new Map(rows.map((row) => [String(row.id), viewOf(row, context)]));
      return ids.map((key) => views.get(key));
    },
  };
}
