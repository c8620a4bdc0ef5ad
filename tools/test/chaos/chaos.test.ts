import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, expect, it } from 'vitest';
import { findTree } from '../../src/bench/reading/processTree.js';
import { runChaos } from '../../src/chaos/runChaos.js';
import { createCleanup } from '../../src/cleanup.js';
import { findProcess } from '../../src/services/processes.js';
import { until } from '../../src/until.js';
import { startNode } from '../operations/programs.js';

const durationMs = 8_000;

/** Seeds whose eight seconds have faults of every target, among them kills of the api and of a worker or Postgres. */
async function survive(seed: number, queue: 'postgres' | 'redis'): Promise<void> {
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

/** The run that `npm run chaos` makes, shorter. */
it(
  'no event is lost or doubled while parts of a hub fail (queue in Postgres)',
  () => survive(167, 'postgres'),
  600_000,
);

it.runIf(inject('redisUrl') !== '')(
  'no event is lost or doubled while parts of a hub fail (queue in Redis)',
  () => survive(46, 'redis'),
  600_000,
);

it('ends all processes that it started, and removes its data, when it is interrupted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'currents-chaos-test-'));
  // The server's account has to enter it.
  chmodSync(folder, 0o755);
  try {
    const running = startNode(['tools/dist/chaos/main.js', '--minutes', '5'], { TMPDIR: folder });
    await running.waitForOutput(/ fault /);
    const members = findTree(running.pid);
    expect(members.length).toBeGreaterThan(10);
    expect(readdirSync(folder)).not.toEqual([]);
    running.interrupt();
    const { exitCode, output } = await running.ended;
    expect(exitCode, output).toBe(130);
    await until(
      () => members.filter((id) => findProcess(id) !== undefined),
      (left) => left.length === 0,
      30_000,
    );
    expect(readdirSync(folder)).toEqual([]);
    if (existsSync('/proc/mounts')) expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
