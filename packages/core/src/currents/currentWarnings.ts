import { and, gt, inArray, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import type { Sql } from '../db/connect.js';
import { currentWarning } from '../db/schema.js';

/** What workers notice about a Current that keeps working. */
export type NoticedCode =
  | 'answers_unconfirmed'
  | 'batch_unreadable'
  | 'batch_newer'
  | 'credentials_rolled_back'
  | 'deferral_newer'
  | 'gzip_refused';

export interface Noticed {
  readonly code: NoticedCode;
  readonly detail: string;
  /** The events that it is about. */
  readonly events: number;
}

/** A warning is shown for this many days after it was noticed last. */
const shownDays = 7;

/** Adds to the warnings of a Current. */
export async function recordWarnings(sql: Sql, currentId: number, noticed: readonly Noticed[]): Promise<void> {
  for (const { code, detail, events } of noticed)
    await sql`
      insert into current_warning as w (current_id, code, detail, events) values (${currentId}, ${code}, ${detail}, ${events})
      on conflict (current_id, code) do update set
        detail = excluded.detail, last_at = now(),
        events = case when w.last_at < now() - ${shownDays}::int * interval '1 day' then 0 else w.events end + excluded.events,
        first_at = case when w.last_at < now() - ${shownDays}::int * interval '1 day' then now() else w.first_at end`;
}

/** Ends the warnings that its former settings were the reason for. */
export async function endWarnings(sql: Sql, currentId: number, codes: readonly NoticedCode[]): Promise<void> {
  await sql`delete from current_warning where current_id = ${currentId} and code = any(${[...codes]}::text[])`;
}

/** Of each Current, what was noticed lately. */
export async function noticedOf({ db }: Pick<Admin, 'db'>, currentIds: readonly number[]) {
  if (currentIds.length === 0) return [];
  return db
    .select()
    .from(currentWarning)
    .where(
      and(
        inArray(currentWarning.currentId, [...currentIds]),
        gt(currentWarning.lastAt, sql`now() - ${shownDays}::int * interval '1 day'`),
      ),
    )
    .orderBy(currentWarning.firstAt, currentWarning.code);
}

export type NoticedRow = typeof currentWarning.$inferSelect;
