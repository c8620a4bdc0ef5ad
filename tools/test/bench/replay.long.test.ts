import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { limits } from '../../src/bench/replay/judge.js';
import type { measureReplay } from '../../src/bench/replay/measureReplay.js';
import { startBench } from './startBench.js';

it('the bench replays what was stored beside live events, and cancels a replay during a request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  try {
    const file = join(folder, 'replay.json');
    const words = ['--only', 'replay', '--quick', '--seconds', '1', '--rate', '200', '--json', file];
    const { said, ended } = startBench(words);
    const [exitCode] = await ended;
    expect(said()).toContain('balances: ');
    const measured = JSON.parse(await readFile(file, 'utf8')) as Awaited<ReturnType<typeof measureReplay>>;
    expect(measured).toMatchObject({ stored: 10_000, planned: 10_000, faults: [] });
    expect(measured.rounds).toMatchObject([
      { replay: { eventCount: 10_000, deliveredCount: 10_000, pendingCount: 0 } },
    ]);
    const [round] = measured.rounds;
    expect(round?.alone.p95).toBeGreaterThan(0);
    expect(round?.beside.p95).toBeGreaterThan(0);
    expect(round?.eventsPerSecond).toBeGreaterThan(0);
    expect(measured.cancelled.cancelledCount).toBeGreaterThan(0);
    // How long things take on a busy machine proves nothing; that it decides the exit code does.
    const isSlow = !measured.isMet || measured.cancelled.ms > limits.cancelMs;
    expect(exitCode, said()).toBe(isSlow ? 1 : 0);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 180_000);
