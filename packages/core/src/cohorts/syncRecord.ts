import type { Transaction } from '../db/session.js';
import { isMove, type ChangeRun } from './pendingChanges.js';

/** The row of a sync, as far as applying needs it. */
export interface SyncRecord {
  readonly id: string;
  readonly state: 'receiving' | 'applied' | 'superseded' | 'incomplete';
  readonly first_change_id: string;
  readonly refused: Readonly<Record<string, number>>;
}

/** Changes without a session that arrive within this time of one another count as one sync. */
const maxGapSeconds = 60;
/** A partner that sends continuously starts a new sync this often. */
const maxSyncSeconds = 3_600;

/** Finds or starts the sync that a run belongs to. The caller has locked the cohort. */
export async function openSync(tx: Transaction, cohortId: number, run: ChangeRun): Promise<SyncRecord> {
  const [first] = run;
  const isSync =
    first.session !== null
      ? tx`session = ${first.session} and kind = ${first.kind}`
      : tx`kind = 'changes' and session is null
      and computed_at_ms is not distinct from ${first.computed_at_ms}::bigint
      and (computed_at_ms is not null
        or (last_at > ${first.stored_at}::timestamptz - ${maxGapSeconds}::int * interval '1 second'
          and started_at > ${first.stored_at}::timestamptz - ${maxSyncSeconds}::int * interval '1 second'))`;
  const [found] = await tx<SyncRecord[]>`
    select id, state, first_change_id, refused from cohort_sync
    where cohort_id = ${cohortId} and ${isSync} order by id desc limit 1`;
  if (found) return found;
  const kind = first.session === null && isMove(first) ? 'changes' : first.kind;
  const [begun] = await tx<[SyncRecord]>`
    insert into cohort_sync (cohort_id, kind, session, computed_at_ms, first_change_id, started_at, last_at, state)
    values (${cohortId}, ${kind}, ${first.session}, ${first.computed_at_ms}::bigint, ${first.id}::bigint, ${first.stored_at}, ${first.stored_at},
      ${first.session === null ? 'applied' : 'receiving'})
    returning id, state, first_change_id, refused`;
  return begun;
}

/**
 * Counts what was received, whether or not it will be applied. The run's own rows are still pending.
 * @returns how many pages of the session have arrived, each counted once.
 */
export async function recordReceived(
  tx: Transaction,
  cohortId: number,
  sync: SyncRecord,
  run: ChangeRun,
): Promise<number> {
  const [{ kind, session }] = run;
  const last = run.at(-1);
  const refused = { ...sync.refused };
  let given = 0;
  for (const change of run) {
    given += change.received_count;
    for (const [reason, count] of Object.entries(change.refused ?? {}))
      refused[reason] = (refused[reason] ?? 0) + count;
  }
  const [row] = await tx<[{ pages: number }]>`
    update cohort_sync set
      last_at = greatest(last_at, ${last?.stored_at ?? null}::timestamptz),
      received_count = received_count + ${given},
      refused = ${tx.json(refused)},
      pages_received = pages_received + (
        select count(distinct c.page) from cohort_change c
        where c.id = any(${run.map(({ id }) => id)}::bigint[])
          and not exists (
            select from cohort_change o
            where o.cohort_id = ${cohortId} and o.session = ${session} and o.kind = ${kind} and o.page = c.page and o.state <> 'pending')),
      pages_expected = coalesce(${last?.pages ?? null}::int, pages_expected)
    where id = ${sync.id}::bigint
    returning pages_received as pages`;
  return row.pages;
}
