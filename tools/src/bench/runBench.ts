import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCleanup, type Cleanup } from './cleanup.js';
import { checkBalance } from './hub/balance.js';
import { openHub, type Hub, type QueueKind } from './hub/openHub.js';
import { measureBacklog } from './measures/backlog.js';
import type { Bench } from './measures/bench.js';
import { prepareFloor, warmUpEventsOf, type FloorMeasure } from './measures/floor.js';
import { measureLatency } from './measures/latency.js';
import { measureThroughput, type Throughput } from './measures/throughput.js';
import type { Options } from './options.js';
import type { Generator } from './programs/generator.js';
import { startProgram } from './programs/program.js';
import type { Sink } from './programs/sink.js';
import type { BenchResult, NotRun, QueueResult, Round } from './result.js';

/** As many as it takes until the engine has compiled what is hot: a hub runs for weeks, and pays for that once. */
const warmUpRounds = 3;

/** Measures all that was asked for. Whatever it starts is in `cleanup`, for the caller to end. */
export async function runBench(options: Options, cleanup: Cleanup, say: (text: string) => void): Promise<BenchResult> {
  const before = loadavg();
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-'));
  cleanup.add(folder, () => rm(folder, { recursive: true, force: true }));
  const sink = startProgram<Sink>('sink');
  cleanup.add('the sink', sink.stop);
  const generator = startProgram<Generator>('generator');
  cleanup.add('the generator', generator.stop);
  const sinkUrl = await sink.call('listen');
  say('writing request bodies');
  const { eventBytes } = await generator.call('prepare', { seed: options.seed, requestEvents: options.requestEvents });
  const bench: Bench = { options, generator, sink, sinkUrl, folder, cleanup, say };

  const wantsFloor = options.parts.includes('floor');
  const runFloor = wantsFloor ? await prepareFloor(bench) : async () => [];
  const queues: Partial<Record<QueueKind, QueueResult | NotRun>> = {};
  const wantsHub = options.parts.some((part) => part !== 'floor');
  for (const queue of wantsHub ? options.queues : []) queues[queue] = await measureQueue(queue, bench, runFloor);
  const floorRounds = wantsHub
    ? Object.values(queues).flatMap((measured) => ('notRun' in measured ? [] : measured.rounds))
    : await inTurns(options.rounds, async () => ({ floor: await runFloor(), hub: undefined }));
  return {
    date: new Date().toISOString(),
    node: process.versions.node,
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    loadAverage: { before, after: loadavg() },
    options,
    eventBytes,
    floorRounds,
    queues,
  };
}

async function measureQueue(
  queue: QueueKind,
  bench: Bench,
  runFloor: () => Promise<readonly FloorMeasure[]>,
): Promise<QueueResult | NotRun> {
  const { options, say } = bench;
  // What belongs to this hub ends with it, before the next one begins.
  const cleanup = createCleanup();
  bench.cleanup.add(`the hub on ${queue}`, () => cleanup.run());
  say(`starting a hub, wake-up calls in ${queue}`);
  try {
    const hub = await openHub(
      {
        queue,
        sinkUrl: bench.sinkUrl,
        folder: bench.folder,
        profileFolder: options.profileFolder && join(options.profileFolder, queue),
      },
      cleanup,
    );
    if (hub) return await measureHub(hub, bench, runFloor);
    const notRun = 'there is no redis-server on this machine';
    say(`!!! THE HUB ON ${queue.toUpperCase()} DOES NOT RUN: ${notRun}`);
    return { notRun };
  } finally {
    await cleanup.run();
  }
}

async function measureHub(
  hub: Hub,
  bench: Bench,
  runFloor: () => Promise<readonly FloorMeasure[]>,
): Promise<QueueResult> {
  const { options, sink, say } = bench;
  const wants = (part: Options['parts'][number]): boolean => options.parts.includes(part);
  let sent = 0;
  let arrivedElsewhere = (await sink.call('arrivals')).events;
  const arrived = async (): Promise<number> => (await sink.call('arrivals')).events - arrivedElsewhere;

  async function flow(events: number): Promise<Throughput> {
    const measured = await measureThroughput(hub, bench, events);
    sent += measured.events;
    return measured;
  }

  let rounds: readonly Round[] = [];
  if (wants('throughput')) {
    say('warming up');
    for (let round = 0; round < warmUpRounds; round++) await flow(options.events);
    rounds = await inTurns(options.rounds, async () => {
      const before = await arrived();
      const floor = await runFloor();
      arrivedElsewhere += (await arrived()) - before;
      await flow(warmUpEventsOf(options));
      const measured = await flow(options.events);
      say(`hub: ${Math.round(measured.eventsPerSecond)} events/s, ${measured.sumMicros.toFixed(1)} µs/event`);
      return { floor, hub: measured };
    });
  }
  let latency;
  if (wants('latency')) {
    say(`${options.rate} events a second for ${options.rateSeconds} s`);
    latency = await measureLatency(hub, bench);
    sent += latency.events;
  }
  let backlog;
  if (wants('backlog')) {
    say(`storing a backlog of ${options.backlog} events`);
    backlog = await measureBacklog(hub, bench);
    sent += backlog.events;
  }
  const balance = await checkBalance(hub, sent, await arrived());
  return { rounds, latency, backlog, balance, troubles: await hub.troubles() };
}

async function inTurns<Value>(times: number, turn: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let time = 0; time < times; time++) values.push(await turn());
  return values;
}
