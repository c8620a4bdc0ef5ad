import { documents } from '../documents.js';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Session } from '../session.js';
import { follow } from './follow.js';
import type { Job } from './job.js';

const ends: ReadonlySet<Job['state']> = new Set(['DONE', 'FAILED', 'CANCELLED']);

/** Waits until a job has finished, and returns it: see `follow`. */
export async function followJob(session: Session, started: Job): Promise<Job> {
  const { hub, terminal } = session;
  const { id } = started;
  const isOver = ({ state }: Job): boolean => ends.has(state);
  if (!isOver(started) && !started.isDryRun) terminal.note(`Following ${id}; Ctrl-C leaves it running.`);
  return follow(session, started, {
    id,
    again: `currents jobs watch ${id}`,
    isOver,
    progressOf: ({ doneCount, totalCount, state }) =>
      totalCount === null ? undefined : { doneCount, totalCount, state },
    haltOf: ({ state }) => (state === 'PAUSED' ? 'paused' : undefined),
    async read() {
      const { job } = await hub.ask<{ job: Job | null }>(documents.job, { id });
      if (job === null) throw new CommandFailure(`there is no job ${id}`, exitCodes.negative);
      return job;
    },
  });
}
