import type { Sql } from '@currents/core';
import { until } from '../endToEnd/until.js';

/**
 * Starts jobs, and leaves each paused after its first step: that of a dry run, which may have one step
 * only, when it has counted. A trigger does to the row what `pauseJob` does, because a job this short cannot be met half
 * done from outside.
 * @param jobs mutations, each of which creates one.
 */
export async function leaveJobsHalfDone(sql: Sql, jobs: readonly (() => Promise<unknown>)[]): Promise<void> {
  await sql.unsafe(`
    create function pause_half_done() returns trigger language plpgsql as $$
    begin
      new.state := 'paused';
      new.lease := null;
      return new;
    end $$;
    create trigger pause_half_done before update on job for each row
      when (new.progress is distinct from old.progress and (old.progress is not null or new.input->>'isDryRun' = 'true'))
      execute function pause_half_done()`);
  try {
    await Promise.all(jobs.map((start) => start()));
    await until(
      () => sql`select from job where state = 'paused'`,
      ({ length }) => length === jobs.length,
      60_000,
    );
  } finally {
    await sql.unsafe('drop function pause_half_done cascade');
  }
}
