import type { CohortReference, PullLimits, PullCursor } from '@currents/connector';
import type { Session, Transaction } from '../db/session.js';
import { lockAccount, recordUse, exhaustedBudget, type ExhaustedBudget, type Unit } from './pullBudget.js';

/** A step of a pull, leased to this worker. */
export interface ClaimedStep {
  readonly cohortId: number;
  readonly runId: string;
  readonly lease: string;
  readonly partner: string;
  readonly cohort: CohortReference;
  /** Where the pull stands, and what is behind it; undefined at its beginning. */
  readonly place: PullCursor | undefined;
  readonly pages: number;
  readonly members: number;
  readonly tries: number;
  /** When the pull last made progress, in Unix milliseconds. */
  readonly movedAtMs: number;
  /** The account, and the time in Unix milliseconds, under which the step is counted. */
  readonly account: Buffer;
  readonly countedAtMs: number;
}

export interface StepRequest {
  readonly cohortId: number;
  readonly currentId: number;
  readonly account: Buffer;
  readonly limits: PullLimits;
  readonly lease: string;
  readonly leaseMs: number;
}

/** When to try again if as many steps are running as the partner allows at once. */
const concurrencyRetryMs = 1_000;

/**
 * Leases a step if it is due and the partner's limits have room for it. Over all workers, one step of a cohort runs at
 * a time, and requests with the same credentials stay within the limits.
 */
export async function claimStep(session: Session, wish: StepRequest): Promise<ClaimedStep | undefined> {
  const { cohortId, currentId, account, limits } = wish;
  return session.transact(async (tx) => {
    const [due] = await tx<{ begins: boolean; orders: boolean }[]>`
      select run_id is null as begins, cursor is null as orders from cohort_pull
      where cohort_id = ${cohortId} and current_id = ${currentId} and due_at <= now() for update skip locked`;
    if (!due) return undefined;
    const used = await lockAccount(tx, account);
    const [{ steps }] = await tx<[{ steps: number }]>`
      select count(*)::int as steps from cohort_pull where account = ${account} and lease is not null and due_at > now() and cohort_id <> ${cohortId}`;
    if (steps >= limits.maxConcurrentSteps) {
      await tx`update cohort_pull set lease = null, due_at = now() + ${concurrencyRetryMs}::float8 * interval '1 millisecond' where cohort_id = ${cohortId}`;
      return undefined;
    }
    const units: readonly Unit[] = due.orders ? ['steps', 'pulls'] : ['steps'];
    const spent = exhaustedBudget(used, units, limits.budgets);
    if (spent) {
      await deferUntilFree(tx, cohortId, spent);
      return undefined;
    }
    const countedAtMs = await recordUse(tx, account, used, units, limits.budgets);
    const row = await leaseStep(tx, wish, due.begins);
    return row && stepOf(row, wish, countedAtMs);
  });
}

async function deferUntilFree(
  tx: Transaction,
  cohortId: number,
  { freeAtMs, budget: { unit, limit, periodMs } }: ExhaustedBudget,
): Promise<void> {
  const minutes = periodMs / 60_000;
  const period = minutes >= 2 * 1_440 ? `${Math.round(minutes / 1_440)} days` : `${Math.round(minutes)} minutes`;
  const detail = `the limit of ${limit} ${unit} in ${period} for all cohorts together is used up`;
  await tx`
    update cohort_pull set lease = null, due_at = to_timestamp(${freeAtMs}::float8 / 1000), deferral_code = 'budget_spent', deferral_detail = ${detail}
    where cohort_id = ${cohortId}`;
}

interface Row {
  readonly run_id: string;
  readonly partner: string;
  readonly partner_id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly cursor: string | null;
  readonly cursor_pages: number;
  readonly cursor_members: string;
  readonly attempts: number;
  readonly progressed_at: Date;
}

/** Leases the step. Pages of an earlier attempt that did not finish are fetched again, so they are not counted. */
async function leaseStep(
  tx: Transaction,
  { cohortId, currentId, account, lease, leaseMs }: StepRequest,
  begins: boolean,
): Promise<Row | undefined> {
  const begun = begins
    ? tx`run_id = nextval('cohort_pull_run'), started_at = now(), progressed_at = now(), cursor = null, cursor_pages = 0, cursor_members = 0, attempts = 0,
        pages = 0, members = 0, total = null,`
    : tx`pages = cursor_pages, members = cursor_members,`;
  const [row] = await tx<Row[]>`
    update cohort_pull p set
      ${begun} lease = ${lease}::bigint, account = ${account}, due_at = now() + ${leaseMs}::float8 * interval '1 millisecond',
      deferral_code = null, deferral_detail = null
    from cohort c left join partner_cohort l on l.current_id = ${currentId} and l.partner_id = c.partner_id
    where p.cohort_id = ${cohortId} and c.id = p.cohort_id
    returning p.run_id, c.partner, c.partner_id, l.name, l.description, p.cursor, p.cursor_pages, p.cursor_members, p.attempts, p.progressed_at`;
  return row;
}

function stepOf(row: Row, { cohortId, account, lease }: StepRequest, countedAtMs: number): ClaimedStep {
  return {
    cohortId,
    runId: row.run_id,
    lease,
    partner: row.partner,
    cohort: {
      id: row.partner_id,
      ...(row.name !== null && { name: row.name }),
      ...(row.description !== null && { description: row.description }),
    },
    place: row.cursor ?? undefined,
    pages: row.cursor_pages,
    members: Number(row.cursor_members),
    tries: row.attempts,
    movedAtMs: row.progressed_at.getTime(),
    account,
    countedAtMs,
  };
}
