import type { Admin } from '../admin/admin.js';
import type { ReasonCount } from '../currents/counts.js';
import { deferralsOf } from '../batch/deferral.js';
import { maxCounted, pageOf, readCursor, writeCursor, type Page, type PageRequest } from '../admin/page.js';

interface Row {
  readonly budget: string;
  readonly key: string;
  readonly events: number;
  readonly reasons: readonly ReasonCount[];
  readonly since_ms: number;
  readonly next_ms: number;
  readonly until_ms: number;
  readonly place: string;
}

export type ThrottledKey = ReturnType<typeof viewOf>;

/**
 * The keys of a Current that are throttled now, the longest waiting first. A key whose longest waiting event has left
 * meanwhile may come on a later page once more; none is left out. Reads only deliveries with events that wait.
 */
export async function listThrottledKeys(
  { sql }: Pick<Admin, 'sql'>,
  currentId: number,
  request: PageRequest,
): Promise<Page<ThrottledKey>> {
  const [sinceMs = '0', place = '0'] = readCursor(request, 2);
  const throttled = sql`
    with waiting as (
      select e->'budget'->>'name' as budget, e->'budget'->>'key' as key, e->>'code' as code,
        jsonb_array_length(e->'positions') as events, (e->'budget'->>'sinceMs')::float8 as since_ms, (e->>'dueAtMs')::float8 as due_ms
      from delivery d cross join lateral ${deferralsOf(sql)} e
      where d.current_id = ${currentId} and d.deferred is not null and d.pending > 0 and e ? 'budget'
    ), by_code as (
      select budget, key, code, sum(events)::float8 as events, min(since_ms) as since_ms, min(due_ms) as next_ms, max(due_ms) as until_ms
      from waiting group by budget, key, code
    ), by_key as (
      select budget, key, sum(events) as events, floor(min(since_ms))::bigint as since_ms, min(next_ms) as next_ms, max(until_ms) as until_ms,
        jsonb_agg(jsonb_build_object('code', code, 'eventCount', events) order by events desc, code) as reasons,
        -- A number for every key, for the cursor: two of the same millisecond need an order of their own.
        ('x' || substr(md5(budget || ' ' || key), 1, 14))::bit(56)::bigint as place
      from by_code group by budget, key
    )`;
  const rows = await sql<Row[]>`
    ${throttled}
    select budget, key, events, reasons, since_ms::float8 as since_ms, next_ms, until_ms, place from by_key
    where (since_ms, place) > (${sinceMs}::bigint, ${place}::bigint)
    order by since_ms, place limit ${request.first + 1}`;
  const page = pageOf(
    rows,
    request,
    (row) => writeCursor(row.since_ms, row.place),
    async () => (await sql`${throttled} select from by_key limit ${maxCounted + 1}`).count,
  );
  return { ...page, nodes: page.nodes.map(viewOf) };
}

/** A key, such as a device, whose events wait for their turn while those of other keys flow. */
function viewOf({ budget, key, events, reasons, since_ms, next_ms, until_ms }: Row) {
  return {
    /** The budget, such as `device`. */
    budget,
    /** What the partner calls the key: the id of a user or of a device. */
    key,
    eventCount: events,
    /** `over_budget` for the hub's own budget, or a code that the partner answered; the most frequent first. */
    reasons,
    /** Since when the longest waiting event waits. */
    waitingSince: new Date(since_ms),
    /** In the past while the first event is being tried. */
    firstDueAt: new Date(next_ms),
    lastDueAt: new Date(until_ms),
  };
}
