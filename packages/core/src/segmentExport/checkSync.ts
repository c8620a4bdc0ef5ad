import type { Admin } from '../admin/admin.js';
import { compareMembers } from './compareMembers.js';
import { getSync, type SyncNotFound } from './syncView.js';

/** What the members of a segment are, held against what was sent of them. */
export interface SegmentSyncDrift {
  readonly kind: 'SegmentSyncDrift';
  readonly memberCount: number;
  /** Members that the destination has accepted. */
  readonly heldCount: number;
  /** Members that it has refused. */
  readonly refusedCount: number;
  /** Members that it has not accepted, and not refused. */
  readonly missingCount: number;
  /** Users that it holds as members, and that are none. */
  readonly surplusCount: number;
}

const counts = `
  count(s.member)::int as "memberCount",
  count(*) filter (where s.member is not null and m.is_member and m.state = 'delivered')::int as "heldCount",
  count(*) filter (where s.member is not null and m.is_member and m.state = 'refused')::int as "refusedCount",
  count(*) filter (where s.member is not null and (m.member is null or not m.is_member or m.state = 'pending'))::int as "missingCount",
  count(*) filter (where s.member is null and (m.is_member and m.state <> 'refused' or not m.is_member and m.state = 'pending'))::int as "surplusCount"`;

/**
 * Compares the present members with what the destination has accepted, in one view of the database. What is still to be
 * sent is missing or surplus, too. Rejects with `QuestionRefused` when it takes too long.
 */
export async function checkSync(
  admin: Pick<Admin, 'db' | 'databaseUrl'>,
  id: string,
): Promise<SegmentSyncDrift | SyncNotFound> {
  const sync = await getSync(admin, id);
  if (sync.kind === 'SegmentSyncNotFound') return sync;
  return { kind: 'SegmentSyncDrift', ...(await compareMembers<Omit<SegmentSyncDrift, 'kind'>>(admin, sync, counts)) };
}
