import { isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import type { Admin, Db, Queries } from '../admin/admin.js';
import { currentNotFound, notConfirmed, type CurrentNotFound, type NotConfirmed } from '../admin/problem.js';
import { storable } from '../admin/page.js';
import { findCurrent } from '../currents/currents.js';
import { deadLetter } from '../db/schema.js';
import { lockDeadLetters, picksAt, wholeRows } from './changeDeadLetters.js';
import { isOfBatches, nextBatches, placeAfter, type LetterPlace } from './letterBatches.js';
import type { ReplayFilter } from './replay.js';
import type { SaveProgress } from './saveProgress.js';

/** What happens to dead letters that are not to be sent: they stay counted, and are no longer a finding. */
export type DiscardChange =
  | { readonly kind: 'discard'; readonly reason: string; readonly adminTokenId: string | undefined }
  | { readonly kind: 'restore' };

export interface DiscardProgress {
  /** Only letters up to here: what dies meanwhile was not looked at. */
  readonly until: string;
  readonly eventCount: number;
  /** Of the named dead letters, how many are done. */
  readonly nextPick?: number;
  /** Where none is named, how far it has come. */
  readonly after?: LetterPlace;
}

/** Why dead letters are not discarded: there is no such Current, or its name was not repeated. A dry run needs no name. */
export async function discardProblem(
  { db }: Db,
  currentId: string,
  confirmation: 'dry run' | { readonly confirmName: string | undefined },
): Promise<CurrentNotFound | NotConfirmed | undefined> {
  const row = await findCurrent(db, currentId);
  if (!row) return currentNotFound();
  if (confirmation === 'dry run' || confirmation.confirmName === row.name) return undefined;
  return notConfirmed('confirmName', row.name);
}

/**
 * Discards or restores some dead letters of a Current that were not replayed: each once. Returns how far it has come;
 * undefined at the end.
 */
export async function changeDiscarded(
  { db }: Pick<Admin, 'db'>,
  currentId: string,
  filter: ReplayFilter,
  change: DiscardChange,
  progress: DiscardProgress,
  save: SaveProgress<DiscardProgress>,
): Promise<DiscardProgress | undefined> {
  const { ids, isDiscarded: _ignored, ...rest } = filter;
  const step = ids && picksAt(ids, progress.nextPick ?? 0);
  if (ids && !step) return undefined;
  return db.transaction(async (tx) => {
    await lockDeadLetters(tx, Number(currentId));
    const isDue = sql`${isChangeable(change)} and ${deadLetter.recordedAt} <= ${progress.until}::timestamptz`;
    const chosen = await wholeRows(tx, { ...rest, currentId }, isDue, step?.picks);
    const batches = step ? undefined : await nextBatches(tx, chosen, progress.after);
    if (!step && !batches) return undefined;
    const events = await changeRows(tx, batches ? sql`${isOfBatches(batches)} and ${chosen}` : chosen, change);
    const next = {
      ...progress,
      eventCount: progress.eventCount + events,
      ...(step && { nextPick: step.next }),
      ...(batches && { after: placeAfter(batches) }),
    };
    await save(tx, next);
    return next;
  });
}

/** SQL: the rows that it changes. What was replayed is a new delivery by now. */
export function isChangeable({ kind }: Pick<DiscardChange, 'kind'>): SQL {
  const { replayedAt, discardedAt } = deadLetter;
  return sql`${isNull(replayedAt)} and ${kind === 'discard' ? isNull(discardedAt) : isNotNull(discardedAt)}`;
}

async function changeRows(tx: Queries, chosen: SQL, change: DiscardChange): Promise<number> {
  const values =
    change.kind === 'discard'
      ? sql`discarded_at = now(), discard_reason = ${storable(change.reason)},
          discarded_by = ${change.adminTokenId === undefined ? null : Number(change.adminTokenId)}::int`
      : sql`discarded_at = null, discard_reason = null, discarded_by = null`;
  const [row] = await tx.execute<{ n: number }>(sql`
    with changed as (
      update dead_letter set ${values} where ${chosen} returning cardinality(positions) as n
    )
    select coalesce(sum(n), 0)::float8 as n from changed`);
  return row?.n ?? 0;
}
