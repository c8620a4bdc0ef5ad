import { and, eq, inArray, ne, or, sql } from 'drizzle-orm';
import { current, type CurrentState } from '../db/schema.js';
import type { Admin, Queries } from '../admin/admin.js';
import { countEvents, oldestPending } from './counts.js';
import { noticedOf } from './currentWarnings.js';
import { rotationsOf } from './credentialRotation.js';
import { viewOf, type CurrentView } from './currentView.js';
import { containsText, countRows, rowId, storable, type Page, type PageRequest } from '../admin/page.js';
import { instantKey, newestFirst, orderedPage, readPlace, readPlaced, type Order } from '../admin/order.js';
import { currentNotFound, type CurrentNotFound } from '../admin/problem.js';

export type CurrentRow = typeof current.$inferSelect;

export interface CurrentFilter {
  /** Any of these states; without it, all but deleted. */
  readonly states?: readonly CurrentState[] | undefined;
  readonly destination?: string | undefined;
  /** Part of the name or of the contact e-mail, in any case. */
  readonly search?: string | undefined;
  /** Whether it waits before its next attempt, after one that failed. */
  readonly isRetrying?: boolean | undefined;
}

export type CurrentOrder = Order<'created_at' | 'updated_at' | 'name'>;

const isDeferred = sql`${current.state} = 'live' and coalesce(${current.deferralUntil} > now(), false)`;

const orderKeys = {
  created_at: sql`${current.id}`,
  updated_at: instantKey(current.updatedAt),
  name: sql`lower(${current.name})`,
};

/** A Current with its counts, in whatever state; deleted ones can still be looked at. */
export async function getCurrent(admin: Admin, id: string): Promise<CurrentView | CurrentNotFound> {
  const row = await findCurrent(admin.db, id);
  return row ? oneViewOf(admin, row) : currentNotFound();
}

/** Currents, by default the newest first. */
export async function listCurrents(
  admin: Admin,
  request: PageRequest,
  { states, destination, search, isRetrying }: CurrentFilter = {},
  order: CurrentOrder = newestFirst,
): Promise<Page<CurrentView>> {
  const after = readPlace(order, request);
  const where = and(
    states === undefined ? ne(current.state, 'deleted') : inArray(current.state, [...states]),
    destination === undefined ? undefined : eq(current.destination, storable(destination)),
    search === undefined
      ? undefined
      : or(containsText(current.name, search), containsText(current.contactEmail, search)),
    isRetrying === undefined ? undefined : sql`(${isDeferred}) = ${isRetrying}`,
  );
  const ordered = { table: current, id: current.id, key: orderKeys[order.field], where };
  const rows = await readPlaced(admin, order, ordered, { after, limit: request.first + 1, columns: {} });
  const count = () => countRows(admin, admin.db.select().from(current).where(where));
  return orderedPage(order, request, rows, (ids) => findCurrents(admin, ids), count);
}

/** The Currents with these ids, in order; undefined for each that does not exist. */
export async function findCurrents(
  admin: Admin,
  ids: readonly string[],
): Promise<readonly (CurrentView | undefined)[]> {
  const keys = ids.flatMap((id) => rowId(id) ?? []);
  const rows = keys.length === 0 ? [] : await admin.db.select().from(current).where(inArray(current.id, keys));
  const views = await viewsOf(admin, rows);
  return ids.map((id) => views.find((view) => view.id === id));
}

export async function findCurrent(db: Queries, id: string): Promise<CurrentRow | undefined> {
  const [row] = await db
    .select()
    .from(current)
    .where(eq(current.id, rowId(id) ?? 0));
  return row;
}

async function viewsOf(admin: Admin, rows: readonly CurrentRow[]): Promise<readonly CurrentView[]> {
  const ids = rows.map(({ id }) => id);
  const [counts, oldest, noticed, rotations, deferred] = await Promise.all([
    countEvents(admin, ids),
    oldestPending(admin, ids),
    noticedOf(admin, ids),
    rotationsOf(admin.db, ids),
    deferredOf(admin, rows),
  ]);
  return rows.map((row) => {
    const ofRow = noticed.filter(({ currentId }) => currentId === row.id);
    const rotation = rotations.find(({ currentId }) => currentId === row.id);
    return viewOf(admin, row, ofRow, counts.get(row.id), oldest.get(row.id), rotation, deferred.has(row.id));
  });
}

/** Those that wait before their next attempt. Postgres compares: the time was stored by its clock. */
async function deferredOf({ db }: Admin, rows: readonly CurrentRow[]): Promise<ReadonlySet<number>> {
  const ids = rows.filter(({ deferralUntil }) => deferralUntil !== null).map(({ id }) => id);
  if (ids.length === 0) return new Set();
  const deferred = await db
    .select({ id: current.id })
    .from(current)
    .where(and(inArray(current.id, ids), isDeferred));
  return new Set(deferred.map(({ id }) => id));
}

export async function oneViewOf(admin: Admin, row: CurrentRow): Promise<CurrentView> {
  return (await viewsOf(admin, [row]))[0] as CurrentView;
}
