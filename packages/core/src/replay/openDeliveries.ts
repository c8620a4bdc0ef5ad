import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { allPending, Outcome } from '../batch/outcome.js';
import { replayCancelled } from '../delivery/endCancelled.js';
import type { OpenDelivery } from './makeDeliveries.js';

/** What became of the events of a replay. `cancelled`: they were not sent, because the replay was cancelled. */
export interface ReplayCounts {
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly pending: number;
}

export const nothingSent: ReplayCounts = {
  delivered: 0,
  skipped: 0,
  rejected: 0,
  expired: 0,
  cancelled: 0,
  pending: 0,
};

export interface OpenState {
  /** The outcomes of deliveries of which all events are final. */
  readonly finished: ReplayCounts;
  /** The outcomes of the others, so far. */
  readonly unfinished: ReplayCounts;
  readonly open: readonly OpenDelivery[];
}

/** Looks at the deliveries that a replay has open; there are few at a time. */
export async function readOpen(db: Queries, open: readonly OpenDelivery[]): Promise<OpenState> {
  if (open.length === 0) return { finished: nothingSent, unfinished: nothingSent, open };
  const rows = await db.execute<DeliveryRow>(sql`
    select d.id::text as id, d.events, d.pending, d.outcomes, d.skip_reasons as "skipReasons"
    from json_to_recordset(${JSON.stringify(open)}::text::json) o (day date, id bigint)
    join delivery d on d.stored_on = o.day and d.id = o.id`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  let [finished, unfinished] = [nothingSent, nothingSent];
  const still: OpenDelivery[] = [];
  for (const each of open) {
    const row = byId.get(each.id);
    if (!row) continue;
    const counts = countsOf(row);
    if (row.pending === 0) finished = addCounts(finished, counts);
    else {
      unfinished = addCounts(unfinished, counts);
      still.push(each);
    }
  }
  return { finished, unfinished, open: still };
}

type DeliveryRow = Record<string, unknown> & {
  readonly id: string;
  readonly events: number;
  readonly pending: number;
  readonly outcomes: Buffer | null;
  readonly skipReasons: readonly string[] | null;
};

function countsOf({ events, outcomes, skipReasons }: DeliveryRow): ReplayCounts {
  const counts = { ...nothingSent };
  const cancelled = Outcome.skipped + (skipReasons ?? []).indexOf(replayCancelled);
  for (const byte of outcomes ?? allPending(events)) {
    if (byte === Outcome.pending) counts.pending++;
    else if (byte === Outcome.delivered) counts.delivered++;
    else if (byte === Outcome.rejected) counts.rejected++;
    else if (byte === Outcome.expired) counts.expired++;
    else if (byte === cancelled && byte >= Outcome.skipped) counts.cancelled++;
    else if (byte >= Outcome.skipped) counts.skipped++;
  }
  return counts;
}

export function addCounts(one: ReplayCounts, other: ReplayCounts): ReplayCounts {
  return {
    delivered: one.delivered + other.delivered,
    skipped: one.skipped + other.skipped,
    rejected: one.rejected + other.rejected,
    expired: one.expired + other.expired,
    cancelled: one.cancelled + other.cancelled,
    pending: one.pending + other.pending,
  };
}
