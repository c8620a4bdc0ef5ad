import type { MemberMoves } from '../process/metrics.js';
import { applyMoves, type CohortRow } from './applyMoves.js';
import { lockCohort } from './lockCohort.js';
import { supersedeSet } from './memberSet.js';
import { isPullSession } from './pullSession.js';
import type { Session, Transaction } from '../db/session.js';
import { stagePages } from './stagePages.js';
import { firstRun, readPendingChanges, type ChangeRun } from './pendingChanges.js';

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
  /** `busy`: another worker has the cohort in hand. */
  | { readonly outcome: 'nothing' | 'busy' };

/**
 * Applies the next changes of a cohort, in the order in which they came, all or none of them. May be called by any
 * number of workers at once, and again after a crash at any point: what has been applied is noted by the same commit.
 */
export async function applyNext(session: Session, cohortId: number): Promise<Applied> {
  return session.transact(async (tx): Promise<Applied> => {
    if (!(await lockCohort(tx, cohortId))) return { outcome: 'busy' };
    const run = firstRun(await readPendingChanges(tx, cohortId));
    if (!run) return { outcome: 'nothing' };
    const [cohort] = await tx<
      CohortRow[]
    >`select id, partner, set_id, deleted_at is not null as deleted from cohort where id = ${cohortId}`;
    if (!cohort) throw new Error(`changes wait for the cohort ${cohortId}, which there is not`);
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
  // Neither a partner's comings and goings nor what the hub fetches itself brings a deleted cohort back.
  if (cohort.deleted && (kind === 'add' || kind === 'remove' || isPullSession(run[0].session))) {
    await tx`update cohort_change set state = 'dropped', members = null where id = any(${run.map(({ id }) => id)}::bigint[])`;
    return noMoves;
  }
  const standing = cohort.deleted ? await revive(tx, cohort) : cohort;
  const moved = await move(tx, standing, run);
  // Last, so that a cohort's row is not held while millions of members are replaced.
  await updateDescription(tx, cohort.id, run);
  return moved;
}

const noMoves: MemberMoves = { added: 0, removed: 0 };

async function move(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves> {
  switch (run[0].kind) {
    case 'declare':
      await tx`update cohort_change set state = 'applied' where id = any(${run.map(({ id }) => id)}::bigint[])`;
      return noMoves;
    case 'replace':
      return (await stagePages(tx, cohort, run)) ?? noMoves;
    case 'add':
    case 'remove':
      return applyMoves(tx, cohort, run);
  }
}

/** A deleted cohort that is declared again, or told whole, begins anew under its old ids. */
async function revive(tx: Transaction, cohort: CohortRow): Promise<CohortRow> {
  await supersedeSet(tx, cohort.set_id);
  await tx`
    update cohort set deleted_at = null, set_id = null, external_ids = 0, device_ids = 0, aliases = 0,
      reported_count = null, reported_at = null, reported_by = null, net_change_since_report = 0, last_sync_at = null, created_at = now()
    where id = ${cohort.id}`;
  await tx`delete from cohort_tombstone where cohort_id = ${cohort.id}`;
  return { ...cohort, set_id: null, deleted: false };
}

/** A late push is late by minutes: among this many syncs is one that came before it and was computed after it. */
const latestSyncs = 50;

/** The last name, description and date that the run gives, where they are others than before; nothing of a run that is late. */
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
