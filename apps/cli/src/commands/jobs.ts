import type { Command } from 'commander';
import { confirm } from '../change/confirm.js';
import { followJob } from '../change/followJob.js';
import { describeJob, progressOf, type Job } from '../change/job.js';
import { documents } from '../documents.js';
import { CommandFailure, exitCodes, type ExitCode } from '../failure.js';
import type { Hub } from '../hub/hub.js';
import { readPages } from '../hub/readPages.js';
import { unwrap, type Problem } from '../hub/unwrap.js';
import { time } from '../output/time.js';
import { asking, type Session, type Surroundings } from '../session.js';
import { enumOf, given, withExample, withLimit } from './options.js';
import { printList } from './printList.js';

export function addJobs(program: Command, surroundings: Surroundings): void {
  const jobs = program
    .command('jobs')
    .description(
      'Lists, follows, pauses and cancels jobs: what may take long, such as replays. They go on without this program.',
    );

  withExample(withLimit(jobs.command('list'), 20), 'currents jobs list --state running')
    .summary('jobs, the newest first')
    .description('Lists jobs, the newest first, with how far they are.')
    .option('--state <state>', 'only jobs in this state: queued, running, paused, done, failed, cancelled')
    .action(
      asking<{ readonly limit: number; readonly state?: string }>(surroundings, async (session, _args, options) => {
        const filter = given({ state: options.state === undefined ? undefined : enumOf(options.state) });
        const pages = await readPages<Job>(session.hub, documents.jobs, { filter }, options.limit);
        printList(session, pages, columns, 'There are no such jobs.');
      }),
    );

  withExample(jobs.command('show <job-id>'), 'currents jobs show job_7')
    .summary('one job, and what it has done')
    .description('Prints one job, and what it has done so far.')
    .action(asking(surroundings, async (session, [id = '']) => printJob(session, await findJob(session.hub, id))));

  withExample(jobs.command('watch <job-id>'), 'currents jobs watch job_7')
    .summary('follow a job until it has finished')
    .description('Follows a job until it has finished, and prints what it has done. Exits with 1 when it failed.')
    .action(
      asking(surroundings, async (session, [id = '']) => {
        return printJob(session, await followJob(session, await findJob(session.hub, id)));
      }),
    );

  addChange('pause', 'stop a job before its next step, until it is resumed', documents.pauseJob);
  addChange('resume', 'let a paused job go on from where it has come', documents.resumeJob);
  addChange('cancel', 'end a job before its next step; what it has done stays done', documents.cancelJob);

  function addChange(verb: 'pause' | 'resume' | 'cancel', summary: string, document: string): void {
    withExample(jobs.command(`${verb} <job-id>`), `currents jobs ${verb} job_7`)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}. Asks to type its id.`)
      .option('--yes', 'confirm without asking')
      .action(
        asking(surroundings, async (session, [id = '']) => {
          const { hub, terminal, isJson } = session;
          const job = await findJob(hub, id);
          const what = `${job.id} (${job.operation}, ${job.state}, ${progressOf(job)})`;
          await confirm(session, `${verb[0]?.toUpperCase()}${verb.slice(1)}s ${what}.`, job.id);
          const { change } = await hub.ask<{ change: { readonly job: Job } | Problem }>(document, { id: job.id });
          const changed = unwrap(change).job;
          if (isJson) terminal.printJson(changed);
          else
            terminal.print(
              `${changed.id} is ${changed.state}${verb === 'cancel' && !ended(changed) ? ', and ends soon' : ''}`,
            );
        }),
      );
  }
}

const ended = ({ finishedAt }: Job): boolean => finishedAt !== null;

async function findJob(hub: Hub, id: string): Promise<Job> {
  const { job } = await hub.ask<{ job: Job | null }>(documents.job, { id });
  if (job) return job;
  throw new CommandFailure(`there is no job ${id}; see currents jobs list`, exitCodes.negative);
}

function printJob({ terminal, isJson }: Session, job: Job): ExitCode {
  if (isJson) terminal.printJson(job);
  else terminal.print(describeJob(job));
  return job.state === 'FAILED' ? exitCodes.negative : exitCodes.done;
}

const columns = [
  { title: 'ID', of: ({ id }: Job) => id },
  { title: 'OPERATION', of: ({ operation, isDryRun }: Job) => `${operation}${isDryRun ? ' (dry run)' : ''}` },
  { title: 'STATE', of: ({ state }: Job) => state },
  { title: 'PROGRESS', of: progressOf },
  { title: 'CREATED', of: ({ createdAt }: Job) => time(createdAt) },
  { title: 'FINISHED', of: ({ finishedAt }: Job) => time(finishedAt) },
];
