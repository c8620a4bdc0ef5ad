import { sql } from 'drizzle-orm';
import { adminShard, type Db, type Queries } from '../admin/admin.js';
import { quarantineUsage } from '../db/schema.js';
import { notConfirmed, type NotConfirmed } from '../admin/problem.js';
import { withinTime } from '../admin/withinTime.js';
import { packContent, QuarantineUnreadable, unpackContent } from '../quarantine/content.js';
import { purge } from '../quarantine/state.js';
import { countMatching } from './countQuarantine.js';
import { eventMatcher, type QuarantineFilter } from './quarantineFilter.js';
import { changeRow, nextRow, type QuarantineRow, type RowKey } from './quarantineSteps.js';
import type { SaveProgress } from './saveProgress.js';

/** How far a purge has come, and what it deleted up to there. */
export interface PurgeProgress {
  readonly after?: RowKey | undefined;
  /** Events that arrive later are left out, or it could go on for ever. */
  readonly until?: string;
  readonly eventCount: number;
}

export const nothingPurged: PurgeProgress = { eventCount: 0 };

/** Why a purge is not confirmed: the number of events that it would delete has to be repeated. */
export async function purgeProblem(
  { db }: Db,
  filter: QuarantineFilter,
  confirmEventCount: number | undefined,
): Promise<NotConfirmed | undefined> {
  const eventCount = await withinTime({ db }, (tx) => countMatching(tx, filter));
  if (confirmEventCount === eventCount) return undefined;
  return notConfirmed('confirmEventCount', eventCount, ': the number of events that would be deleted now');
}

/**
 * Deletes the quarantined events of one row: they are listed no longer, and only counted. Cannot be undone. Returns how
 * far it has come; undefined at the end.
 */
export async function purgeStep(
  { db }: Db,
  filter: QuarantineFilter,
  progress: PurgeProgress,
  save: SaveProgress<PurgeProgress>,
): Promise<PurgeProgress | undefined> {
  const found = await nextRow(db, filter, progress.after);
  if (!found) return undefined;
  return db.transaction(async (tx) => {
    let next: PurgeProgress = { ...progress, after: { storedOn: found.storedOn, id: found.id } };
    await changeRow(tx, found, async (row) => {
      const isMatch = eventMatcher(filter)(row);
      const indexes = Array.from({ length: row.events }, (_, index) => index).filter(isMatch);
      next = { ...next, eventCount: next.eventCount + indexes.length };
      return purgeEvents(tx, row, indexes);
    });
    await save(tx, next);
    return next;
  });
}

/** Deletes some events of a row that is locked, and frees their budget. Returns what changes in the row. */
export async function purgeEvents(
  tx: Queries,
  row: QuarantineRow,
  indexes: readonly number[],
): Promise<Partial<QuarantineRow>> {
  const changes = purge(row, indexes);
  const isEmpty = changes.purgedCounts.every((count, index) => count === row.eventCounts[index]);
  const content = isEmpty ? null : await withoutBodies(row, new Set(indexes));
  await countFreed(tx, row, (row.content?.length ?? 0) - (content?.length ?? 0));
  return { ...changes, content };
}

/** A content that cannot be read is kept until all of its events are purged. */
async function withoutBodies({ content, events }: QuarantineRow, indexes: ReadonlySet<number>): Promise<Buffer | null> {
  if (!content) return null;
  try {
    const kept = await unpackContent(content, events);
    return await packContent(
      kept.map((event, index) => (indexes.has(index) ? { detail: '', body: undefined, isCut: false } : event)),
    );
  } catch (error) {
    if (!(error instanceof QuarantineUnreadable)) throw error;
    return content;
  }
}

async function countFreed(tx: Queries, { storedOn, tokenId }: QuarantineRow, bytes: number): Promise<void> {
  await tx
    .insert(quarantineUsage)
    .values({ storedOn, tokenId, shard: adminShard, bytes: -bytes })
    .onConflictDoUpdate({
      target: [quarantineUsage.storedOn, quarantineUsage.tokenId, quarantineUsage.shard],
      set: { bytes: sql`${quarantineUsage.bytes} - ${bytes}::bigint` },
    });
}
