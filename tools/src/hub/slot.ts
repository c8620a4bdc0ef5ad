import { setTimeout as wait } from 'node:timers/promises';
import { startProgram, type Program, type ProgramName } from './program.js';

/** A program that can be stopped, killed and restarted. */
export interface Slot {
  /** Resolves when the program is ready. Rejects when it is already running. */
  start(): Promise<void>;
  /** Kills the program, as a crash would. */
  kill(): Promise<void>;
  /** Sends SIGTERM and returns how the program ended; kills it after a timeout. Also ends one that is frozen. */
  stop(): Promise<string>;
  /** Stops the program's execution, as a paused virtual machine does, until `thaw`. Does nothing if it does not run. */
  freeze(): void;
  thaw(): void;
  /** Sends a message that a preloaded module of the program understands. */
  tell(message: object): void;
  /** The address of the last run. */
  url(): string;
  /** The process id of the last run. */
  pid(): number;
  /** How the program crashed; undefined if it never did. */
  crash(): string | undefined;
}

const finishMs = 15_000;

export function createSlot(
  name: ProgramName,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
  nodeOptions?: readonly string[],
): Slot {
  let running: Program | undefined;
  let last: Program | undefined;
  let crash: string | undefined;
  /** The last lines of output, for the report of a crash. */
  const lastLines: string[] = [];

  function listen(line: string): void {
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
    onLine(line);
  }

  /** Clears the slot, so that no signal is sent to an ended process, whose id may be reused. */
  function take(): Program | undefined {
    const program = running;
    running = undefined;
    return program;
  }

  function signal(name: NodeJS.Signals): void {
    if (running !== undefined) process.kill(running.pid, name);
  }

  return {
    async start() {
      if (running !== undefined) throw new Error(`the ${name} is already running`);
      const program = await startProgram(name, { environment, onLine: listen, ...(nodeOptions && { nodeOptions }) });
      running = last = program;
      void program.ended.then((how) => {
        if (running !== program) return;
        running = undefined;
        crash ??= `the ${name} ended unexpectedly (${how}):\n${lastLines.join('\n')}`;
      });
    },
    kill: async () => take()?.kill(),
    async stop() {
      const program = take();
      if (program === undefined) return 'not running';
      for (const signal of ['SIGTERM', 'SIGCONT'] as const) process.kill(program.pid, signal);
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
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    tell: (message) => running?.tell(message),
    url: () => last?.url ?? '',
    pid: () => last?.pid ?? 0,
    crash: () => crash,
  };
}
