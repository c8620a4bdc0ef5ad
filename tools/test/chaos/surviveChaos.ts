import { expect } from 'vitest';
import { runChaos } from '../../src/chaos/runChaos.js';
import { createCleanup } from '../../src/cleanup.js';

const durationMs = 8_000;

/** Seeds whose eight seconds have faults of every target, among them kills of the api and of a worker or Postgres. */
export async function surviveChaos(seed: number, queue: 'postgres' | 'redis'): Promise<void> {
  const cleanup = createCleanup();
  const result = await runChaos({ seed, durationMs, queue }, cleanup).finally(cleanup.run);
  expect(result.violations, result.logFolder).toEqual([]);
  expect(result.faultCount).toBe(result.schedule.length);
  expect(result.schedule.map(({ target }) => target)).toEqual(
    expect.arrayContaining(['api', 'worker-1', 'worker-2', 'postgres', 'mixpanel', 'amplitude', 'senders']),
  );
  // The senders met the faults, or the run shows nothing.
  expect(Object.keys(result.repeated)).not.toEqual([]);
  expect(result.events.accepted).toBeGreaterThan(500);
}
