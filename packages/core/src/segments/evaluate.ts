import { advisoryLocks } from '../db/advisoryLocks.js';
import { assignCounts, countGains, countMembers, createSet, planFewMembers } from '../cohorts/memberSet.js';
import { raiseWorkMem, setTable, supersedeSet, type MemberCounts } from '../cohorts/memberSet.js';
import { isCode, lockNotAvailable } from '../db/errors.js';
import { conflict, type Session, type Transaction } from '../db/session.js';
import { selectMembers, matchesMember, readCohortSets } from './condition.js';
import { cohortsOf, storedDefinition, type Definition } from './definition.js';

type Evaluated =
  | { readonly outcome: 'evaluated'; readonly whole: boolean; readonly moved: number; readonly ms: number }
  /**
   * `busy`: another worker is evaluating the segment. `whole`: all members have to be evaluated, which is out of scope.
   * `resting`: the same, and not before the rest after the last such evaluation has ended.
   */
  | { readonly outcome: 'nothing' | 'busy' | 'whole' | 'resting' };

/** `any`: candidates, or all members where that is due. `candidates`: never all members, which may take minutes. */
type Scope = 'any' | 'candidates';

/** With more candidates than this, evaluating the whole segment is cheaper. */
const maxCandidates = 200_000;

interface SegmentRow {
  readonly id: number;
  readonly definition: unknown;
  readonly definition_version: number;
  readonly evaluated_version: number | null;
  readonly set_id: string | null;
  readonly rests: boolean;
}

/**
 * Evaluates a segment's members and records entries and exits, in one transaction. Evaluates only the candidates,
 * unless the definition is new or there are too many. The first evaluation records no entries. Any number of workers
 * may call it at once.
 */
export async function evaluateSegment(session: Session, segmentId: number, scope: Scope = 'any'): Promise<Evaluated> {
  try {
    if (scope === 'any') await waitForAppliers(session, segmentId);
    return await evaluate(session, segmentId, scope);
  } catch (error) {
    // Another worker has just evaluated it, or an admin has changed it.
    if (isCode(error, conflict) || isCode(error, lockNotAvailable)) return { outcome: 'busy' };
    throw error;
  }
}

/** In one snapshot of cohorts and candidates: members that change afterwards are candidates again. */
function evaluate(session: Session, segmentId: number, scope: Scope): Promise<Evaluated> {
  return session.transact(async (tx): Promise<Evaluated> => {
    const [lock] = await tx<
      [{ held: boolean }]
    >`select pg_try_advisory_xact_lock(${advisoryLocks.segment}::int, ${segmentId}::int) as held`;
    if (!lock.held) return { outcome: 'busy' };
    const [segment] = await tx<SegmentRow[]>`
      select id, definition, definition_version, evaluated_version, set_id, coalesce(whole_evaluation_after > clock_timestamp(), false) as rests
      from segment where id = ${segmentId} and deleted_at is null`;
    const [due] = await tx<[{ candidates: number; anybody: boolean | null }]>`
      select count(*)::int as candidates, bool_or(member is null) as anybody
      from (select member from segment_candidate where segment_id = ${segmentId} order by member nulls first limit ${maxCandidates + 1}) c`;
    if (!segment || due.candidates === 0) return { outcome: 'nothing' };
    const startedMs = performance.now();
    const definition = storedDefinition(segment.definition);
    const isNew = segment.set_id === null || segment.evaluated_version !== segment.definition_version;
    const whole = isNew || due.anybody === true || due.candidates > maxCandidates;
    if (whole && scope === 'candidates') {
      if (isNew || !segment.rests) return { outcome: 'whole' };
      await tx`update segment set evaluate_after = whole_evaluation_after where id = ${segmentId}`;
      return { outcome: 'resting' };
    }
    const evaluation = whole
      ? await evaluateWhole(tx, segment, definition)
      : await evaluateCandidates(tx, segment, definition);
    const ms = Math.round(performance.now() - startedMs);
    await recordEvaluation(tx, segment, evaluation, { whole, ms });
    return { outcome: 'evaluated', whole, moved: evaluation.moved, ms };
  }, 'one view');
}

/**
 * A transaction that applies changes marks candidates of the segments that existed when it began. Waits for those that
 * began before this definition, so that the evaluation sees their changes.
 */
async function waitForAppliers(session: Session, segmentId: number): Promise<void> {
  await session.transact(async (tx) => {
    const [segment] = await tx<{ definition: unknown }[]>`
      select definition from segment
      where id = ${segmentId} and deleted_at is null and evaluated_version is distinct from definition_version`;
    if (!segment) return;
    await tx`set local lock_timeout = '1s'`;
    for (const cohortId of cohortsOf(storedDefinition(segment.definition))) {
      await tx`select pg_advisory_xact_lock_shared(${advisoryLocks.cohort}::int, ${Number(cohortId)}::int)`;
    }
  });
}

interface RecordedMoves {
  /** The number of entries and exits. */
  readonly moved: number;
  readonly lastChangeId: string | null;
}

interface Evaluation extends RecordedMoves {
  readonly setId: string;
  /** What to add to the segment's counters, or to set them to. */
  readonly counts: MemberCounts;
  readonly mode: 'set' | 'add';
}

async function evaluateCandidates(tx: Transaction, segment: SegmentRow, definition: Definition): Promise<Evaluation> {
  const setId = segment.set_id as string;
  const table = setTable(setId);
  const sets = await readCohortSets(tx, definition);
  await planFewMembers(tx);
  const [{ moved, lastChangeId, ...counts }] = await tx<[MemberCounts & RecordedMoves]>`
    with taken as (
      delete from segment_candidate where segment_id = ${segment.id} and member is not null returning member
    ), judged as (
      select c.member, (${matchesMember(tx, definition, sets, tx`c.member`)}) as belongs,
        exists (select from ${tx(table)} held where held.member = c.member) as held
      from (select distinct member from taken) c
    ), entered as (
      insert into ${tx(table)} (member) select member from judged where belongs and not held returning member
    ), gone as (
      delete from ${tx(table)} t using judged j where t.member = j.member and not j.belongs and j.held returning t.member
    ), moved as (
      select true as entered, member from entered union all select false, member from gone
    ), noted as (
      insert into segment_change (segment_id, at, entered, member)
      select ${segment.id}, (select clock_timestamp()), entered, member from moved
      returning id
    )
    select ${tx.unsafe(countGains)}, count(*)::int as moved, (select max(id) from noted) as "lastChangeId" from moved m`;
  return { setId, counts, mode: 'add', moved, lastChangeId };
}

/** Fills a new set; readers see the old one until the commit. */
async function evaluateWhole(tx: Transaction, segment: SegmentRow, definition: Definition): Promise<Evaluation> {
  await raiseWorkMem(tx);
  await tx`delete from segment_candidate where segment_id = ${segment.id}`;
  const sets = await readCohortSets(tx, definition);
  const setId = await createSet(tx, tx`select member from (${selectMembers(tx, definition, sets)}) e order by member`);
  const fresh = setTable(setId);
  const [counts] = await tx<[MemberCounts]>`select ${tx.unsafe(countMembers)} from ${tx(fresh)} m`;
  const moves = segment.set_id === null ? { moved: 0, lastChangeId: null } : await recordDifference(tx, segment, fresh);
  await supersedeSet(tx, segment.set_id);
  return { setId, counts, mode: 'set', ...moves };
}

async function recordDifference(tx: Transaction, segment: SegmentRow, fresh: string): Promise<RecordedMoves> {
  const [row] = await tx<[RecordedMoves]>`
    with noted as (
      insert into segment_change (segment_id, at, entered, member)
      select ${segment.id}, (select clock_timestamp()), n.member is not null, coalesce(n.member, o.member)
      from ${tx(setTable(segment.set_id as string))} o full join ${tx(fresh)} n on n.member = o.member
      where o.member is null or n.member is null
      returning id
    )
    select count(*)::int as moved, max(id) as "lastChangeId" from noted`;
  return row;
}

const maxRestMs = 5 * 60_000;
const minRestMs = 500;

/**
 * The next evaluation of the same kind waits for as long as this one took, so that a busy cohort takes half of a session
 * at most. A few changes after a long evaluation of all members do not wait for its rest.
 */
async function recordEvaluation(
  tx: Transaction,
  segment: SegmentRow,
  { setId, counts, mode, lastChangeId }: Evaluation,
  { whole, ms }: { readonly whole: boolean; readonly ms: number },
): Promise<void> {
  const restMs = Math.min(Math.max(minRestMs, ms), maxRestMs);
  const restEnd = tx`clock_timestamp() + ${restMs}::int * interval '1 millisecond'`;
  await tx`
    update segment set
      set_id = ${setId}::bigint, ${assignCounts(tx, counts, mode)},
      evaluated_version = ${segment.definition_version}, evaluated_at = now(), evaluation_ms = ${ms},
      ${whole ? tx`evaluate_after = clock_timestamp(), whole_evaluation_after = ${restEnd}` : tx`evaluate_after = ${restEnd}`},
      last_change_id = coalesce(${lastChangeId}::bigint, last_change_id),
      changes_complete_since = coalesce(changes_complete_since, clock_timestamp())
    where id = ${segment.id}`;
}
