import { eq, getTableColumns, sql } from 'drizzle-orm';
import { memberReasons } from '@currents/connector';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { cohortSync } from '../db/schema.js';
import { maxPages } from './changeRows.js';

/** What one sync of a cohort did. */
export type SyncView = Readonly<ReturnType<typeof syncViewOf>>;

const reasons: Readonly<Record<string, string | undefined>> = memberReasons;

/** Mixpanel repeats a page for a minute, Amplitude for some minutes. */
const stalledMs = 10 * 60_000;

const columns = { ...getTableColumns(cohortSync), now: sql`now()`.mapWith(cohortSync.startedAt) };
type Row = typeof cohortSync.$inferSelect & { readonly now: Date };

const syncs = collection({
  select: ({ db }: Db) => db.select(columns).from(cohortSync),
  id: cohortSync.id,
  viewOf: syncViewOf,
});

/** A cohort's syncs, the newest first. */
export function listSyncs(admin: Db, cohortId: string, page: PageRequest): Promise<Page<SyncView>> {
  return syncs.list(admin, page, eq(cohortSync.cohortId, rowId(cohortId) ?? 0));
}

/** Syncs by their ids, in the order of the ids. */
export const findSyncs = syncs.find;

function syncViewOf(row: Row) {
  const isStalled = row.state === 'receiving' && row.now.getTime() - row.lastAt.getTime() > stalledMs;
  return {
    kind: 'CohortSync' as const,
    id: String(row.id),
    cohortId: String(row.cohortId),
    /** `replace`: the whole membership; `add`, `remove`: one part of a numbered sync; `changes`: entries and exits as they arrived. */
    type: row.kind,
    /**
     * `stalled`: pages are missing and none has arrived for ten minutes. `incomplete`: the missing pages never arrived, or
     * the pull that fetched them failed or was cancelled.
     */
    state: isStalled ? ('stalled' as const) : row.state,
    startedAt: row.startedAt,
    lastReceivedAt: row.lastAt,
    finishedAt: row.finishedAt ?? undefined,
    receivedPageCount: row.pagesExpected === null ? undefined : row.pagesReceived,
    expectedPageCount: row.pagesExpected === maxPages ? undefined : (row.pagesExpected ?? undefined),
    /** Members in the pushes, valid or not, duplicates included. */
    receivedCount: row.receivedCount,
    addedCount: row.addedCount,
    removedCount: row.removedCount,
    unchangedCount: row.unchangedCount,
    /** Members in changes that the partner computed before a change that was applied already. */
    lateCount: row.lateCount,
    refused: Object.entries(row.refused).map(([reason, memberCount]) => ({
      reason,
      description: reasons[reason] ?? reason,
      memberCount,
    })),
  };
}
