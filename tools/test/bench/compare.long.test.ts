import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/bench/compare.js';
import { startBench } from './startBench.js';

describe('the bench', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('compares the hub of a checkout with this one in pairs', async () => {
    const file = join(folder, 'compared.json');
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const { said, ended } = startBench([
      ...['--compare', root, '--pairs', '2', '--queue', 'postgres', '--events', '2000', '--json', file],
    ]);
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(0);
    expect(said()).toContain('no 95 % interval with fewer than six pairs');

    const { comparisons } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly comparisons: { readonly postgres: Comparison };
    };
    const { pairs, medianRatio } = comparisons.postgres;
    expect(pairs.map(({ first }) => first)).toEqual(['base', 'this']);
    for (const { base, this: own, ratio } of pairs) expect(ratio).toBeCloseTo(own.sumMicros / base.sumMicros);
    expect(medianRatio).toBeGreaterThan(0);
  }, 300_000);
});
