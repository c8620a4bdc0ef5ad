import type { Logger } from 'pino';

/**
 * Runs `task` now and `intervalMs` after the end of each run, one run at a time. A failure is logged as `event`.
 * @param intervalMs undefined: it runs again only by `runNow`.
 */
export function startPeriodic(log: Logger, event: string, intervalMs: number | undefined, task: () => Promise<void>) {
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
      else if (!stopped && intervalMs !== undefined) timer = setTimeout(run, intervalMs);
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
    /** Runs at once, or once more after the current run. */
    runNow(): void {
      if (running) again = true;
      else run();
    },
    /** Starts no further run, and resolves when the current one has ended. */
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
