import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { serverAccount, type Account } from '../../src/services/account.js';
import { until } from '../endToEnd/until.js';

export interface ProcessOptions {
  readonly cwd: string;
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Default: an account that owns no files, where this process may choose one. */
  readonly account?: Account;
}

/** A process of an installed hub. */
export type RunningProcess = ReturnType<typeof startProcess>;

/** Starts a program with exactly these words and variables. */
export function startProcess(
  words: readonly string[],
  { cwd, environment, account = serverAccount() }: ProcessOptions,
) {
  const [program = '', ...rest] = words;
  const child = spawn(program, rest, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], ...account });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, output }));
  return {
    ended,
    /** Asks it to end, as an orchestrator does. */
    stop: () => child.kill('SIGTERM'),
    waitForOutput: (expected: RegExp) =>
      until(
        () => {
          if (child.exitCode !== null) throw new Error(`expected ${expected}, but it ended:\n${output}`);
          return output;
        },
        (text) => expected.test(text),
        60_000,
      ),
  };
}
