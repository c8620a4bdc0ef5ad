import { setTimeout as wait } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Session } from '../session.js';
import type { Job } from './job.js';

const pollMs = 400;
/** A job outlives a restart of the api, which takes less. */
const maxSilenceMs = 60_000;
const ends: ReadonlySet<Job['state']> = new Set(['DONE', 'FAILED', 'CANCELLED']);

/**
 * Waits until a job has finished, and returns it. Shows a progress bar to a person. Ctrl-C leaves the job running, and
 * throws `CommandFailure` that says how to follow it again; so does a pause of the job.
 */
export async function followJob({ hub, terminal }: Session, started: Job): Promise<Job> {
  const { id } = started;
  const again = `currents jobs watch ${id}`;
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  if (!ends.has(started.state) && !started.isDryRun) terminal.note(`Following ${id}; Ctrl-C leaves it running.`);
  const bar = terminal.isInteractive
    ? new SingleBar(
        {
          format: `${id} {bar} {value}/{total} {state}`,
          clearOnComplete: true,
          linewrap: true,
          // It would take SIGTERM for itself, and the process would go on.
          gracefulExit: false,
        },
        Presets.shades_classic,
      )
    : undefined;
  let lastAnswerAt = performance.now();
  let job = started;
  try {
    while (!ends.has(job.state)) {
      if (job.state === 'PAUSED')
        throw new CommandFailure(`${id} is paused; ${again} follows it once it is resumed`, exitCodes.negative);
      if (job.totalCount !== null) show(bar, job, job.totalCount);
      await wait(pollMs, undefined, { signal: leaving.signal }).catch(() => undefined);
      if (leaving.signal.aborted)
        throw new CommandFailure(`left ${id}, which goes on; to look at it again: ${again}`, exitCodes.interrupted);
      job = await read();
    }
    return job;
  } finally {
    bar?.stop();
    process.off('SIGINT', leave);
  }

  async function read(): Promise<Job> {
    try {
      const { job: found } = await hub.ask<{ job: Job | null }>(documents.job, { id });
      lastAnswerAt = performance.now();
      if (found === null) throw new CommandFailure(`there is no job ${id}`, exitCodes.negative);
      return found;
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.exitCode === exitCodes.unreachable;
      if (!isAway || performance.now() - lastAnswerAt > maxSilenceMs) throw error;
      return job;
    }
  }
}

function show(bar: SingleBar | undefined, { doneCount, state }: Job, totalCount: number): void {
  if (!bar) return;
  if (bar.isActive) bar.setTotal(totalCount);
  else bar.start(totalCount, doneCount, { state });
  bar.update(doneCount, { state });
}
