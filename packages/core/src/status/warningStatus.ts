import type { Sql } from '../db/connect.js';

/** What workers noticed in the last seven days about a Current that keeps working. */
export interface WarningStatus {
  readonly currentId: number;
  readonly currentName: string;
  readonly code: string;
  readonly detail: string;
  /** Events that it is about. */
  readonly count: number;
  readonly firstAt: Date;
}

const maxListed = 1_000;

export async function readWarnings(sql: Sql): Promise<readonly WarningStatus[]> {
  return sql<WarningStatus[]>`
    select w.current_id as "currentId", c.name as "currentName", w.code, w.detail, w.events::float8 as count, w.first_at as "firstAt"
    from current_warning w join current c on c.id = w.current_id and c.state <> 'deleted'
    where w.last_at > now() - interval '7 days' order by w.first_at, w.current_id, w.code limit ${maxListed}`;
}

/** A job that ended with an error in the last day. */
export interface FailedJob {
  readonly id: number;
  readonly operation: string;
  readonly error: string | null;
  readonly finishedAt: Date;
}

export async function readFailedJobs(sql: Sql): Promise<readonly FailedJob[]> {
  return sql<FailedJob[]>`
    select id, operation, error, finished_at as "finishedAt" from job
    where state = 'failed' and finished_at > now() - interval '1 day' order by finished_at, id limit ${maxListed}`;
}
