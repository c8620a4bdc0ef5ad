import { CommandFailure, exitCodes, type ExitCode } from '../failure.js';
import type { Variables } from '../hub/hub.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import type { Session } from '../session.js';
import { confirm } from './confirm.js';
import { followJob } from './followJob.js';
import { describeResult, type Job } from './job.js';

/** A mutation that starts a job, and changes nothing with `dryRun`. Its field has the alias `change`. */
export interface PlannedChange {
  readonly document: string;
  readonly variables: Variables;
  /** What is done, such as `Sends dead letters of mail again`. */
  readonly summary: string;
  /** What is typed to confirm it. */
  readonly name: string;
}

/** Plans a change by a dry run, shows it, asks for confirmation, and follows the job that does it. */
export async function planAndRun(
  session: Session,
  { document, variables, summary, name }: PlannedChange,
): Promise<ExitCode> {
  const { terminal, isJson } = session;
  const start = async (more: Variables): Promise<Job> => {
    const { change } = await session.hub.ask<{ change: { job: Job } | Problem }>(document, { ...variables, ...more });
    return followJob(session, unwrap(change).job);
  };
  const planned = finished(await start({ dryRun: true }));
  const plan = `${summary}:\n${planned.result ? describeResult(planned.result) : ''}`;
  if (planned.result?.eventCount === 0) {
    terminal.note(`${plan}\nThere is nothing to do.`);
    if (isJson) terminal.printJson(planned);
    return exitCodes.done;
  }
  await confirm(session, plan, name);
  const done = finished(
    await start({
      dryRun: false,
      ...(/\$confirmName\b/.test(document) && { confirmName: name }),
      // What has come since is not what was confirmed.
      ...(/\$confirmEventCount\b/.test(document) && { confirmEventCount: planned.result?.eventCount }),
    }),
  );
  if (isJson) terminal.printJson(done);
  else terminal.print(`${done.id} is done\n${done.result ? describeResult(done.result) : ''}`.trimEnd());
  return exitCodes.done;
}

function finished(job: Job): Job {
  if (job.state === 'DONE') return job;
  throw new CommandFailure(
    `${job.id} ended as ${job.state}${job.error ? `: ${job.error}` : ''}; see currents jobs show ${job.id}`,
    exitCodes.negative,
  );
}
