import { sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { databaseTime } from '../admin/databaseTime.js';
import { rowId } from '../admin/page.js';
import { instantOf } from './countIngest.js';

const hourMs = 3_600_000;

/** Hours of an activity, the present one included. */
export const activityHours = 24;

/** How the events of a Current ended in each of the last 24 hours, the earliest first. */
export interface CurrentActivity {
  /** When the first of the hours begins. */
  readonly startsAt: Date;
  readonly delivered: readonly number[];
  readonly skipped: readonly number[];
  /** Rejected and expired ones. */
  readonly failed: readonly number[];
}

/** The activity of each of these Currents, in order, by one statement. A Current that does not exist has none. */
export async function readActivity({ db }: Db, currentIds: readonly string[]): Promise<readonly CurrentActivity[]> {
  const nowMs = +(await databaseTime({ db }));
  const sinceMs = (Math.floor(nowMs / hourMs) - activityHours + 1) * hourMs;
  const keys = currentIds.map((id) => rowId(id) ?? 0);
  const rows =
    keys.length === 0
      ? []
      : await db.execute<{ id: number; hour: number; delivered: number; skipped: number; failed: number }>(sql`
          select current_id::int as id, (extract(epoch from at)::float8 * 1000 - ${sinceMs}::float8) / ${hourMs}::float8 as hour,
            delivered::float8 as delivered, skipped::float8 as skipped, (rejected + expired)::float8 as failed
          from current_count
          where current_id in ${keys} and resolution = 'hour' and at >= ${instantOf(sinceMs)}`);
  const startsAt = new Date(sinceMs);
  return keys.map((key) => {
    const activity = { startsAt, delivered: zeros(), skipped: zeros(), failed: zeros() };
    for (const { id, hour, ...counts } of rows) {
      // A clock that is behind may have counted in an hour to come.
      if (id !== key || hour >= activityHours) continue;
      activity.delivered[hour] = counts.delivered;
      activity.skipped[hour] = counts.skipped;
      activity.failed[hour] = counts.failed;
    }
    return activity;
  });
}

const zeros = (): number[] => Array.from({ length: activityHours }, () => 0);
