import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

export interface FoundProcess {
  readonly parentId: number;
  readonly command: string;
}

/** The running process of that id; undefined if there is none or it is a zombie. */
export function findProcess(id: number): FoundProcess | undefined {
  try {
    if (process.platform !== 'linux') {
      const [parentId, ...command] = execFileSync('ps', ['-o', 'ppid=,command=', '-p', `${id}`], { encoding: 'utf8' })
        .trim()
        .split(/\s+/);
      return { parentId: Number(parentId), command: command.join(' ') };
    }
    // The name is in parentheses and may contain any character: parse after the last parenthesis.
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const [state, parentId] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { parentId: Number(parentId), command };
  } catch {
    return undefined;
  }
}

export interface Request {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** Sends the signals to one process in turn, until it has ended. */
export async function endProcess(id: number, requests: readonly Request[]): Promise<void> {
  for (const { signal, waitMs } of requests) {
    try {
      process.kill(id, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (const end = Date.now() + waitMs; Date.now() < end; await wait(10)) {
      if (findProcess(id) === undefined) return;
    }
  }
  throw new Error(`expected process ${id} to end; it runs on after ${requests.map(({ signal }) => signal).join(', ')}`);
}
