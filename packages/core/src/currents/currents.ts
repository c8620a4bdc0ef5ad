import { and, desc, eq, inArray, lt, ne, sql } from 'drizzle-orm';
import { current, type CurrentState } from '../db/schema.js';
import type { Admin, Queries } from '../admin/admin.js';
import { countEvents, oldestPending } from './counts.js';
import { viewOf, type CurrentView } from './currentView.js';
import {
  checkFirst,
  pageOf,
  readCursor,
  rowId,
  withNodes,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { currentNotFound, type CurrentNotFound } from '../admin/problem.js';

export type CurrentRow = typeof current.$inferSelect;

export interface CurrentFilter {
  /** Any of these states; without it, all but deleted. */
  readonly states?: readonly CurrentState[] | undefined;
  readonly destination?: string | undefined;
  /** Part of the name or of the contact e-mail, in any case. */
  readonly text?: string | undefined;
}

/** A Current with its counts, in whatever state; deleted ones can still be looked at. */
export async function getCurrent(admin: Admin, id: string): Promise<CurrentView | CurrentNotFound> {
  const row = await findCurrent(admin.db, id);
  return row ? ((await viewsOf(admin, [row]))[0] as CurrentView) : currentNotFound(id);
}

/** Currents, the newest first. One that is added meanwhile appears on no later page, and shifts none. */
export async function listCurrents(
  admin: Admin,
  { first, after }: PageRequest,
  { states, destination, text }: CurrentFilter = {},
): Promise<Page<CurrentView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await admin.db
    .select()
    .from(current)
    .where(
      and(
        states === undefined ? ne(current.state, 'deleted') : inArray(current.state, [...states]),
        destination === undefined ? undefined : eq(current.destination, destination),
        text === undefined ? undefined : holds(text),
        cursor === undefined ? undefined : lt(current.id, Number(cursor)),
      ),
    )
    .orderBy(desc(current.id))
    .limit(first + 1);
  const page = pageOf(rows, { first, after }, ({ id }) => writeCursor(id));
  return withNodes(page, await viewsOf(admin, page.nodes));
}

export async function findCurrent(db: Queries, id: string): Promise<CurrentRow | undefined> {
  const key = rowId(id);
  if (key === undefined) return undefined;
  const [row] = await db.select().from(current).where(eq(current.id, key));
  return row;
}

export async function viewsOf(admin: Admin, rows: readonly CurrentRow[]): Promise<readonly CurrentView[]> {
  const ids = rows.map(({ id }) => id);
  const [counts, oldest] = await Promise.all([countEvents(admin, ids), oldestPending(admin, ids)]);
  return rows.map((row) => viewOf(admin, row, counts.get(row.id), oldest.get(row.id)));
}

export async function oneViewOf(admin: Admin, row: CurrentRow): Promise<CurrentView> {
  return (await viewsOf(admin, [row]))[0] as CurrentView;
}

/** Postgres takes no NUL in text, and so no name holds one. */
function holds(text: string) {
  const part = text.replaceAll('\0', '\uFFFD');
  return sql`(position(lower(${part}) in lower(${current.name})) > 0 or position(lower(${part}) in lower(${current.contactEmail})) > 0)`;
}
