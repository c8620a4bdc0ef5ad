import { getTableColumns, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import type { Problem } from '../admin/problem.js';
import { cohort } from '../db/schema.js';
import { freshnessOf } from './freshness.js';
import { totalOf, type MemberCounts } from './memberSet.js';
import { shownNameOf } from './partners.js';

/** A partner's set of users, mirrored in the hub. */
export type CohortView = Readonly<ReturnType<typeof cohortViewOf>>;

/** The member count that was reported for a cohort, compared with the hub's. */
export type Drift = NonNullable<CohortView['drift']>;

export type CohortNotFound = Problem<'CohortNotFound'>;
export const cohortNotFound: CohortNotFound = { kind: 'CohortNotFound', message: 'there is no cohort with this id' };

export type CohortRow = typeof cohort.$inferSelect & { readonly pendingChangeCount: number; readonly now: Date };

/** The columns of a cohort's view. */
export const cohortColumns = {
  ...getTableColumns(cohort),
  pendingChangeCount: sql<number>`(select count(*)::int from (
    select from cohort_change where cohort_change.cohort_id = cohort.id and cohort_change.state = 'pending' limit 10000) pending)`,
  now: sql`now()`.mapWith(cohort.createdAt),
};

export function cohortViewOf({ connectors }: Pick<Admin, 'connectors'>, row: CohortRow) {
  const memberCounts = memberCountsOf(row);
  const memberCount = totalOf(memberCounts);
  return {
    kind: 'Cohort' as const,
    id: String(row.id),
    partner: row.partner,
    /** The partner's id of the cohort. */
    partnerId: row.partnerId,
    /** The hub's permanent id of the cohort, for partners whose protocol asks for a list id. */
    listId: row.listId,
    /** The display name, such as `[Amplitude] Buyers: 7khm89cz`. */
    name: shownNameOf(connectors, { partner: row.partner, id: row.partnerId, name: row.name }),
    /** As the partner gave it. */
    nameAtPartner: row.name,
    description: row.description ?? undefined,
    memberCount,
    memberCounts,
    schedule: row.schedule ?? undefined,
    freshness: freshnessOf(row),
    lastSyncAt: row.lastSyncAt ?? undefined,
    drift: driftOf(row, memberCount),
    /** Stored changes that are not applied yet, up to 10,000. */
    pendingChangeCount: row.pendingChangeCount,
    version: row.version,
    createdAt: row.createdAt,
    createdAtPartner: row.partnerCreatedAt ?? undefined,
    deletedAt: row.deletedAt ?? undefined,
  };
}

export function memberCountsOf(row: Pick<CohortRow, 'externalIds' | 'deviceIds' | 'aliases'>): MemberCounts {
  return { externalIdCount: row.externalIds, deviceIdCount: row.deviceIds, aliasCount: row.aliases };
}

function driftOf({ reportedCount, reportedAt, reportedBy, netChangeSinceReport }: CohortRow, actualCount: number) {
  if (reportedCount === null || reportedAt === null || reportedBy === null) return undefined;
  /** The reported count, plus entries and minus exits applied since. */
  const expectedCount = reportedCount + netChangeSinceReport;
  return {
    reportedCount,
    reportedAt,
    /** `pages`: counted in the pages of a full sync; `partner`: the partner's own count; `admin`: entered by an admin. */
    reportedBy,
    expectedCount,
    actualCount,
    /** Actual minus expected. Members without a usable id and duplicates are reported but not stored. */
    difference: actualCount - expectedCount,
  };
}
