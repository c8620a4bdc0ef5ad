import { freshnessOf, type Schedule } from '../cohorts/freshness.js';
import type { Sql } from '../db/connect.js';

export interface CohortStatus {
  readonly id: number;
  readonly name: string;
  readonly partner: string;
  readonly schedule: Schedule | null;
  readonly lastSyncAt: Date | null;
  readonly createdAt: Date;
}

/** Partners create cohorts, so their number is bounded: those with a schedule first, the longest without a sync first. */
const maxCohorts = 1_000;

export async function readCohorts(sql: Sql): Promise<readonly CohortStatus[]> {
  return sql<CohortStatus[]>`
    select id, name, partner, schedule, last_sync_at as "lastSyncAt", created_at as "createdAt"
    from cohort where deleted_at is null
    order by coalesce(schedule, 'one_time') = 'one_time', coalesce(last_sync_at, created_at), id limit ${maxCohorts}`;
}

/** Since when the cohort is stale; undefined while it is not. */
export function staleSince(cohort: CohortStatus, now: Date): Date | undefined {
  const { state, staleAt } = freshnessOf({ ...cohort, now });
  return state === 'stale' ? staleAt : undefined;
}

/** A pull that ended with a failure that a person has to repair. */
export interface StoppedPull {
  readonly cohortId: number;
  readonly cohortName: string;
  readonly failureCode: string;
  readonly failureDetail: string | null;
  readonly failedAt: Date | null;
}

export async function readStoppedPulls(sql: Sql): Promise<readonly StoppedPull[]> {
  return sql<StoppedPull[]>`
    select p.cohort_id as "cohortId", c.name as "cohortName", p.failure_code as "failureCode",
      p.failure_detail as "failureDetail", p.failed_at as "failedAt"
    from cohort_pull p join cohort c on c.id = p.cohort_id and c.deleted_at is null
    where p.failure_recovery = 'manual' and p.run_id is null
    order by p.failed_at, p.cohort_id limit ${maxCohorts}`;
}
