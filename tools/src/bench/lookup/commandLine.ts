import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Hub } from '../hub/openHub.js';
import { percentile } from '../reading/percentiles.js';
import type { Sampler } from './sampler.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../../apps/cli/bin/currents.mjs', import.meta.url));

/**
 * Finds old events with the command line, one process after another. The times, in milliseconds, are those that somebody
 * waits at a terminal: the start of the program is part of them.
 */
export async function timeCommandLine({ url, adminToken }: Hub, sampler: Sampler, times: number) {
  const taken: number[] = [];
  const faults: string[] = [];
  for (let time = 0; time < times; time++) {
    const { id } = (await sampler.old()).event;
    const startedMs = performance.now();
    const { stdout } = await run(process.execPath, [program, 'events', 'find', id], {
      env: { CURRENTS_URL: url, CURRENTS_TOKEN: adminToken },
    });
    taken.push(performance.now() - startedMs);
    if (!stdout.includes(id)) faults.push(`expected the command line to show event ${id}, got ${stdout.slice(0, 200)}`);
  }
  return { times: { count: times, p50: percentile(taken, 0.5), max: percentile(taken, 1) }, faults };
}
