import type { CohortReference, PullLimits, PullCursor } from '@currents/connector';
import type { Session, Transaction } from '../db/session.js';
import { lockAccount, recordUse, exhaustedBudget, type ExhaustedBudget, type Unit } from './pullBudget.js';

/** A step of a pull, leased to this worker. */
export interface ClaimedStep {
  readonly cohortId: number;
  readonly runId: string;
  readonly lease: string;
  /** Of the Current that is used. */
  readonly version: number;
  readonly partner: string;
  readonly cohort: CohortReference;
  /** Where the pull stands, and what is behind it; undefined at its beginning. */
  readonly place: PullCursor | undefined;
  readonly pages: number;
  readonly members: number;
  readonly tries: number;
  /** When the pull last made progress. */
  readonly progressedAt: Date;
  /** The account, and the time in Unix milliseconds, under which the step is counted. */
  readonly account: Buffer;
  readonly countedAtMs: number;
}

/** The step to lease: of this pull, with this version of this Current. */
type StepRequest = Pick<ClaimedStep, 'cohortId' | 'version' | 'account' | 'lease'> & {
  readonly currentId: number;
  readonly limits: PullLimits;
  readonly leaseMs: number;
};

/** When to try again if as many steps are running as the partner allows at once. */
const concurrencyRetryMs = 1_000;

/**
 * Leases a step if it is due and the partner's limits have room for it. Over all workers, one step of a cohort runs at
 * a time, and requests with the same credentials stay within the limits.
 */
export async function claimStep(session: Session, wish: StepRequest): Promise<ClaimedStep | undefined> {
  const { cohortId, currentId, version, account, lease, limits } = wish;
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
    const leased = await leaseStep(tx, wish, due.begins);
    if (!leased) return undefined;
    const { id, name, description, cursor, ...row } = leased;
    const cohort = { id, ...(name !== null && { name }), ...(description !== null && { description }) };
    return { ...row, cohortId, version, lease, cohort, place: cursor ?? undefined, account, countedAtMs };
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

type LeasedRow = Pick<ClaimedStep, 'runId' | 'partner' | 'pages' | 'members' | 'tries' | 'progressedAt'> & {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly cursor: string | null;
};

/** Leases the step. Pages of an earlier attempt that did not finish are fetched again, so they are not counted. */
async function leaseStep(
  tx: Transaction,
  { cohortId, currentId, account, lease, leaseMs }: StepRequest,
  begins: boolean,
): Promise<LeasedRow | undefined> {
  const begun = begins
    ? tx`run_id = nextval('cohort_pull_run'), started_at = now(), progressed_at = now(), cursor = null, cursor_pages = 0, cursor_members = 0, attempts = 0,
        pages = 0, members = 0, total = null,`
    : tx`pages = cursor_pages, members = cursor_members,`;
  const [row] = await tx<LeasedRow[]>`
    update cohort_pull p set
      ${begun} lease = ${lease}::bigint, account = ${account}, due_at = now() + ${leaseMs}::float8 * interval '1 millisecond',
      deferral_code = null, deferral_detail = null
    from cohort c left join partner_cohort l on l.current_id = ${currentId} and l.partner_id = c.partner_id
    where p.cohort_id = ${cohortId} and c.id = p.cohort_id
    returning p.run_id as "runId", c.partner, c.partner_id as id, l.name, l.description, p.cursor, p.cursor_pages as pages,
      p.cursor_members::float8 as members, p.attempts as tries, p.progressed_at as "progressedAt"`;
  return row;
}
