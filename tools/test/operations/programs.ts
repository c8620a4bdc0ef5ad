import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../endToEnd/until.js';

export interface Ended {
  readonly exitCode: number | null;
  /** Standard output and standard error together. */
  readonly output: string;
}

export interface Running {
  /** The process id. */
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Waits until the output matches, and returns the output so far. */
  waitForOutput(words: RegExp): Promise<string>;
  /** Sends SIGINT, as Ctrl-C does; does nothing after the end. */
  interrupt(): void;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts Node with these arguments and only this environment; `cwd` defaults to the root of the repository. */
export function startNode(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = root,
): Running {
  const child = spawn(process.execPath, words, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      isOver = true;
      resolve({ exitCode, output });
    });
  });
  function checkOutput(expected: RegExp): string {
    if (isOver && !expected.test(output)) throw new Error(`expected output ${expected}, got: ${output}`);
    return output;
  }
  return {
    pid: child.pid ?? 0,
    ended,
    waitForOutput: (expected) =>
      until(
        () => checkOutput(expected),
        (text) => expected.test(text),
        60_000,
      ),
    interrupt: () => void (isOver || child.kill('SIGINT')),
  };
}

/** Runs Node until it ends. */
export const runNode = (...how: Parameters<typeof startNode>): Promise<Ended> => startNode(...how).ended;
