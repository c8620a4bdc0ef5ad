/** What has been started and has to be ended, last first. */
export interface Cleanup {
  add(what: string, end: () => unknown): void;
  /** Ends everything that is left. Never rejects: what could not be ended is reported on standard error. */
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

/** Runs a part of a bench with a cleanup of its own: what the part starts ends with it, or with the bench. */
export async function inScope<Value>(
  outer: Cleanup,
  what: string,
  part: (cleanup: Cleanup) => Promise<Value>,
): Promise<Value> {
  const cleanup = createCleanup();
  outer.add(what, cleanup.run);
  try {
    return await part(cleanup);
  } finally {
    await cleanup.run();
  }
}
