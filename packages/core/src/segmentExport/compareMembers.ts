import type { Admin } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import { readSets, setTable } from '../cohorts/memberSet.js';
import { isCode, queryCanceled } from '../db/errors.js';
import { openSession, type Transaction } from '../db/session.js';
import type { SegmentSyncView } from './syncView.js';

/** Long enough to compare ten million members. */
const maxCompareMs = 60_000;

/**
 * Counts users in one view of the database: the members of a segment as `s`, and what was last sent of users as `m`, each
 * null where there is none. Rejects with `QuestionRefused` when it takes too long.
 * @param counts the columns to select, as SQL.
 */
export async function compareMembers<Counts extends object>(
  admin: Pick<Admin, 'databaseUrl'>,
  { id, segmentId }: Pick<SegmentSyncView, 'id' | 'segmentId'>,
  counts: string,
): Promise<Counts> {
  const session = openSession(admin.databaseUrl, { name: 'compare-members', statementMs: maxCompareMs });
  try {
    return await readSets(() =>
      session.transact((tx) => compare<Counts>(tx, Number(id), Number(segmentId), counts), 'one view'),
    );
  } catch (error) {
    if (!isCode(error, queryCanceled)) throw error;
    throw new QuestionRefused(
      `expected a segment that is compared within ${maxCompareMs / 1_000} s, got one that takes longer`,
    );
  } finally {
    await session.end(0);
  }
}

async function compare<Counts extends object>(
  tx: Transaction,
  syncId: number,
  segmentId: number,
  counts: string,
): Promise<Counts> {
  await tx`set local work_mem = '64MB'`;
  const [segment] = await tx<{ setId: string | null }[]>`
    select set_id as "setId" from segment where id = ${segmentId} and deleted_at is null`;
  const setId = segment?.setId ?? null;
  const members =
    setId === null
      ? tx`select ''::text collate "C" as member where false`
      : tx`select member from ${tx(setTable(setId))}`;
  const [row] = await tx<[Counts]>`
    select ${tx.unsafe(counts)}
    from (${members}) s
    full join (select * from segment_sync_member where sync_id = ${syncId}) m on m.member = s.member`;
  return row;
}
