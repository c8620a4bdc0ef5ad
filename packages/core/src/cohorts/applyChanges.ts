import type { MemberMoves } from '../process/metrics.js';
import { applyMoves, type CohortRow } from './applyMoves.js';
import { lockCohort, supersedeSet } from './memberSet.js';
import { isPullSession } from './pullSession.js';
import type { Session, Transaction } from '../db/session.js';
import { stagePages } from './swapMembers.js';
import { firstRun, moveChanges, readPendingChanges, type ChangeRun } from './pendingChanges.js';

export type Applied =
  | {
      readonly outcome: 'applied';
      readonly partner: string;
      readonly kind: ChangeRun[number]['kind'];
      readonly given: number;
      readonly moved: MemberMoves;
      /** When each of the changes was stored. */
      readonly storedAt: readonly Date[];
    }
  /** `busy`: another worker has locked the cohort. */
  | { readonly outcome: 'nothing' | 'busy' };

/**
 * Applies the next changes of a cohort in order of arrival, in one transaction. Safe to call from any number of workers
 * at once, and again after a crash: the commit that applies changes also marks them as applied.
 */
export async function applyNext(session: Session, cohortId: number): Promise<Applied> {
  return session.transact(async (tx): Promise<Applied> => {
    if (!(await lockCohort(tx, cohortId))) return { outcome: 'busy' };
    const run = firstRun(await readPendingChanges(tx, cohortId));
    if (!run) return { outcome: 'nothing' };
    const [cohort] = await tx<CohortRow[]>`
      select id, partner, set_id, deleted_at is not null as deleted from cohort where id = ${cohortId}`;
    if (!cohort) throw new Error(`there are changes of the cohort ${cohortId}, which does not exist`);
    const moved = await apply(tx, cohort, run);
    const given = run.reduce((sum, change) => sum + change.received_count, 0);
    return {
      outcome: 'applied',
      partner: cohort.partner,
      kind: run[0].kind,
      given,
      moved,
      storedAt: run.map(({ stored_at }) => stored_at),
    };
  });
}

async function apply(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves> {
  const [{ kind }] = run;
  // Entries, exits and pulls do not bring a deleted cohort back.
  if (cohort.deleted && (kind === 'add' || kind === 'remove' || isPullSession(run[0].session))) {
    await moveChanges(tx, run, 'dropped');
    return noMoves;
  }
  const standing = cohort.deleted ? await revive(tx, cohort) : cohort;
  const moved = await move(tx, standing, run);
  // Last, so that the cohort's row is not locked while millions of members are replaced.
  await updateDescription(tx, cohort.id, run);
  return moved;
}

const noMoves: MemberMoves = { added: 0, removed: 0 };

async function move(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves> {
  switch (run[0].kind) {
    case 'declare':
      await moveChanges(tx, run, 'applied');
      return noMoves;
    case 'replace':
      return (await stagePages(tx, cohort, run)) ?? noMoves;
    case 'add':
    case 'remove':
      return applyMoves(tx, cohort, run);
  }
}

/** A declaration or a full sync creates a deleted cohort again, under the same ids. */
async function revive(tx: Transaction, cohort: CohortRow): Promise<CohortRow> {
  await supersedeSet(tx, cohort.set_id);
  await tx`
    update cohort set deleted_at = null, set_id = null, external_ids = 0, device_ids = 0, aliases = 0,
      reported_count = null, reported_at = null, reported_by = null, net_change_since_report = 0, last_sync_at = null, created_at = now()
    where id = ${cohort.id}`;
  await tx`delete from cohort_tombstone where cohort_id = ${cohort.id}`;
  return { ...cohort, set_id: null, deleted: false };
}

/** How many of the last syncs are compared to detect a late push. Late means by minutes. */
const latestSyncs = 50;

/** Stores the last name, description and creation time in a run, unless the run is late. */
async function updateDescription(tx: Transaction, cohortId: number, run: ChangeRun): Promise<void> {
  const name = run.findLast((change) => change.name !== null)?.name ?? null;
  const description = run.findLast((change) => change.description !== null)?.description ?? null;
  const createdAt = run.findLast((change) => change.partner_created_at !== null)?.partner_created_at ?? null;
  await tx`
    update cohort set
      name = coalesce(${name}::text, name), description = coalesce(${description}::text, description),
      partner_created_at = coalesce(${createdAt}::timestamptz, partner_created_at)
    where id = ${cohortId}
      and not exists (
        select from (select computed_at_ms from cohort_sync where cohort_id = ${cohortId} order by id desc limit ${latestSyncs}) s
        where s.computed_at_ms > ${run[0].computed_at_ms}::bigint)
      and (name, description, partner_created_at) is distinct from (
        coalesce(${name}::text, name), coalesce(${description}::text, description), coalesce(${createdAt}::timestamptz, partner_created_at))`;
}
