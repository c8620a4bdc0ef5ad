import type { Logger } from 'pino';

export interface Periodic {
  /** Runs at once, or once more after the current run. */
  runNow(): void;
  /** Starts no further run, and resolves when the current one has ended. */
  stop(): Promise<void>;
}

/** Runs `task` now and `intervalMs` after the end of each run, one run at a time. A failure is logged as `event`. */
export function startPeriodic(log: Logger, event: string, intervalMs: number, task: () => Promise<void>): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  function run(): void {
    if (stopped) return;
    clearTimeout(timer);
    again = false;
    running = runOnce().finally(() => {
      running = undefined;
      if (again) run();
      else if (!stopped) timer = setTimeout(run, intervalMs);
    });
  }

  async function runOnce(): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!stopped) log.warn({ event, err: error }, 'a periodic task failed; it runs again');
    }
  }

  run();
  return {
    runNow() {
      if (running) again = true;
      else run();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
