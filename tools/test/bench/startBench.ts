import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));

/** Starts the built bench like a user starts it. */
export function startBench(words: readonly string[]): {
  readonly bench: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<unknown[]>;
} {
  const bench = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [bench.stdout, bench.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { bench, said: () => text, ended: once(bench, 'close') };
}
