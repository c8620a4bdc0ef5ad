import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTree } from '../../src/bench/reading/processTree.js';
import type { BenchResult } from '../../src/bench/result.js';
import { findProcess } from '../../src/services/processes.js';
import { startBench } from './startBench.js';

const few = [
  '--queue',
  'postgres',
  '--events',
  '2000',
  '--rounds',
  '1',
  '--rate',
  '1000',
  '--rate-seconds',
  '1',
  '--backlog',
  '2000',
];

describe('the bench', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('measures a hub whose ledger balances', async () => {
    const file = join(folder, 'result.json');
    const { said, ended } = startBench([...few, '--json', file]);
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(0);
    expect(said()).toContain('balances: ');

    const { queues, floorRounds } = JSON.parse(await readFile(file, 'utf8')) as BenchResult;
    const measured = queues.postgres;
    if (measured === undefined || 'notRun' in measured) throw new Error('expected a result for the queue in Postgres');
    // Four warm-ups and a round of 2,000, a second of warm-up and a second at the rate, the backlog.
    expect(measured.balance).toMatchObject({
      balances: true,
      sent: 14_000,
      delivered: 14_000,
      arrived: 14_000,
      faults: [],
    });
    expect(measured.latency?.sinceAcknowledged.p99).toBeGreaterThan(0);
    expect(measured.backlog?.drain.cpuMicros['worker']).toBeGreaterThan(0);
    const [round] = floorRounds;
    expect(round?.durableScript).toMatchObject({ events: 2_000, turnedAway: 0 });
    expect(Object.keys(round?.durableScript?.cpuMicros ?? {})).toEqual(['storing', 'forwarding', 'postgres']);
    expect(floorRounds.flatMap(({ floor }) => floor.map(({ cpuMicros }) => cpuMicros > 0))).not.toContain(false);
  }, 180_000);

  it('ends all processes that it started when it is interrupted', async () => {
    const { bench, said, ended } = startBench([
      ...few,
      '--only',
      'throughput',
      '--events',
      '2000000',
      '--json',
      join(folder, 'none.json'),
    ]);
    const pid = bench.pid ?? 0;
    let members: readonly number[] = [];
    // Api, worker, Postgres with its children, sink, generator, and their watchdogs.
    while (bench.exitCode === null && members.length < 15) {
      members = findTree(pid);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    bench.kill('SIGINT');
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(130);
    const left = () => members.filter((id) => findProcess(id) !== undefined);
    for (const endMs = Date.now() + 10_000; left().length > 0 && Date.now() < endMs;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(left()).toEqual([]);
  }, 180_000);
});
