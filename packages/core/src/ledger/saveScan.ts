import type { Sql } from '../db/connect.js';
import type { FoundMismatch, ScannedPart, ScanProgress } from './scanStep.js';

/** How much one step reports, and how many differences of a Current are kept open at once, about: the rest follows when these are resolved. */
const maxFound = 200;
/** Resolved differences are kept so long. */
const resolvedDays = 90;
const roundMs = 3_600_000;

/** The lease of one step. */
export interface ScanLease {
  readonly lease: string;
  readonly progress: ScanProgress | undefined;
}

/** A later time than any that is waited for was stored while the clock of the database was ahead. */
const isDue = `(due_at <= now() or due_at > now() + ${roundMs} * interval '1 millisecond')`;

/** For the sweep: whether a step is due. */
export const isScanDue = `exists (select from ledger_scan where ${isDue})`;

interface ScanRow {
  readonly lease: string;
  readonly progress: { readonly version: number } | null;
}

/** Claims the step that is due. Another worker repeats it after `leaseMs` if this one dies. */
export async function claimScanStep(sql: Sql, leaseMs: number): Promise<ScanLease | undefined> {
  const [row] = await sql<ScanRow[]>`
    update ledger_scan set lease = lease + 1, due_at = now() + ${leaseMs}::int * interval '1 millisecond',
      round_started_at = coalesce(round_started_at, now())
    where ${sql.unsafe(isDue)} returning lease, progress`;
  if (!row) return undefined;
  // What a later release has stored begins anew.
  const isKnown = row.progress?.version === 1;
  return { lease: row.lease, progress: isKnown ? (row.progress as ScanProgress) : undefined };
}

/**
 * Saves what a step has found, and where the next one begins. Differences that were found before and not now are
 * resolved. Does nothing when the lease was lost. Returns whether it was saved.
 */
export async function saveScanStep(sql: Sql, lease: string, part: ScannedPart, restMs: number): Promise<boolean> {
  return sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const saved = await tx`
      update ledger_scan set progress = ${JSON.stringify(part.next)}::text::jsonb,
        due_at = now() + ${Math.round(restMs)}::int * interval '1 millisecond'
      where lease = ${lease}::bigint`;
    if (saved.count === 0) return false;
    const { day } = part.next;
    const found = part.found.slice(0, maxFound);
    if (found.length > 0) await writeFound(tx, day, found);
    // What was cut off is not known to be right.
    if (part.found.length > found.length) return true;
    await tx`
      update ledger_difference set resolved_at = now()
      where resolved_at is null and day = ${day} and last_seen_at < now()
        and delivery_id > ${part.afterId}::bigint
        and (${part.lastId ?? null}::bigint is null or delivery_id <= ${part.lastId ?? null}::bigint)`;
    if (part.skippedCurrents)
      await tx`
        update ledger_difference set resolved_at = now()
        where resolved_at is null and day = ${day} and last_seen_at < now() and delivery_id = 0
          and current_id <> all(${part.skippedCurrents}::int[])`;
    return true;
  });
}

async function writeFound(tx: Sql, day: string, found: readonly FoundMismatch[]): Promise<void> {
  await tx`
    insert into ledger_difference (current_id, day, delivery_id, quantity, code, expected, stored)
    select f.current_id, ${day}, f.delivery_id, f.quantity, f.code, f.expected, f.stored
    from unnest(
      ${found.map(({ currentId }) => currentId)}::int[], ${found.map(({ deliveryId }) => deliveryId)}::bigint[],
      ${found.map(({ quantity }) => quantity)}::text[], ${found.map(({ code }) => code)}::text[],
      ${found.map(({ expected }) => expected)}::bigint[], ${found.map(({ stored }) => stored)}::bigint[]
    ) f (current_id, delivery_id, quantity, code, expected, stored)
    where (select count(*) from ledger_difference o where o.current_id = f.current_id and o.resolved_at is null) < ${maxFound}
      or exists (
        select from ledger_difference o where o.current_id = f.current_id and o.day = ${day} and o.delivery_id = f.delivery_id
          and o.quantity = f.quantity and o.code = f.code and o.resolved_at is null)
    on conflict (current_id, day, delivery_id, quantity, code) where resolved_at is null
      do update set expected = excluded.expected, stored = excluded.stored, last_seen_at = now()`;
}

/**
 * Ends a round: the next one begins an hour after this one has. Differences of what is stored no longer are resolved,
 * and old ones are deleted.
 */
export async function endScanRound(sql: Sql, lease: string, restMs: number): Promise<void> {
  await sql.begin(async (tx) => {
    const ended = await tx`
      update ledger_scan set progress = null, checked_since = round_started_at, checked_at = now(), round_started_at = null,
        due_at = greatest(round_started_at + ${roundMs}::int * interval '1 millisecond',
          now() + ${Math.round(restMs)}::int * interval '1 millisecond')
      where lease = ${lease}::bigint`;
    if (ended.count === 0) return;
    await tx`
      update ledger_difference l set resolved_at = now()
      where resolved_at is null and not exists (select from delivery d where d.stored_on = l.day and d.id = l.delivery_id)
        and (delivery_id > 0 or not exists (select from tally t where t.current_id = l.current_id and t.day = l.day))`;
    await tx`delete from ledger_difference where resolved_at < now() - ${resolvedDays}::int * interval '1 day'`;
  });
}
