import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Balance } from '../../src/bench/hub/balance.js';
import type { Trend } from '../../src/bench/soak/judge.js';
import { startBench } from './startBench.js';

it('the bench runs a hub for a minute, and judges what grew', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  try {
    const file = join(folder, 'soak.json');
    const { said, ended } = startBench(['--only', 'soak', '--quick', '--json', file]);
    const [exitCode] = await ended;
    const measured = JSON.parse(await readFile(file, 'utf8')) as {
      readonly balance: Balance;
      readonly trends: Trend[];
    };
    expect(measured.balance, said()).toMatchObject({ balances: true, faults: [] });
    expect(measured.trends.map(({ name }) => name)).toContain('table count_entry');
    // How much a busy machine needs in one minute proves nothing; that it decides the exit code does.
    expect(exitCode, said()).toBe(measured.trends.every(({ isFlat }) => isFlat) ? 0 : 1);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
