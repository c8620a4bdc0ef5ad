import { nearQuotaShare } from '../budget/quotaRecorder.js';
import type { Admin } from '../admin/admin.js';
import { maxCounted, pageOf, readCursor, writeCursor, type Page, type PageRequest } from '../admin/page.js';

/** A key that comes near the destination's quota per key for a long period, such as a day. */
export interface KeyNearQuota {
  /** The budget, such as `device`. */
  readonly budget: string;
  /** What the partner calls the key: the id of a user or of a device. */
  readonly key: string;
  /** Events of the key that were delivered in the period; a few per cent may be missing. */
  readonly used: number;
  readonly limit: number;
}

type Row = KeyNearQuota & { readonly share: string; readonly place: string };

/** The keys of a Current that are nearest to their quotas, by the hub's own count, which delays nothing. */
export async function listKeysNearQuota(
  { sql }: Pick<Admin, 'sql'>,
  currentId: number,
  request: PageRequest,
): Promise<Page<KeyNearQuota>> {
  const [share, place] = readCursor(request, 2);
  const near = sql`
    with by_key as (
      select budget, key, sum(used) as used, max(quota_limit) as "limit", floor(sum(used) / max(quota_limit) * 1e9)::bigint as share,
        -- A number for every key, for the cursor: two of the same share need an order of their own.
        ('x' || substr(md5(budget || ' ' || key), 1, 14))::bit(56)::bigint as place
      from quota_usage where current_id = ${currentId} and expires_at > now()
      group by budget, key having sum(used) >= max(quota_limit) * ${nearQuotaShare}::float8
    )`;
  const rows = await sql<Row[]>`
    ${near}
    select * from by_key
    where ${share ?? null}::bigint is null or (share, place) < (${share ?? null}::bigint, ${place ?? null}::bigint)
    order by share desc, place desc limit ${request.first + 1}`;
  const page = pageOf(
    rows,
    request,
    (row) => writeCursor(row.share, row.place),
    async () => (await sql`${near} select from by_key limit ${maxCounted + 1}`).count,
  );
  return { ...page, nodes: page.nodes.map(({ budget, key, used, limit }) => ({ budget, key, used, limit })) };
}
