import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { dropSuperseded, lockCohort, supersedeSet } from './memberSet.js';
import type { Fragment, Session } from '../db/session.js';

export interface CleanupDeps {
  readonly sql: Sql;
  readonly session: Session;
  readonly log: Logger;
  readonly retentionDays: number;
}

/** A session that has received no page for this long is incomplete. */
const sessionTimeoutHours = 24;
/** A repeated push is detected for this long. Amplitude repeats for minutes, Mixpanel for one minute. */
const deduplicationDays = 3;
/** A late change is detected for this long. */
const departedDays = 7;
const deleteLimit = 5_000;

/** Ends incomplete sessions and deletes old rows. Any number of workers may run it at once. */
export async function runCohortCleanup({ sql, session, log, retentionDays }: CleanupDeps): Promise<void> {
  await endStaleSessions(sql, session, log);
  await clearDeletedCohorts(sql, session);
  await dropSuperseded(sql, session);
  const isOldChange = sql`
    state in ('applied', 'dropped') and stored_at < now() - ${deduplicationDays}::int * interval '1 day'`;
  await deleteInSteps(sql, 'cohort_change', isOldChange);
  const isOldTombstone = sql`
    computed_at_ms < extract(epoch from now() - ${departedDays}::int * interval '1 day') * 1000`;
  await deleteInSteps(sql, 'cohort_tombstone', isOldTombstone);
  // The last syncs of a cohort stay, however old they are.
  await sql`
    delete from cohort_sync s
    where last_at < now() - ${retentionDays}::int * interval '1 day' and state <> 'receiving'
      and id < (select min(id) from (select id from cohort_sync l where l.cohort_id = s.cohort_id order by id desc limit 20) latest)`;
}

async function deleteInSteps(sql: Sql, table: string, condition: Fragment): Promise<void> {
  for (;;) {
    const { count } = await sql`
      delete from ${sql(table)} where ctid in (select ctid from ${sql(table)} where ${condition} limit ${deleteLimit})`;
    if (count < deleteLimit) return;
  }
}

async function endStaleSessions(sql: Sql, session: Session, log: Logger): Promise<void> {
  const overdue = await sql<{ id: string; cohort_id: number }[]>`
    select id, cohort_id from cohort_sync
    where state = 'receiving' and last_at < now() - ${sessionTimeoutHours}::int * interval '1 hour' order by id limit 1000`;
  for (const { id, cohort_id: cohortId } of overdue) {
    await session.transact(async (tx) => {
      if (!(await lockCohort(tx, cohortId))) return;
      const [ended] = await tx<{ session: string; kind: string; pages_received: number; pages_expected: number }[]>`
        update cohort_sync set state = 'incomplete', finished_at = now()
        where id = ${id}::bigint and state = 'receiving' and last_at < now() - ${sessionTimeoutHours}::int * interval '1 hour'
        returning session, kind, pages_received, pages_expected`;
      if (!ended) return;
      await tx`
        update cohort_change set state = 'dropped', members = null
        where cohort_id = ${cohortId} and session = ${ended.session} and kind = ${ended.kind} and state = 'staged'`;
      const { pages_received: received, pages_expected: expected } = ended;
      log.warn(
        { event: 'cohort_sync.expired', cohort: cohortId, received, expected },
        'pages of a sync are missing; a full sync left the membership as it was',
      );
    });
  }
}

/** Deletes the members and the staged changes of deleted cohorts. */
async function clearDeletedCohorts(sql: Sql, session: Session): Promise<void> {
  const deleted = await sql<{ id: number }[]>`
    select id from cohort c
    where deleted_at is not null
      and (set_id is not null or exists (select from cohort_change w where w.cohort_id = c.id and w.state = 'staged'))`;
  for (const { id } of deleted) {
    await session.transact(async (tx) => {
      if (!(await lockCohort(tx, id))) return;
      const [cohort] = await tx<{ set_id: string | null }[]>`
        select set_id from cohort where id = ${id} and deleted_at is not null`;
      if (!cohort) return;
      await supersedeSet(tx, cohort.set_id);
      await tx`update cohort set set_id = null, external_ids = 0, device_ids = 0, aliases = 0 where id = ${id}`;
      await tx`update cohort_change set state = 'dropped', members = null where cohort_id = ${id} and state = 'staged'`;
      await tx`update cohort_sync set state = 'incomplete', finished_at = now() where cohort_id = ${id} and state = 'receiving'`;
      await tx`delete from cohort_tombstone where cohort_id = ${id}`;
    });
  }
}
