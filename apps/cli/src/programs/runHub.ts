import { CommandFailure, exitCodes } from '../failure.js';
import type { Terminal } from '../output/terminal.js';
import { passedOn, startProgram, type StartedProgram } from './runProgram.js';

/** Without these neither api nor worker can start. */
const needed = {
  DATABASE_URL: 'the URL of a Postgres, such as postgres://user:password@host:5432/currents',
  MASTER_KEY: '32 random bytes in base64, as openssl rand -base64 32 makes them',
} as const;

interface Part extends StartedProgram {
  readonly name: string;
}

/**
 * Runs an api and workers as processes of this machine, until it is asked to end: then all of them finish what is under
 * way. When one ends before, the others do so, too. Returns the exit code: 0 only if it was asked to, and all ended well.
 */
export async function runHub(
  { note }: Pick<Terminal, 'note'>,
  environment: NodeJS.ProcessEnv,
  workerCount: number,
): Promise<number> {
  for (const [name, what] of Object.entries(needed))
    if (!environment[name]) throw new CommandFailure(`${name} is missing; set it to ${what}`, exitCodes.usage);
  const parts: Part[] = [{ name: 'api', ...startProgram('api', { channel: ['ipc'], environment }) }];
  for (let index = 0; index < workerCount; index++) {
    // Only the first has the configured port; the others take free ones.
    const port = index === 0 ? {} : { WORKER_PORT: '0' };
    const started = startProgram('worker', { channel: ['ipc'], environment: { ...environment, ...port } });
    parts.push({ name: workerCount === 1 ? 'worker' : `worker ${index + 1}`, ...started });
  }
  noteWhenReady(parts, note);
  return stopTogether(parts, note);
}

function noteWhenReady(parts: readonly Part[], note: (text: string) => void): void {
  const addresses = new Map<Part, string>();
  for (const part of parts)
    part.child.on('message', (message) => {
      const { ready } = (message ?? {}) as { readonly ready?: unknown };
      if (typeof ready !== 'string' || addresses.has(part)) return;
      addresses.set(part, ready);
      if (addresses.size < parts.length) return;
      note(`The hub is running, with its api at ${addresses.get(parts[0] as Part)}. Ctrl-C or SIGTERM ends it.`);
    });
}

async function stopTogether(parts: readonly Part[], note: (text: string) => void): Promise<number> {
  let isStopping = false;
  const stop = (): void => {
    isStopping = true;
    for (const { child } of parts) child.kill('SIGTERM');
  };
  for (const signal of passedOn) process.on(signal, stop);
  try {
    const codes = await Promise.all(
      parts.map(async ({ name, ended }) => {
        const code = await ended;
        if (isStopping) return code;
        note(`The ${name} ended by itself (exit code ${code}), so the rest finishes what is under way and ends.`);
        stop();
        return code || exitCodes.negative;
      }),
    );
    return codes.find((code) => code !== 0) ?? exitCodes.done;
  } finally {
    for (const signal of passedOn) process.off(signal, stop);
  }
}
