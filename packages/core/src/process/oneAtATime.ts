export type OneAtATime = ReturnType<typeof createOneAtATime>;

export interface OneAtATimeOptions {
  /** Tasks that may wait for their turn; beyond it a task is not taken. */
  readonly maxWaiting: number;
  /** A pause after each task, as a multiple of its duration: 4 keeps the tasks to a fifth of the time. */
  readonly pauseFactor?: number;
}

/** Runs tasks one after another, in order of arrival, so that at any moment all of them together cost as much as one. */
export function createOneAtATime({ maxWaiting, pauseFactor = 0 }: OneAtATimeOptions) {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function turn<Result>(before: Promise<unknown>, task: () => Promise<Result>): Promise<Result> {
    await before;
    waiting--;
    return task();
  }

  return {
    /** Settles as the task does; undefined when too many wait already, and the task is not run. */
    run<Result>(task: () => Promise<Result>): Promise<Result> | undefined {
      if (waiting >= maxWaiting) return undefined;
      waiting++;
      let startedMs = 0;
      const result = turn(last, () => {
        startedMs = performance.now();
        return task();
      });
      const pause = (): Promise<void> => wait((performance.now() - startedMs) * pauseFactor);
      last = result.then(pause, pause);
      return result;
    },
  };
}

async function wait(ms: number): Promise<void> {
  if (ms >= 1) await new Promise((resolve) => setTimeout(resolve, ms));
}
