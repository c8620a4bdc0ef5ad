import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parseFigures } from '../../src/capacity/figures.js';

const program = fileURLToPath(new URL('../../dist/capacity/main.js', import.meta.url));

it('npm run capacity -- --measure writes figures of this machine, and uses them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-capacity-test-'));
  try {
    const file = join(folder, 'figures.json');
    const words = ['--measure', '--events', '5000', '--seconds', '2', '--output', file];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words]);
    const figures = parseFigures(await readFile(file, 'utf8'));
    expect(stdout).toContain(`Figures of ${figures.machine.processor}, `);
    const [flood] = figures.runs;
    expect(flood?.work).toMatchObject({ event: 5_000, request: 50, deliveredEvent: 5_000 });
    expect(figures.runs.at(-1)).toMatchObject({ currents: 4, work: { event: 200, request: 200, deliveredEvent: 800 } });
    // An event of about 590 bytes is stored once, compressed.
    expect(figures.costs.stored.event).toBeGreaterThan(30);
    expect(figures.costs.stored.event).toBeLessThan(300);
    expect(figures.costs.wal.event).toBeGreaterThan(30);
    for (const resource of ['api', 'worker', 'postgres'] as const)
      expect(Object.values(figures.costs[resource]).some((cost) => cost > 0)).toBe(true);
    expect(figures.partnerEventBytes).toBeLessThan(figures.partnerJsonBytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 300_000);
