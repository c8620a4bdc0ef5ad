import type { Sql } from '../db/connect.js';
import type { Happening } from '../notices/raiseNotice.js';
import { firstKeptDay } from '../status/currentStatus.js';

interface ExpiredDay {
  readonly id: number;
  readonly name: string;
  readonly day: string;
  readonly events: number;
  readonly firstAt: Date | null;
}

const maxListed = 1_000;

/**
 * Events that expired, by Current and the day on which they arrived, of which there is no notice yet. All events of a day
 * expire within a day, so their number is the one of the moment.
 */
export async function expiredNotices(sql: Sql): Promise<readonly Happening[]> {
  const days = await sql<ExpiredDay[]>`
    with kept as materialized (${firstKeptDay(sql)})
    select c.id, c.name, t.day, t.events, (
      select min(recorded_at) from dead_letter l
      where l.current_id = c.id and l.stored_on = t.day and l.outcome = 'expired') as "firstAt"
    from current c cross join lateral (
      select day, sum(events)::float8 as events from tally
      where current_id = c.id and day >= (select day from kept) and outcome = 'expired' group by day
    ) t
    where c.state <> 'deleted' and t.events > 0 and not exists (
      select from notice n where n.kind = 'events_expired' and n.subject = 'Current:' || c.id and n.episode = t.day::text)
    order by c.id, t.day limit ${maxListed}`;
  return days.map(({ id, name, day, events, firstAt }) => ({
    kind: 'events_expired',
    severity: 'critical',
    subject: { type: 'Current', key: String(id) },
    episode: day,
    since: firstAt ?? undefined,
    count: events,
    message: `Events of the Current "${name}" that arrived on ${day} were not delivered within their retry window, and expired: ${events} up to now.`,
    remedy:
      'Repair the Current; they are dead letters, and replayDeadLetters sends them again. deadLetterCounts says why they expired.',
  }));
}
