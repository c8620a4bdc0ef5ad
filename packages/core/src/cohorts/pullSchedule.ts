import { sql } from 'drizzle-orm';
import { cohort, cohortPull } from '../db/schema.js';
import { rhythms } from './freshness.js';

/** SQL of the milliseconds between two syncs; null without a schedule and for a one-time sync. */
function periodOf(schedule: string): string {
  const cases = Object.entries(rhythms).map(([name, { everyMs }]) => `when '${name}' then ${everyMs}::float8`);
  return `(case ${schedule} ${cases.join(' ')} end)`;
}

const period = periodOf('c.schedule');
const sinceMs = 'greatest(extract(epoch from now() - p.started_at)::float8 * 1000, 1)';

/** SQL: when the next pull of `p` is due by the schedule of its cohort `c`; null without a schedule and for a one-time pull. */
export const nextDue = `(p.started_at + ceil(${sinceMs} / ${period}) * ${period} * interval '1 millisecond')`;

/** SQL: when a failed pull of `p` is due again. A one-time pull is retried until it succeeds. */
export const nextTry = `coalesce(${nextDue}, case when c.schedule = 'one_time' then now() + interval '60 minutes' end)`;

/** When the next pull is due after its cohort's schedule has changed: at once if that time has passed. */
export const dueAfterChange = sql`
  case when ${cohort.schedule} is null then null
    when ${cohortPull.startedAt} is null then now()
    when ${cohort.schedule} = 'one_time'
      then case when ${cohortPull.lastSuccessAt} is null then coalesce(${cohortPull.dueAt}, now()) end
    else ${cohortPull.startedAt} + interval '1 millisecond' * ${sql.raw(periodOf('cohort.schedule'))}
  end`;
