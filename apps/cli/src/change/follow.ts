import { setTimeout as wait } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import { CommandFailure, exitCodes } from '../failure.js';
import type { Session } from '../session.js';

export interface Progress {
  readonly doneCount: number;
  readonly totalCount: number;
  /** Shown beside the bar. */
  readonly state: string;
}

/** Something that the hub does by itself. */
export interface Followed<State> {
  readonly id: string;
  /** The command that follows it again. */
  readonly again: string;
  read(): Promise<State>;
  isOver(state: State): boolean;
  /** Undefined while it is not known how much there is to do. */
  progressOf(state: State): Progress | undefined;
  /** Why it does not go on by itself; undefined if it does. */
  haltOf(state: State): string | undefined;
}

const pollMs = 400;
/** What the hub does outlives a restart of the api, which takes less. */
const maxSilenceMs = 60_000;

/**
 * Reads a state until it is over, and returns the last one. Shows a progress bar to a person. Ctrl-C leaves the hub to it,
 * and throws `CommandFailure` that says how to follow it again; so does a state that does not go on by itself.
 */
export async function follow<State>({ terminal }: Session, started: State, followed: Followed<State>): Promise<State> {
  const { id, again, read, isOver, progressOf, haltOf } = followed;
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  const bar = terminal.isInteractive ? createBar(id) : undefined;
  let lastAnswerAt = performance.now();
  let state = started;
  try {
    while (!isOver(state)) {
      const halt = haltOf(state);
      if (halt !== undefined)
        throw new CommandFailure(`${id} is ${halt}; ${again} follows it once it is resumed`, exitCodes.negative);
      show(bar, progressOf(state));
      await wait(pollMs, undefined, { signal: leaving.signal }).catch(() => undefined);
      if (leaving.signal.aborted)
        throw new CommandFailure(`left ${id}, which goes on; to look at it again: ${again}`, exitCodes.interrupted);
      state = await next();
    }
    return state;
  } finally {
    bar?.stop();
    process.off('SIGINT', leave);
  }

  async function next(): Promise<State> {
    try {
      const answer = await read();
      lastAnswerAt = performance.now();
      return answer;
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.exitCode === exitCodes.unreachable;
      if (!isAway || performance.now() - lastAnswerAt > maxSilenceMs) throw error;
      return state;
    }
  }
}

function createBar(id: string): SingleBar {
  return new SingleBar(
    {
      format: `${id} {bar} {value}/{total} {state}`,
      clearOnComplete: true,
      linewrap: true,
      // It would take SIGTERM for itself, and the process would go on.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
}

function show(bar: SingleBar | undefined, progress: Progress | undefined): void {
  if (!bar || !progress) return;
  const { doneCount, totalCount, state } = progress;
  if (bar.isActive) bar.setTotal(totalCount);
  else bar.start(totalCount, doneCount, { state });
  bar.update(doneCount, { state });
}
