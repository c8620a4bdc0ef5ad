import { sql } from 'drizzle-orm';
import { adminShard, type Db, type Queries } from '../admin/admin.js';
import { quarantineUsage } from '../db/schema.js';
import { notConfirmed, type NotConfirmed } from '../admin/problem.js';
import { withinTime } from '../admin/withinTime.js';
import { packContent, QuarantineUnreadable, unpackContent } from '../quarantine/content.js';
import { purge } from '../quarantine/state.js';
import { countMatching } from './countQuarantine.js';
import { eventMatcher, type QuarantineFilter } from './quarantineFilter.js';
import { changeRows, keyAfter, nextRows, type QuarantineRow, type RowKey } from './quarantineSteps.js';
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
 * Deletes the quarantined events of some rows: they are listed no longer, and only counted. Cannot be undone. Returns how
 * far it has come; undefined at the end.
 */
export async function purgeStep(
  { db }: Db,
  filter: QuarantineFilter,
  progress: PurgeProgress,
  save: SaveProgress<PurgeProgress>,
): Promise<PurgeProgress | undefined> {
  const rows = await nextRows(db, filter, progress.after);
  if (rows.length === 0) return undefined;
  const matcher = eventMatcher(filter);
  return db.transaction(async (tx) => {
    let { eventCount } = progress;
    const freed = new Map<number, number>();
    await changeRows(tx, rows, async (row) => {
      const isMatch = matcher(row);
      const indexes = Array.from({ length: row.events }, (_, index) => index).filter(isMatch);
      const { changes, freedBytes } = await purgedRow(row, indexes);
      eventCount += indexes.length;
      freed.set(row.tokenId, (freed.get(row.tokenId) ?? 0) + freedBytes);
      return changes;
    });
    // In order of the tokens: others free bytes of the same tokens.
    for (const [tokenId, bytes] of [...freed].sort(([a], [b]) => a - b))
      await countFreed(tx, { storedOn: (rows[0] as RowKey).storedOn, tokenId }, bytes);
    const next: PurgeProgress = { ...progress, after: keyAfter(rows), eventCount };
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
  const { changes, freedBytes } = await purgedRow(row, indexes);
  await countFreed(tx, row, freedBytes);
  return changes;
}

async function purgedRow(row: QuarantineRow, indexes: readonly number[]) {
  const counts = purge(row, indexes);
  const isEmpty = counts.purgedCounts.every((count, index) => count === row.eventCounts[index]);
  const content = isEmpty ? null : await withoutBodies(row, new Set(indexes));
  return { changes: { ...counts, content }, freedBytes: (row.content?.length ?? 0) - (content?.length ?? 0) };
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

async function countFreed(
  tx: Queries,
  { storedOn, tokenId }: Pick<QuarantineRow, 'storedOn' | 'tokenId'>,
  bytes: number,
): Promise<void> {
  await tx
    .insert(quarantineUsage)
    .values({ storedOn, tokenId, shard: adminShard, bytes: -bytes })
    .onConflictDoUpdate({
      target: [quarantineUsage.storedOn, quarantineUsage.tokenId, quarantineUsage.shard],
      set: { bytes: sql`${quarantineUsage.bytes} - ${bytes}::bigint` },
    });
}
