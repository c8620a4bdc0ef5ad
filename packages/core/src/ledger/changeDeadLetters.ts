import { and, sql, type SQL } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { deadLetter } from '../db/schema.js';
import {
  holdsPick,
  letterKey,
  matches,
  picksOf,
  pickRows,
  type DeadLetterFilter,
  type LetterPick,
} from './deadLetterFilter.js';

/** Dead letters that are named by id are changed so many in one step. */
const stepPicks = 200;

/** The part of named dead letters that a step changes, and where the next begins; undefined when all are done. */
export function picksAt(ids: readonly string[], next: number) {
  const picks = picksOf(ids);
  if (next >= picks.length) return undefined;
  return { picks: picks.slice(next, next + stepPicks), next: next + stepPicks };
}

/** What changes the dead letters of a Current takes turns, or each could wait for a row that another has changed. */
export async function lockDeadLetters(tx: Queries, currentId: number): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.replay}::int, ${currentId}::int)`);
}

/**
 * SQL: the rows of the filter, or of these picks of it. Where only some events of a row are picked, the row is split first,
 * so that each row that is returned is picked whole. Needs the lock.
 */
export async function wholeRows(
  tx: Queries,
  filter: Omit<DeadLetterFilter, 'ids'>,
  also: SQL | undefined,
  picks: readonly LetterPick[] | undefined,
): Promise<SQL> {
  const condition = and(matches(filter), also) ?? sql`true`;
  if (!picks) return condition;
  const chosen = sql`${condition} and ${holdsPick(picks)}`;
  await tx.execute(sql`
    with part as (
      select ${deadLetter.storedOn} as stored_on, ${deadLetter.id} as id, array_agg(picked.position) as taken
      from ${deadLetter} join ${pickRows(picks)} picked on picked.stored_on = ${deadLetter.storedOn}
        and picked.key = ${letterKey} and picked.position = any(${deadLetter.positions})
      where ${chosen}
      group by ${deadLetter.storedOn}, ${deadLetter.id}, ${deadLetter.positions}
      having count(*) < cardinality(${deadLetter.positions})
    ), kept as (
      update dead_letter l set positions = (
        select array_agg(position order by place) from unnest(l.positions) with ordinality rest (position, place)
        where position <> all (part.taken))
      from part where l.stored_on = part.stored_on and l.id = part.id
      returning l.*, part.taken
    )
    insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions,
      recorded_at, replayed_at, event_type, split_from, discarded_at, discard_reason, discarded_by)
    select stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, taken,
      recorded_at, replayed_at, event_type, coalesce(split_from, id), discarded_at, discard_reason, discarded_by
    from kept`);
  return chosen;
}
