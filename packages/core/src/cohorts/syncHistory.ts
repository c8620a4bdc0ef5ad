import { eq, getTableColumns, sql } from 'drizzle-orm';
import { memberReasons } from '@currents/connector';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { cohortSync } from '../db/schema.js';
import { maxPages } from './changeRows.js';

/** What one sync of a cohort did. */
export interface SyncView {
  readonly kind: 'CohortSync';
  readonly id: string;
  readonly cohortId: string;
  /** `replace`: the whole membership; `add`, `remove`: one part of a numbered sync; `changes`: entries and exits as they arrived. */
  readonly type: 'replace' | 'add' | 'remove' | 'changes';
  /**
   * `stalled`: pages are missing and none has arrived for ten minutes. `incomplete`: the missing pages never arrived, or the
   * pull that fetched them failed or was cancelled.
   */
  readonly state: 'receiving' | 'stalled' | 'applied' | 'superseded' | 'incomplete';
  readonly startedAt: Date;
  readonly lastReceivedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly receivedPageCount: number | undefined;
  readonly expectedPageCount: number | undefined;
  /** Members in the pushes, valid or not, duplicates included. */
  readonly receivedCount: number;
  readonly addedCount: number;
  readonly removedCount: number;
  readonly unchangedCount: number;
  /** Members in changes that the partner computed before a change that was applied already. */
  readonly lateCount: number;
  readonly refused: readonly { readonly reason: string; readonly description: string; readonly memberCount: number }[];
}

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

function syncViewOf(row: Row): SyncView {
  const isStalled = row.state === 'receiving' && row.now.getTime() - row.lastAt.getTime() > stalledMs;
  return {
    kind: 'CohortSync',
    id: String(row.id),
    cohortId: String(row.cohortId),
    type: row.kind,
    state: isStalled ? 'stalled' : row.state,
    startedAt: row.startedAt,
    lastReceivedAt: row.lastAt,
    finishedAt: row.finishedAt ?? undefined,
    receivedPageCount: row.pagesExpected === null ? undefined : row.pagesReceived,
    expectedPageCount: row.pagesExpected === maxPages ? undefined : (row.pagesExpected ?? undefined),
    receivedCount: row.receivedCount,
    addedCount: row.addedCount,
    removedCount: row.removedCount,
    unchangedCount: row.unchangedCount,
    lateCount: row.lateCount,
    refused: Object.entries(row.refused).map(([reason, memberCount]) => ({
      reason,
      description: reasons[reason] ?? reason,
      memberCount,
    })),
  };
}
