import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CellMeasures } from '../../src/bench/curve/measureCell.js';
import { startBench } from './startBench.js';

it('the curve measures hub and bare forwarder and ends with a balanced ledger', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  try {
    const file = join(folder, 'curve.json');
    const words = ['--only', 'curve', '--cells', '100-10-currents', '--rounds', '1', '--seconds', '1'];
    const svg = join(folder, 'curve.svg');
    const { said, ended } = startBench([...words, '--json', file, '--svg', svg]);
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(0);
    expect(said()).toContain('100-10-currents (cell 1 of 1, about ');
    const [cell] = (JSON.parse(await readFile(file, 'utf8')) as { readonly cells: readonly CellMeasures[] }).cells;
    // Two seconds of warm-up, of 300 and 100 events, and the round.
    expect(cell?.balance).toMatchObject({ balances: true, sent: 5_000, delivered: 5_000, arrived: 5_000, faults: [] });
    expect(await readFile(svg, 'utf8')).toContain('10 Currents');
    const [round] = cell?.rounds ?? [];
    expect(round?.hub.cpuMicros['worker']).toBeGreaterThan(0);
    expect(round?.forwarder).toMatchObject({ events: 100, requests: 100 });
    expect(round?.forwarder.cpuMicros['forwarder']).toBeGreaterThan(0);
    expect(round?.hub.delays?.sinceAcknowledged.p99).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
