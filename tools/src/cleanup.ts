export type Cleanup = ReturnType<typeof createCleanup>;

/** The functions that end what has been started, called in reverse order. */
export function createCleanup() {
  const ends: { readonly what: string; readonly end: () => unknown }[] = [];
  let running: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    for (let next = ends.pop(); next; next = ends.pop()) {
      try {
        await next.end();
      } catch (error) {
        console.error(`could not end ${next.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  return {
    add: (what: string, end: () => unknown) => void ends.push({ what, end }),
    /**
     * Ends all that is still running. Never rejects: failures are reported on standard error. Ctrl-C and the errors that
     * it causes both clean up: the second call waits for the first.
     */
    run: () => (running ??= endAll().finally(() => (running = undefined))),
  };
}

/** Runs a part of a program with a separate cleanup, which ends all that the part has started. */
export async function inScope<Value>(
  outer: Cleanup,
  what: string,
  part: (cleanup: Cleanup) => Promise<Value>,
): Promise<Value> {
  const cleanup = createCleanup();
  outer.add(what, cleanup.run);
  return part(cleanup).finally(cleanup.run);
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * On Ctrl-C, SIGTERM and the end of the terminal: ends all that was started, and then the process. While it does,
 * errors are expected elsewhere: `isStopping` says so. `name` is that of the program, for its messages.
 */
export function cleanUpOnSignals(name: string, cleanup: Cleanup) {
  let isStopping = false;
  /** The same for another reason. */
  function stop(why: string, exitCode: number): void {
    if (isStopping) return;
    isStopping = true;
    console.error(`${name}: ${why}; ending what was started`);
    void cleanup.run().then(() => process.exit(exitCode));
  }
  const listener = (signal: NodeJS.Signals): void => stop('interrupted', exitCodes[signal as keyof typeof exitCodes]);
  const signals = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  for (const signal of signals) process.once(signal, listener);
  return {
    stop,
    isStopping: () => isStopping,
    /** Leaves the signals to others again. */
    dismiss(): void {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
