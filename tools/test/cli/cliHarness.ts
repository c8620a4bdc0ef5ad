import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../endToEnd/until.js';

export interface CliEnded {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly pid: number;
  readonly ended: Promise<CliEnded>;
  /** Waits until standard output or standard error matches. */
  waitFor(words: RegExp): Promise<void>;
  /** What it has printed so far. */
  output(): Pick<CliEnded, 'stdout' | 'stderr'>;
  signal(signal: NodeJS.Signals): void;
}

const bin = fileURLToPath(new URL('../../../apps/cli/bin/currents.mjs', import.meta.url));

/** Runs command lines in bash as a user types them, with `currents` in the path, in an empty folder. Call `close` at the end. */
export function openCli(environment: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'currents-cli-'));
  const cwd = join(folder, 'work');
  mkdirSync(cwd);
  symlinkSync(bin, join(folder, 'currents'));

  /** @param input what is typed; the input ends after it. */
  function start(line: string, input = '', more: Readonly<Record<string, string>> = {}): RunningCli {
    // exec: a signal reaches the program, not a shell in front of it.
    // Without its own settings: bash reads them when its input is a socket, as that of a child process is.
    const child = spawn('bash', ['--norc', '--noprofile', '-c', `exec ${line}`], {
      cwd,
      env: { PATH: [folder, process.env['PATH']].join(delimiter), ...environment, ...more },
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
    // A command that asks nothing may have ended before it reads.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let isOver = false;
    const ended = new Promise<CliEnded>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        isOver = true;
        resolve({ exitCode, ...output });
      });
    });
    return {
      pid: child.pid ?? 0,
      ended,
      async waitFor(words) {
        const matches = (): boolean => words.test(output.stdout) || words.test(output.stderr);
        await until(
          () => matches() || isOver,
          (isDone) => isDone,
          30_000,
        );
        if (!matches()) throw new Error(`expected ${words}, got ${JSON.stringify(output)}`);
      },
      output: () => ({ ...output }),
      signal: (signal) => void (isOver || child.kill(signal)),
    };
  }

  return {
    start,
    run: (...how: Parameters<typeof start>): Promise<CliEnded> => start(...how).ended,
    /** Writes a file into the folder. */
    write: (name: string, content: string) => writeFileSync(join(cwd, name), content),
    close: () => rmSync(folder, { recursive: true }),
  };
}

export type Cli = ReturnType<typeof openCli>;
