import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';

/** A smaller replay ends within the time that passes between two looks at it. */
const leastEvents = 5_000;

/** Events per second of the last replay of this Current that was large enough to tell; undefined without one. */
export async function measuredPerSecond(db: Queries, currentId: string): Promise<number | undefined> {
  const [row] = await db.execute<{ perSecond: number | null }>(sql`
    select (result->>'eventCount')::float8 / nullif(extract(epoch from finished_at - started_at)::float8, 0) as "perSecond"
    from job
    where operation = 'replay_events' and state = 'done' and input->>'currentId' = ${currentId}
      and input->>'isDryRun' = 'false' and (result->>'eventCount')::float8 >= ${leastEvents}
    order by id desc limit 1`);
  return row?.perSecond ?? undefined;
}
