import { sql } from 'drizzle-orm';
import { cohort, cohortPull } from '../db/schema.js';
import type { Queries } from '../db/session.js';
import { periodMs } from './freshness.js';

/** When the next pull of `p` is due by the schedule of its cohort `c`; null without a schedule and for a one-time pull. */
export function nextDue(sql: Queries) {
  const period = sql`(case c.schedule
    when 'dynamic' then ${periodMs('dynamic')}::float8 when 'hourly' then ${periodMs('hourly')}::float8 when 'daily' then ${periodMs('daily')}::float8 end)`;
  const sinceMs = sql`greatest(extract(epoch from now() - p.started_at)::float8 * 1000, 1)`;
  return sql`p.started_at + ceil(${sinceMs} / ${period}) * ${period} * interval '1 millisecond'`;
}

/** A one-time pull is retried until it succeeds. */
const oneTimeRetryMinutes = 60;

/** When a failed pull of `p` is due again. */
export function nextTry(sql: Queries) {
  return sql`coalesce(${nextDue(sql)}, case when c.schedule = 'one_time' then now() + ${oneTimeRetryMinutes}::int * interval '1 minute' end)`;
}

/** When the next pull is due after its cohort's schedule has changed: at once if that time has passed. */
export const dueAfterChange = sql`
  case when ${cohort.schedule} is null then null
    when ${cohortPull.startedAt} is null then now()
    when ${cohort.schedule} = 'one_time'
      then case when ${cohortPull.lastSuccessAt} is null then coalesce(${cohortPull.dueAt}, now()) end
    else ${cohortPull.startedAt} + interval '1 millisecond' * case ${cohort.schedule}
      when 'dynamic' then ${periodMs('dynamic')}::float8
      when 'hourly' then ${periodMs('hourly')}::float8
      else ${periodMs('daily')}::float8 end
  end`;
