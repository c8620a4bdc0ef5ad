import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { afterAll } from 'vitest';

const tools = join(import.meta.dirname, '../..');

export interface Elsewhere {
  readonly process: ChildProcess;
  readonly url: string;
  /** Sends SIGKILL, like the out-of-memory killer: the process cannot clean up. */
  kill(): Promise<void>;
}

/** Starts servers from a separate process, which can be killed. Call it where tests are declared. */
export async function prepareElsewhere(): Promise<(...words: string[]) => Promise<Elsewhere>> {
  // Inside the repository, so that imports of packages resolve.
  mkdirSync(join(tools, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(tools, 'dist/elsewhere-'));
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const entry = join(import.meta.dirname, 'keepRunning.ts');
  await build({
    configFile: false,
    logLevel: 'silent',
    root: tools,
    build: { ssr: entry, outDir: folder, emptyOutDir: true },
  });

  return async (...words) => {
    const child = spawn(process.execPath, [join(folder, 'keepRunning.js'), ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    const exit = once(child, 'exit');
    const lines = createInterface(child.stdout);
    const [url] = (await Promise.race([
      once(lines, 'line'),
      exit.then(() => ['ended before it started anything']),
    ])) as [string];
    return {
      process: child,
      url,
      async kill() {
        child.kill('SIGKILL');
        await exit;
      },
    };
  };
}
