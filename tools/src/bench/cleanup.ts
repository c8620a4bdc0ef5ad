/** What has been started and has to be ended, last first, whatever happens. */
export interface Cleanup {
  add(what: string, end: () => unknown): void;
  /** Ends everything that is left. Never rejects: what could not be ended is said on standard error. */
  run(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const ends: { readonly what: string; readonly end: () => unknown }[] = [];
  let running: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    for (let next = ends.pop(); next; next = ends.pop()) {
      try {
        await next.end();
      } catch (error) {
        console.error(`bench: could not end ${next.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  return {
    add: (what, end) => void ends.push({ what, end }),
    // A Ctrl-C and an error it causes both clean up: the second waits for the first.
    run: () => (running ??= endAll().finally(() => (running = undefined))),
  };
}
