import { setTimeout as wait } from 'node:timers/promises';
import { startProgram, type Program, type ProgramName } from '../../src/hub/program.js';

/** A place in which one program runs, ends and runs again. */
export interface Slot {
  /** Resolves when the program is ready. Rejects when it runs already. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Asks it to finish, and answers how it ended; after a while it is killed. */
  stop(): Promise<string>;
  /** Where it listened last. */
  url(): string;
  /** The number of the process that ran last. */
  pid(): number;
  /** How it ended when nobody had asked it to; undefined when it never did. */
  crash(): string | undefined;
}

const finishMs = 15_000;

export function createSlot(
  name: ProgramName,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Slot {
  let running: Program | undefined;
  let last: Program | undefined;
  let crash: string | undefined;
  /** What it printed last, for the words of a crash. */
  const said: string[] = [];

  function listen(line: string): void {
    said.push(line);
    if (said.length > 20) said.shift();
    onLine(line);
  }

  /** What has ended must not be ended again: its number may be another process's by then. */
  function take(): Program | undefined {
    const program = running;
    running = undefined;
    return program;
  }

  return {
    async start() {
      if (running !== undefined) throw new Error(`the ${name} runs already`);
      const program = await startProgram(name, { environment, onLine: listen });
      running = last = program;
      void program.ended.then((how) => {
        if (running !== program) return;
        running = undefined;
        crash ??= `the ${name} ended by itself (${how}):\n${said.join('\n')}`;
      });
    },
    kill: async () => take()?.kill(),
    async stop() {
      const program = take();
      if (program === undefined) return 'not running';
      process.kill(program.pid, 'SIGTERM');
      const late = new AbortController();
      const how = await Promise.race([
        program.ended,
        wait(finishMs, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
      if (how !== undefined) return how;
      await program.kill();
      return `still running ${finishMs / 1_000} s after SIGTERM`;
    },
    url: () => last?.url ?? '',
    pid: () => last?.pid ?? 0,
    crash: () => crash,
  };
}
