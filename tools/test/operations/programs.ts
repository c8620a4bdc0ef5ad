import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../endToEnd/until.js';

export interface Ended {
  readonly exitCode: number | null;
  /** Everything it said, on both ways. */
  readonly said: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** Waits until it has said something of this kind, and answers what it said so far. */
  says(words: RegExp): Promise<string>;
  /** What a Ctrl-C does; never after its end. */
  interrupt(): void;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts Node with these words, in the root of the repository unless told otherwise, in this environment and no other. */
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
  let said = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      isOver = true;
      resolve({ exitCode, said });
    });
  });
  function sayings(expected: RegExp): string {
    if (isOver && !expected.test(said)) throw new Error(`it ended without saying ${expected}: ${said}`);
    return said;
  }
  return {
    ended,
    says: (expected) =>
      until(
        () => sayings(expected),
        (text) => expected.test(text),
        60_000,
      ),
    interrupt: () => void (isOver || child.kill('SIGINT')),
  };
}

/** Runs Node in this way until it ends. */
export const runNode = (...how: Parameters<typeof startNode>): Promise<Ended> => startNode(...how).ended;
