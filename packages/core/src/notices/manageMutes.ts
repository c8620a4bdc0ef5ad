import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import {
  currentNotFound,
  fieldProblem,
  inputInvalid,
  type CurrentNotFound,
  type InputInvalid,
} from '../admin/problem.js';
import { current, noticeMute } from '../db/schema.js';

export type NoticeMuteView = Readonly<ReturnType<typeof viewOf>>;

export interface NoticesUnmuted {
  readonly kind: 'NoticesUnmuted';
  /** Whether there was a mute. */
  readonly hasEndedMute: boolean;
}

const mutes = collection({
  select: ({ db }: Db) => db.select(getTableColumns(noticeMute)).from(noticeMute),
  id: noticeMute.id,
  isVisible: sql`${noticeMute.until} > now()`,
  viewOf,
});

/** The mutes that last, the newest first. */
export function listNoticeMutes(admin: Db, page: PageRequest): Promise<Page<NoticeMuteView>> {
  return mutes.list(admin, page);
}

export const findNoticeMutes = mutes.find;

/**
 * Sends no notices of a Current, or of the hub and all Currents, until a time. They are stored; alarms that last when the
 * mute has ended are sent then. A second mute of the same replaces the first.
 */
export async function muteNotices(
  { db, sql: query }: Pick<Admin, 'db' | 'sql'>,
  { currentId, until }: { readonly currentId?: string | undefined; readonly until: Date },
): Promise<NoticeMuteView | CurrentNotFound | InputInvalid> {
  const [{ isInRange } = { isInRange: false }] = await query<{ isInRange: boolean }[]>`
    select ${until}::timestamptz > now() and ${until}::timestamptz <= now() + interval '366 days' as "isInRange"`;
  if (!isInRange)
    return inputInvalid([
      fieldProblem('until', 'out_of_range', 'expected a time from now to a year ahead, got another one'),
    ]);
  const key = await currentKey({ db }, currentId);
  if (key === undefined) return currentNotFound();
  const [row] = await query<{ id: number }[]>`
    insert into notice_mute (current_id, until) values (${key}, ${until})
    on conflict (coalesce(current_id, 0)) do update set until = excluded.until returning id`;
  const [view] = await findNoticeMutes({ db }, [String(row?.id ?? 0)]);
  if (!view) throw new Error('the mute is not stored');
  return view;
}

/** Ends a mute at once. Harmless where there is none. */
export async function unmuteNotices(
  { db }: Db,
  { currentId }: { readonly currentId?: string | undefined },
): Promise<NoticesUnmuted | CurrentNotFound> {
  const key = await currentKey({ db }, currentId);
  if (key === undefined) return currentNotFound();
  const ended = await db
    .delete(noticeMute)
    .where(sql`coalesce(${noticeMute.currentId}, 0) = ${key ?? 0}`)
    .returning({ hadLasted: sql<boolean>`${noticeMute.until} > now()` });
  return { kind: 'NoticesUnmuted', hasEndedMute: ended.some(({ hadLasted }) => hadLasted) };
}

/** The key of a Current that is not deleted; null for the whole hub, undefined when there is none with the id. */
export async function currentKey({ db }: Db, currentId: string | undefined): Promise<number | null | undefined> {
  if (currentId === undefined) return null;
  const [row] = await db
    .select({ id: current.id })
    .from(current)
    .where(sql`${eq(current.id, rowId(currentId) ?? 0)} and ${current.state} <> 'deleted'`);
  return row?.id;
}

function viewOf({ id, currentId, ...row }: typeof noticeMute.$inferSelect) {
  return {
    kind: 'NoticeMute' as const,
    ...row,
    id: String(id),
    currentId: currentId === null ? undefined : String(currentId),
  };
}
