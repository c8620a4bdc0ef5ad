import type { Admin } from '../admin/admin.js';
import { freshnessOf, type FreshnessState, type Schedule } from './freshness.js';
import { totalOf, type Sizes } from './memberSet.js';
import { shownNameOf } from './partners.js';

/** A partner's set of users, as it is mirrored here. */
export interface CohortView {
  readonly kind: 'Cohort';
  readonly id: string;
  readonly partner: string;
  /** The partner's id of it. */
  readonly partnerId: string;
  /** The hub's id of it, for partners that ask for one. Never changes. */
  readonly listId: string;
  /** As it is shown, such as `[Amplitude] Buyers: 7khm89cz`. */
  readonly name: string;
  readonly description: string | undefined;
  readonly sizes: Sizes;
  /** All kinds of ids together. */
  readonly members: number;
  readonly schedule: Schedule | undefined;
  readonly freshness: {
    readonly state: FreshnessState;
    readonly dueAt: Date | undefined;
    readonly staleAt: Date | undefined;
  };
  readonly lastSyncAt: Date | undefined;
  readonly drift: Drift | undefined;
  /** Changes that are stored and not yet applied. */
  readonly waitingChanges: number;
  /** When the hub first heard of it. */
  readonly createdAt: Date;
  /** When it was made at the partner, where the partner said. */
  readonly createdAtPartner: Date | undefined;
  readonly deletedAt: Date | undefined;
}

/** What the partner said it has, against what is held. */
export interface Drift {
  readonly reportedCount: number;
  readonly reportedAt: Date;
  /** `pages`: as many as there were in the pages of a whole membership; `partner`: its own count; `admin`: as an admin read it there. */
  readonly reportedBy: 'pages' | 'partner' | 'admin';
  /** What was told, and what has come and gone since. */
  readonly expected: number;
  readonly held: number;
  /** Held more than expected; less, if negative. Members without a usable id, or named twice, are told and not held. */
  readonly difference: number;
}

export interface CohortNotFound {
  readonly kind: 'CohortNotFound';
  readonly message: string;
}

export function cohortNotFound(id: string): CohortNotFound {
  return { kind: 'CohortNotFound', message: `there is no cohort with the id ${JSON.stringify(id.slice(0, 40))}` };
}

export interface CohortRow {
  readonly id: number;
  readonly partner: string;
  readonly partner_id: string;
  readonly list_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly partner_created_at: Date | null;
  readonly schedule: Schedule | null;
  readonly set_id: string | null;
  readonly external_ids: string;
  readonly device_ids: string;
  readonly aliases: string;
  readonly reported_count: string | null;
  readonly reported_at: Date | null;
  readonly reported_by: Drift['reportedBy'] | null;
  readonly net_change_since_report: string;
  readonly last_sync_at: Date | null;
  readonly created_at: Date;
  readonly deleted_at: Date | null;
  readonly waiting: number;
  readonly now: Date;
}

/** What a view is made of. */
export function cohortColumns({ sql }: Pick<Admin, 'sql'>) {
  return sql`
    c.id, c.partner, c.partner_id, c.list_id, c.name, c.description, c.partner_created_at, c.schedule, c.set_id, c.external_ids, c.device_ids,
    c.aliases, c.reported_count, c.reported_at, c.reported_by, c.net_change_since_report, c.last_sync_at, c.created_at, c.deleted_at, now() as now,
    (select count(*)::int from (select from cohort_change w where w.cohort_id = c.id and w.state = 'pending' limit 10000) w) as waiting`;
}

export function cohortViewOf({ connectors }: Pick<Admin, 'connectors'>, row: CohortRow): CohortView {
  const sizes = sizesOf(row);
  const members = totalOf(sizes);
  const { state, dueAtMs, staleAtMs } = freshnessOf(row.schedule ?? undefined, {
    lastSyncAtMs: row.last_sync_at?.getTime(),
    knownSinceMs: row.created_at.getTime(),
    nowMs: row.now.getTime(),
  });
  return {
    kind: 'Cohort',
    id: String(row.id),
    partner: row.partner,
    partnerId: row.partner_id,
    listId: row.list_id,
    name: shownNameOf(connectors, { partner: row.partner, id: row.partner_id, name: row.name }),
    description: row.description ?? undefined,
    sizes,
    members,
    schedule: row.schedule ?? undefined,
    freshness: {
      state,
      dueAt: dueAtMs === undefined ? undefined : new Date(dueAtMs),
      staleAt: staleAtMs === undefined ? undefined : new Date(staleAtMs),
    },
    lastSyncAt: row.last_sync_at ?? undefined,
    drift: driftOf(row, members),
    waitingChanges: row.waiting,
    createdAt: row.created_at,
    createdAtPartner: row.partner_created_at ?? undefined,
    deletedAt: row.deleted_at ?? undefined,
  };
}

export function sizesOf(row: {
  readonly external_ids: string;
  readonly device_ids: string;
  readonly aliases: string;
}): Sizes {
  return { externalIds: Number(row.external_ids), deviceIds: Number(row.device_ids), aliases: Number(row.aliases) };
}

function driftOf(row: CohortRow, held: number): Drift | undefined {
  if (row.reported_count === null || row.reported_at === null || row.reported_by === null) return undefined;
  const told = Number(row.reported_count);
  const expected = told + Number(row.net_change_since_report);
  return {
    reportedCount: told,
    reportedAt: row.reported_at,
    reportedBy: row.reported_by,
    expected,
    held,
    difference: held - expected,
  };
}
