import type { Logger } from 'pino';
import { lockCohort } from '../cohorts/memberSet.js';
import { isPullSession, pullSession } from '../cohorts/pullSession.js';
import type { Session } from '../db/session.js';
import type { Sql } from '../db/connect.js';
import type { DuePull } from './runStep.js';
import { nextDue, nextTry } from '../cohorts/pullSchedule.js';
import { endPull } from './recordStep.js';
import { recordStops } from './recordStops.js';

/** Longer than any partner's limit looks back. */
const accountDays = 40;

/*
 * The parts of the sweep of pulls beside running steps. Any number of workers may run them at once; they depend only on
 * the database, so a crashed worker needs no cleanup.
 */

/** A pull `p` whose sync `s` has all its pages applied, or was superseded. */
const isSettled = `s.cohort_id = p.cohort_id and s.kind = 'replace' and s.state <> 'receiving'
  and s.session = '${pullSession('')}' || p.run_id`;
/** A sync `s` of a partner's session or of a pull that does not run. */
const isOrphaned = `s.state = 'receiving' and s.kind = 'replace' and s.session is not null
  and not exists (select from cohort_pull p where p.cohort_id = s.cohort_id and s.session = '${pullSession('')}' || p.run_id)`;
/** Pulls `p` with the Current `u`. */
const hasLostCurrent = `u.state = 'deleted' and p.failure_code is distinct from 'current_deleted'`;
const hasNewSettings = `u.state <> 'deleted' and p.run_id is null and p.due_at is null
  and p.failure_recovery = 'manual' and p.failed_version <> u.version`;

/** An SQL condition: whether any part of the sweep would find something. */
export const isPullWorkDue = `exists (select from cohort_pull where due_at <= now())
  or exists (select from cohort_pull p join cohort_sync s on ${isSettled})
  or exists (select from cohort_sync s where ${isOrphaned})
  or exists (select from cohort_pull p join current u on u.id = p.current_id where (${hasLostCurrent}) or (${hasNewSettings}))`;

/** Ends pulls whose pages are applied or superseded, and schedules the next ones. */
export async function finishPulls(
  sql: Sql,
  log: Logger,
  wakePull: (cohortId: number, afterMs: number) => void,
): Promise<void> {
  const settled = await sql<{ cohort: number; state: string; members: string; ms: number; next: number | null }[]>`
    with settled as (
      update cohort_pull p set
        ${sql.unsafe(endPull)}, due_at = case when s.state = 'applied' then ${sql.unsafe(nextDue)} else ${sql.unsafe(nextTry)} end,
        last_success_at = case when s.state = 'applied' then s.finished_at else p.last_success_at end,
        failure_code = case s.state when 'superseded' then 'superseded' when 'incomplete' then 'given_up' end,
        failure_detail = case s.state
          when 'superseded' then 'a full sync that the partner pushed meanwhile replaced it'
          when 'incomplete' then 'no page arrived for a day' end,
        failure_recovery = case when s.state <> 'applied' then 'automatic' end,
        failed_at = case when s.state <> 'applied' then now() end,
        failed_version = null
      from cohort_sync s, cohort c, cohort_pull b
      where c.id = p.cohort_id and b.cohort_id = p.cohort_id and ${sql.unsafe(isSettled)}
      returning p.cohort_id as cohort, s.state, p.members, p.total, p.failure_code as code, p.failure_recovery as recovery,
        b.failure_code as code_before, b.failure_recovery as recovery_before,
        extract(epoch from now() - p.started_at)::float8 * 1000 as ms, extract(epoch from p.due_at - now())::float8 * 1000 as next
    ), told as (
      update cohort c set reported_count = t.total, reported_by = 'partner', reported_at = now(), net_change_since_report = 0
      from settled t where c.id = t.cohort and t.state = 'applied' and t.total is not null
    ), recorded as (
      ${recordStops(sql, sql`select cohort as cohort_id, code, recovery, code_before, recovery_before from settled`)}
    )
    select cohort, state, members, ms, next from settled`;
  for (const { cohort, state, members, ms, next } of settled) {
    log.info({ event: 'pull.finished', cohort, outcome: state, members: Number(members), ms: Math.round(ms) });
    if (next !== null) wakePull(cohort, next);
  }
}

/** Drops pages whose pull failed or was cancelled. Applied changes stay. */
export async function dropOrphanedPages(sql: Sql, session: Session): Promise<void> {
  const receiving = await sql<{ id: string; cohort_id: number; session: string }[]>`
    select s.id, s.cohort_id, s.session from cohort_sync s where ${sql.unsafe(isOrphaned)}`;
  for (const sync of receiving.filter((each) => isPullSession(each.session))) {
    await session.transact(async (tx) => {
      if (!(await lockCohort(tx, sync.cohort_id))) return;
      await tx`update cohort_sync set state = 'incomplete', finished_at = now() where id = ${sync.id}::bigint and state = 'receiving'`;
      await tx`
        update cohort_change set state = 'dropped', members = null
        where cohort_id = ${sync.cohort_id} and session = ${sync.session} and kind = 'replace' and state in ('pending', 'staged')`;
    });
  }
}

/** Ends the pulls of deleted Currents, and retries those whose Current was updated. */
export async function reactToCurrents(sql: Sql): Promise<void> {
  await sql`
    with lost as (
      update cohort_pull p set
        ${sql.unsafe(endPull)}, due_at = null, failure_code = 'current_deleted', failure_recovery = 'manual', failed_at = now(), failed_version = u.version,
        failure_detail = ${'the Current whose credentials were used is deleted; pull the cohort with another one'}
      from current u, cohort_pull b where u.id = p.current_id and b.cohort_id = p.cohort_id and ${sql.unsafe(hasLostCurrent)}
      returning p.cohort_id, p.failure_code as code, p.failure_recovery as recovery, b.failure_code as code_before, b.failure_recovery as recovery_before
    )
    ${recordStops(sql, sql`select * from lost`)}`;
  await sql`
    update cohort_pull p set due_at = now()
    from current u
    where u.id = p.current_id and ${sql.unsafe(hasNewSettings)}`;
}

/** Due pulls, those first that have been running the longest. */
export async function findDuePulls(sql: Sql, most: number): Promise<readonly DuePull[]> {
  return sql<DuePull[]>`
    select cohort_id as "cohortId", current_id as "currentId" from cohort_pull
    where due_at <= now() order by run_id nulls last, due_at limit ${most}`;
}

/** Deletes the request times of credentials that are no longer used, and the lists of deleted Currents. */
export async function runPullCleanup(sql: Sql): Promise<void> {
  await sql`delete from pull_usage where used_at < now() - ${accountDays}::int * interval '1 day'`;
  await sql`delete from partner_cohort l using current u where u.id = l.current_id and u.state = 'deleted'`;
}
