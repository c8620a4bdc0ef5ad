import { nearQuotaShare } from '../budget/quotaRecorder.js';
import type { Admin } from '../admin/admin.js';
import { findCurrent } from '../currents/currents.js';
import { checkFirst } from '../admin/page.js';
import { currentNotFound, type CurrentNotFound } from '../admin/problem.js';

/** A key that comes near what the destination takes of one over a long time, such as a day. */
export interface KeyNearQuota {
  /** The budget, such as `device`. */
  readonly budget: string;
  /** What the partner calls the key: the id of a user, of a device. */
  readonly key: string;
  /** What has been delivered of it in that time; a few per cent may not have been counted. */
  readonly used: number;
  readonly allow: number;
}

export interface KeysNearQuota {
  readonly kind: 'KeysNearQuota';
  readonly nodes: readonly KeyNearQuota[];
}

/** The keys that come nearest to their quotas, by the hub's own count, which holds up nothing. */
export async function listKeysNearQuota(
  { db, sql }: Pick<Admin, 'db' | 'sql'>,
  id: string,
  first: number,
): Promise<KeysNearQuota | CurrentNotFound> {
  checkFirst(first);
  const current = await findCurrent(db, id);
  if (!current) return currentNotFound(id);
  const nodes = await sql<KeyNearQuota[]>`
    select budget, key, sum(used) as used, max(quota_limit) as allow from quota_usage
    where current_id = ${current.id} and expires_at > now()
    group by budget, key having sum(used) >= max(quota_limit) * ${nearQuotaShare}::float8
    order by sum(used) / max(quota_limit) desc, budget, key limit ${first}`;
  return { kind: 'KeysNearQuota', nodes: nodes.map((node) => ({ ...node })) };
}
