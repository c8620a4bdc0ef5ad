import { getTableColumns, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { cohort } from '../db/schema.js';
import { freshnessOf, type FreshnessState, type Schedule } from './freshness.js';
import { totalOf, type MemberCounts } from './memberSet.js';
import { shownNameOf } from './partners.js';

/** A partner's set of users, mirrored in the hub. */
export interface CohortView {
  readonly kind: 'Cohort';
  readonly id: string;
  readonly partner: string;
  /** The partner's id of the cohort. */
  readonly partnerId: string;
  /** The hub's permanent id of the cohort, for partners whose protocol asks for a list id. */
  readonly listId: string;
  /** The display name, such as `[Amplitude] Buyers: 7khm89cz`. */
  readonly name: string;
  readonly description: string | undefined;
  readonly memberCount: number;
  readonly memberCounts: MemberCounts;
  readonly schedule: Schedule | undefined;
  readonly freshness: {
    readonly state: FreshnessState;
    readonly dueAt: Date | undefined;
    readonly staleAt: Date | undefined;
  };
  readonly lastSyncAt: Date | undefined;
  readonly drift: Drift | undefined;
  /** Stored changes that are not applied yet, up to 10,000. */
  readonly pendingChangeCount: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly createdAtPartner: Date | undefined;
  readonly deletedAt: Date | undefined;
}

/** The member count that was reported for a cohort, compared with the hub's. */
export interface Drift {
  readonly reportedCount: number;
  readonly reportedAt: Date;
  /** `pages`: counted in the pages of a full sync; `partner`: the partner's own count; `admin`: entered by an admin. */
  readonly reportedBy: 'pages' | 'partner' | 'admin';
  /** The reported count, plus entries and minus exits applied since. */
  readonly expectedCount: number;
  readonly actualCount: number;
  /** Actual minus expected. Members without a usable id and duplicates are reported but not stored. */
  readonly difference: number;
}

export interface CohortNotFound {
  readonly kind: 'CohortNotFound';
  readonly message: string;
}

export const cohortNotFound: CohortNotFound = { kind: 'CohortNotFound', message: 'there is no cohort with this id' };

export type CohortRow = typeof cohort.$inferSelect & { readonly pendingChangeCount: number; readonly now: Date };

/** The columns of a cohort's view. */
export const cohortColumns = {
  ...getTableColumns(cohort),
  pendingChangeCount: sql<number>`(select count(*)::int from (
    select from cohort_change where cohort_change.cohort_id = cohort.id and cohort_change.state = 'pending' limit 10000) pending)`,
  now: sql`now()`.mapWith(cohort.createdAt),
};

export function cohortViewOf({ connectors }: Pick<Admin, 'connectors'>, row: CohortRow): CohortView {
  const memberCounts = memberCountsOf(row);
  const memberCount = totalOf(memberCounts);
  const { state, dueAtMs, staleAtMs } = freshnessOf(row.schedule ?? undefined, {
    lastSyncAtMs: row.lastSyncAt?.getTime(),
    knownSinceMs: row.createdAt.getTime(),
    nowMs: row.now.getTime(),
  });
  return {
    kind: 'Cohort',
    id: String(row.id),
    partner: row.partner,
    partnerId: row.partnerId,
    listId: row.listId,
    name: shownNameOf(connectors, { partner: row.partner, id: row.partnerId, name: row.name }),
    description: row.description ?? undefined,
    memberCount,
    memberCounts,
    schedule: row.schedule ?? undefined,
    freshness: {
      state,
      dueAt: dueAtMs === undefined ? undefined : new Date(dueAtMs),
      staleAt: staleAtMs === undefined ? undefined : new Date(staleAtMs),
    },
    lastSyncAt: row.lastSyncAt ?? undefined,
    drift: driftOf(row, memberCount),
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

function driftOf(row: CohortRow, actualCount: number): Drift | undefined {
  const { reportedCount, reportedAt, reportedBy } = row;
  if (reportedCount === null || reportedAt === null || reportedBy === null) return undefined;
  const expectedCount = reportedCount + row.netChangeSinceReport;
  return {
    reportedCount,
    reportedAt,
    reportedBy,
    expectedCount,
    actualCount,
    difference: actualCount - expectedCount,
  };
}
