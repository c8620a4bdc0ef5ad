import type { Admin } from '../admin/admin.js';
import type { Schedule } from '../cohorts/freshness.js';
import type { Recovery } from './recordStep.js';

/**
 * `waiting`: nothing is under way. `running`: members are being fetched, or a step waits. `applying`: all are fetched, and
 * the membership is being replaced. `failed`: the last pull came to nothing, and the members are as they were.
 */
export type PullState = 'waiting' | 'running' | 'applying' | 'failed';

/** How the hub fetches a cohort itself. */
export interface PullView {
  readonly kind: 'CohortPull';
  readonly cohortId: string;
  /** Whose settings and credentials it uses. */
  readonly currentId: string;
  readonly schedule: Schedule | undefined;
  readonly state: PullState;
  readonly progress: PullProgress | undefined;
  readonly hold: PullHold | undefined;
  readonly failure: PullFailure | undefined;
  readonly lastStartedAt: Date | undefined;
  readonly lastSuccessAt: Date | undefined;
  /** When the next pull begins; undefined while one is under way, and where none is due. */
  readonly nextDueAt: Date | undefined;
  readonly createdAt: Date;
}

/** Of the pull that is under way. */
export interface PullProgress {
  readonly startedAt: Date;
  readonly pages: number;
  /** Handed over so far, with and without a usable id, as often as they came. */
  readonly members: number;
  /** How many the partner says there are, where it says so. */
  readonly total: number | undefined;
}

/** Why the next step, or the next pull, waits longer than it would by itself. */
export interface PullHold {
  readonly code: string;
  readonly detail: string;
  readonly until: Date;
}

export interface PullFailure {
  readonly code: string;
  readonly detail: string;
  /** What has to happen before another pull is made. */
  readonly recovery: Recovery;
  readonly at: Date;
}

export interface PullRow {
  readonly cohort_id: number;
  readonly current_id: number;
  readonly schedule: Schedule | null;
  readonly due_at: Date | null;
  readonly run_id: string | null;
  readonly started_at: Date | null;
  readonly fetched_at: Date | null;
  readonly pages: number;
  readonly members: string;
  /** What the pull was told, or else what the partner's last list said. */
  readonly size: string | null;
  readonly deferral_code: string | null;
  readonly deferral_detail: string | null;
  readonly failure_code: string | null;
  readonly failure_detail: string | null;
  readonly failure_recovery: Recovery | null;
  readonly failed_at: Date | null;
  readonly last_success_at: Date | null;
  readonly created_at: Date;
}

/** Pulls as a view is made of them: `p`, with its cohort `c`. */
export function selectPulls({ sql }: Pick<Admin, 'sql'>) {
  return sql`
    select p.*, c.schedule, coalesce(p.total, l.size) as size
    from cohort_pull p join cohort c on c.id = p.cohort_id
      left join partner_cohort l on l.current_id = p.current_id and l.partner_id = c.partner_id`;
}

export function pullViewOf(row: PullRow): PullView {
  const state = stateOf(row);
  return {
    kind: 'CohortPull',
    cohortId: String(row.cohort_id),
    currentId: String(row.current_id),
    schedule: row.schedule ?? undefined,
    state,
    progress: progressOf(row),
    hold: holdOf(row),
    failure: failureOf(row),
    lastStartedAt: row.started_at ?? undefined,
    lastSuccessAt: row.last_success_at ?? undefined,
    nextDueAt:
      (row.run_id === null && (row.failure_recovery === null || row.failure_recovery === 'automatic') && row.due_at) ||
      undefined,
    createdAt: row.created_at,
  };
}

function stateOf({ run_id, fetched_at, failure_code }: PullRow): PullState {
  if (run_id !== null) return fetched_at === null ? 'running' : 'applying';
  return failure_code === null ? 'waiting' : 'failed';
}

function progressOf({ run_id, started_at, pages, members, size }: PullRow): PullProgress | undefined {
  if (run_id === null || started_at === null) return undefined;
  return { startedAt: started_at, pages, members: Number(members), total: size === null ? undefined : Number(size) };
}

function holdOf({ deferral_code, deferral_detail, due_at }: PullRow): PullHold | undefined {
  if (deferral_code === null || due_at === null) return undefined;
  return { code: deferral_code, detail: deferral_detail ?? '', until: due_at };
}

function failureOf({ failure_code, failure_detail, failure_recovery, failed_at }: PullRow): PullFailure | undefined {
  if (failure_code === null || failure_recovery === null || failed_at === null) return undefined;
  return { code: failure_code, detail: failure_detail ?? '', recovery: failure_recovery, at: failed_at };
}
