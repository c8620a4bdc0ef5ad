import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { measureLookup } from '../../src/bench/lookup/measureLookup.js';
import { startBench } from './startBench.js';

type Measured = Awaited<ReturnType<typeof measureLookup>>;

it('the bench finds events of several days, and only those that are there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  try {
    const file = join(folder, 'lookup.json');
    const small = ['--events', '1000', '--days', '2', '--rate', '100', '--lookups', '1', '--request-events', '10'];
    const { said, ended } = startBench(['--only', 'lookup', ...small, '--json', file]);
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(0);
    const { layouts } = JSON.parse(await readFile(file, 'utf8')) as { readonly layouts: Record<string, Measured> };
    const { times, ...measured } = layouts['10'] as Measured;
    expect(measured).toMatchObject({ stored: 1_000, batches: 100, faults: [] });
    expect(Object.keys(times)).toHaveLength(8);
    for (const { count, p50, max } of Object.values(times)) {
      expect(count).toBe(1);
      expect(p50).toBeGreaterThan(0);
      expect(max).toBeGreaterThanOrEqual(p50);
    }
    expect(times['event, old']?.openedRows).toBe(1);
    expect(times['event, absent']).toMatchObject({ openedRows: 0, falseRows: 0 });
    expect(measured.commandLine.count).toBe(10);
    expect(measured.commandLine.p50).toBeGreaterThan(0);
    expect(measured.indexContentBytes).toBeGreaterThan(10);
    expect(measured.live.reachedPerSecond).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 180_000);
