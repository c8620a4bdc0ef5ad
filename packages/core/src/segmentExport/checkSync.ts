import type { Admin } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import { readSets, setTable } from '../cohorts/memberSet.js';
import { isCode, queryCanceled } from '../db/errors.js';
import { openSession, type Transaction } from '../db/session.js';
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

/** Long enough to compare ten million members. */
const maxCheckMs = 60_000;

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
  const session = openSession(admin.databaseUrl, { name: 'check-sync', statementMs: maxCheckMs });
  try {
    const counts = await readSets(() =>
      session.transact((tx) => compare(tx, Number(sync.id), Number(sync.segmentId)), 'one view'),
    );
    return { kind: 'SegmentSyncDrift', ...counts };
  } catch (error) {
    if (!isCode(error, queryCanceled)) throw error;
    throw new QuestionRefused(
      `expected a segment that is compared within ${maxCheckMs / 1_000} s, got one that takes longer`,
    );
  } finally {
    await session.end(0);
  }
}

async function compare(tx: Transaction, syncId: number, segmentId: number): Promise<Omit<SegmentSyncDrift, 'kind'>> {
  await tx`set local work_mem = '64MB'`;
  const [segment] = await tx<{ setId: string | null }[]>`
    select set_id as "setId" from segment where id = ${segmentId} and deleted_at is null`;
  const setId = segment?.setId ?? null;
  const members =
    setId === null
      ? tx`select ''::text collate "C" as member where false`
      : tx`select member from ${tx(setTable(setId))}`;
  const [counts] = await tx<[Omit<SegmentSyncDrift, 'kind'>]>`
    select
      count(s.member)::int as "memberCount",
      count(*) filter (where s.member is not null and m.is_member and m.state = 'delivered')::int as "heldCount",
      count(*) filter (where s.member is not null and m.is_member and m.state = 'refused')::int as "refusedCount",
      count(*) filter (where s.member is not null and (m.member is null or not m.is_member or m.state = 'pending'))::int as "missingCount",
      count(*) filter (where s.member is null and (m.is_member and m.state <> 'refused' or not m.is_member and m.state = 'pending'))::int as "surplusCount"
    from (${members}) s
    full join (select * from segment_sync_member where sync_id = ${syncId}) m on m.member = s.member`;
  return counts;
}
