import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { deadLetter } from '../db/schema.js';

/** Batches of one day that have dead letters of a Current. */
export interface LetterBatches {
  readonly storedOn: string;
  /** In order; at least one. */
  readonly ids: readonly string[];
}

/** How far a walk through the batches of dead letters has come: up to this batch. JSON. */
export interface LetterPlace {
  readonly storedOn: string;
  readonly batchId: string;
}

/** Batches whose dead letters are changed in one step, so that no statement runs long. */
const stepBatches = 200;

/**
 * The next batches that have a dead letter that matches: of the oldest day first. Undefined when there are none. A walk
 * reads each row once, where a step that looks for what is left would pass over what it has changed.
 * @param chosen restricts them to one Current, whose dead letters are found by batch.
 */
export async function nextBatches(
  tx: Queries,
  chosen: SQL,
  after: LetterPlace | undefined,
): Promise<LetterBatches | undefined> {
  const { storedOn, batchId } = deadLetter;
  for (const day of await daysFrom(tx, after?.storedOn)) {
    const rows = await tx
      .selectDistinct({ batchId })
      .from(deadLetter)
      .where(and(eq(storedOn, day), after?.storedOn === day ? gt(batchId, after.batchId) : undefined, chosen))
      .orderBy(asc(batchId))
      .limit(stepBatches);
    if (rows.length > 0) return { storedOn: day, ids: rows.map((row) => row.batchId) };
  }
  return undefined;
}

/** SQL: whether a dead letter is of one of the batches. */
export function isOfBatches({ storedOn, ids }: LetterBatches): SQL {
  const list = sql`${`{${ids.join(',')}}`}::bigint[]`;
  return sql`(${deadLetter.storedOn} = ${storedOn}::date and ${deadLetter.batchId} = any(${list}))`;
}

export function placeAfter({ storedOn, ids }: LetterBatches): LetterPlace {
  return { storedOn, batchId: ids.at(-1) as string };
}

/** The days that are stored, the oldest first, from one on. Reads no rows. */
async function daysFrom(tx: Queries, first = '0001-01-01'): Promise<readonly string[]> {
  const rows = await tx.execute<{ day: string }>(sql`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'dead_letter'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') <= current_date
    order by day`);
  return rows.map(({ day }) => day).filter((day) => day >= first);
}
