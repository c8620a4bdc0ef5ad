import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findTree } from '../../src/bench/reading/processTree.js';
import { findProcess } from '../../src/services/processes.js';
import { until } from '../../src/until.js';
import { startNode } from '../operations/programs.js';
import { surviveChaos } from './surviveChaos.js';

/** The run that `npm run chaos` makes, shorter. */
it(
  'no event is lost or doubled while parts of a hub fail (queue in Postgres)',
  () => surviveChaos(167, 'postgres'),
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
