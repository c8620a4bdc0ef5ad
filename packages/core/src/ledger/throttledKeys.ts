import type { Admin } from '../admin/admin.js';
import type { CodeCount } from '../currents/counts.js';
import { findCurrent } from '../currents/currents.js';
import { checkFirst, pageOf, readCursor, withNodes, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { currentNotFound, type CurrentNotFound } from '../admin/problem.js';

/** A key, such as a device, whose events wait for their turn while everybody else's flow. */
export interface ThrottledKey {
  /** The budget, such as `device`. */
  readonly budget: string;
  /** What the partner calls the key: the id of a user, of a device. */
  readonly key: string;
  /** How many events wait. */
  readonly events: number;
  /** Why they wait; most often because of the hub's own budget, `over_budget`, or else as the partner said. */
  readonly reasons: readonly CodeCount[];
  /** Since when the one waits that waits longest. */
  readonly since: Date;
  /** When the first of them has its turn; in the past while it is being tried. */
  readonly nextAt: Date;
  /** When the last of them has its turn, should nothing change. */
  readonly until: Date;
}

export interface ThrottledKeys extends Page<ThrottledKey> {
  readonly kind: 'ThrottledKeyPage';
}

interface Row {
  readonly budget: string;
  readonly key: string;
  readonly events: number;
  readonly reasons: CodeCount[];
  readonly since_ms: number;
  readonly next_ms: number;
  readonly until_ms: number;
  readonly place: string;
}

/**
 * The keys of a Current that are throttled now, the longest waiting first. A key whose longest waiting event has left
 * meanwhile may come on a later page once more; none is left out. Reads only deliveries with events that wait.
 */
export async function listThrottledKeys(
  { db, sql }: Pick<Admin, 'db' | 'sql'>,
  id: string,
  { first, after }: PageRequest,
): Promise<ThrottledKeys | CurrentNotFound> {
  checkFirst(first);
  const [sinceMs, place] = readCursor(after, 2) ?? ['0', '0'];
  const current = await findCurrent(db, id);
  if (!current) return currentNotFound(id);
  const rows = await sql<Row[]>`
    with waiting as (
      select e->'budget'->>'name' as budget, e->'budget'->>'key' as key, e->>'code' as code,
        jsonb_array_length(e->'positions') as events, (e->'budget'->>'sinceMs')::float8 as since_ms, (e->>'dueAtMs')::float8 as due_ms
      from delivery d cross join lateral jsonb_array_elements(d.deferred) e
      where d.current_id = ${current.id} and d.deferred is not null and d.pending > 0 and e ? 'budget'
    ), by_code as (
      select budget, key, code, sum(events)::float8 as events, min(since_ms) as since_ms, min(due_ms) as next_ms, max(due_ms) as until_ms
      from waiting group by budget, key, code
    ), by_key as (
      select budget, key, sum(events) as events, floor(min(since_ms))::bigint as since_ms, min(next_ms) as next_ms, max(until_ms) as until_ms,
        jsonb_agg(jsonb_build_object('code', code, 'events', events) order by events desc, code) as reasons,
        -- A number for every key, for the cursor: two of the same millisecond need an order of their own.
        ('x' || substr(md5(budget || ' ' || key), 1, 14))::bit(56)::bigint as place
      from by_code group by budget, key
    )
    select budget, key, events, reasons, since_ms::float8 as since_ms, next_ms, until_ms, place from by_key
    where (since_ms, place) > (${sinceMs ?? '0'}::bigint, ${place ?? '0'}::bigint)
    order by since_ms, place limit ${first + 1}`;
  const page = pageOf(rows, { first, after }, (row) => writeCursor(row.since_ms, row.place));
  return { kind: 'ThrottledKeyPage', ...withNodes(page, page.nodes.map(viewOf)) };
}

function viewOf({ budget, key, events, reasons, since_ms, next_ms, until_ms }: Row): ThrottledKey {
  return {
    budget,
    key,
    events,
    reasons,
    since: new Date(since_ms),
    nextAt: new Date(next_ms),
    until: new Date(until_ms),
  };
}
