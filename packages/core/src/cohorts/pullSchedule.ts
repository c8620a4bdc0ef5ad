import { periodMs } from './freshness.js';
import type { Queries } from '../db/session.js';

/*
 * When pulls are due, for statements in which `p` is a pull and `c` its cohort.
 */

/** When the next pull of `p` is due by the schedule of its cohort `c`; null when it has none, or was to be made once. */
export function nextDue(sql: Queries) {
  const period = scheduleMs(sql);
  const sinceMs = sql`greatest(extract(epoch from now() - p.started_at)::float8 * 1000, 1)`;
  return sql`p.started_at + ceil(${sinceMs} / ${period}) * ${period} * interval '1 millisecond'`;
}

/** When the next pull of `p` is due after the schedule of its cohort `c` has been changed: at once, if it should have been by now. */
export function dueBy(sql: Queries) {
  return sql`
    case when c.schedule is null then null
      when p.started_at is null then now()
      when c.schedule = 'one_time' then case when p.last_success_at is null then coalesce(p.due_at, now()) end
      else p.started_at + ${scheduleMs(sql)} * interval '1 millisecond' end`;
}

/** A pull that was to be made once is tried again until it has been. */
const onceAgainMinutes = 60;

/** When one that came to nothing is tried again. */
export function nextTry(sql: Queries) {
  return sql`coalesce(${nextDue(sql)}, case when c.schedule = 'one_time' then now() + ${onceAgainMinutes}::int * interval '1 minute' end)`;
}

function scheduleMs(sql: Queries) {
  return sql`(case c.schedule
    when 'dynamic' then ${periodMs('dynamic')}::float8 when 'hourly' then ${periodMs('hourly')}::float8 when 'daily' then ${periodMs('daily')}::float8 end)`;
}
