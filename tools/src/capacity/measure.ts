import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { inScope, type Cleanup } from '../bench/bench.js';
import type { Arrivals } from '../bench/curve/cells.js';
import { createEventMaker, users } from '../bench/events/eventMaker.js';
import { costsOf } from './curveFigures.js';
import type { Figures, Run } from './figures.js';
import { openMeasuredHub, type MeasuredHub, type MeasureOptions, type MeasureStage } from './measuredHub.js';
import { measureFsyncMs } from './measureFsync.js';
import { none, rounded } from './units.js';

interface PlannedRun {
  readonly name: string;
  readonly arrivals: Arrivals;
  readonly currents: number;
}

const flood = (requestEvents: number, currents = 1): PlannedRun => ({
  name: `flood, ${requestEvents} a request, ${currents} Current(s)`,
  arrivals: { kind: 'flood', requestEvents },
  currents,
});
const steady = (eventsPerSecond: number, requestEvents: number, currents = 1): PlannedRun => ({
  name: `${eventsPerSecond}/s, ${requestEvents} a request, ${currents} Current(s)`,
  arrivals: { kind: 'steady', eventsPerSecond, requestEvents },
  currents,
});
const idle: PlannedRun = { name: 'idle', arrivals: { kind: 'idle' }, currents: 1 };

/** Few Currents first: they are added and never removed. */
const plan: readonly PlannedRun[] = [
  ...[flood(100), flood(10), flood(1), steady(2_000, 100), steady(500, 10), steady(100, 1), idle],
  ...[flood(100, 4), flood(10, 4), steady(500, 10, 4), steady(100, 1, 4)],
];
/** Sizes of tables grow by pages: those of a short run say little. */
const minStoredEvents = 5_000;

/** Measures the figures of this machine with a small hub of its own; ends all that it starts. */
export async function measureFigures(options: MeasureOptions, stage: MeasureStage): Promise<Figures> {
  const loadBefore = rounded(loadavg()[0] ?? 0);
  const measured = await inScope(stage.cleanup, 'the measured hub', (cleanup) => measureHub(options, stage, cleanup));
  const redisCalls = await inScope(stage.cleanup, 'the hub on Redis', (cleanup) =>
    measureRedis(options, stage, cleanup),
  );
  stage.progress('writing to disk');
  const fsyncMs = measureFsyncMs(stage.folder);
  const { costs, fitErrors } = costsOf(measured.runs);
  return {
    commit: commitOf(),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      node: process.versions.node,
      postgres: measured.postgresVersion,
    },
    loadBefore,
    sources: {
      cpu: `CPU time of the processes in /proc during each run, floods of ${options.events.toLocaleString('en-GB')} events, the queue in Postgres; fitted by non-negative least squares`,
      bytes:
        'pg_current_wal_insert_lsn and pg_total_relation_size before and after each run, fitted by non-negative least squares',
      disk: 'median of 200 writes of 8 KB, each with fdatasync, in the temporary directory',
      connections: '.env.example: room for 30 connections of each process',
      redis:
        redisCalls === undefined
          ? 'not measured: there is no redis-server on this machine'
          : 'commands that redis-server counted during a run; two for each request to a partner with limits (docs/decisions/0005-budgets.md)',
    },
    costs: {
      api: costs.api ?? none,
      worker: costs.worker ?? none,
      postgres: costs.postgres ?? none,
      wal: costs.wal ?? none,
      stored: costs.stored ?? none,
    },
    fitErrors,
    eventBytes: eventBytesOf(options.seed),
    partnerEventBytes: measured.partnerEventBytes,
    partnerJsonBytes: measured.partnerJsonBytes,
    requestIndexBytes: measured.requestIndexBytes,
    fsyncMs,
    connectionsPerProcess: 30,
    redisCallsPerCurrentSecond: redisCalls ?? 0,
    redisCallsPerPartnerRequest: 2,
    runs: measured.runs,
  };
}

async function measureHub(options: MeasureOptions, stage: MeasureStage, cleanup: Cleanup) {
  const hub = await openMeasuredHub('postgres', options, stage, cleanup);
  if (!hub) throw new Error('expected a hub on Postgres');
  stage.progress('warming up');
  for (const { arrivals } of [flood(100), flood(1), flood(100)]) await hub.send(arrivals);
  // Full pages are not part of the costs: the model adds them.
  await hub.sql`checkpoint`;
  await hub.send(flood(1).arrivals);

  const runs: Run[] = [];
  const before = await hub.readState();
  for (const planned of plan) {
    stage.progress(planned.name);
    await hub.addCurrents(planned.currents);
    runs.push(await measureRun(planned, hub, options));
  }
  const after = await hub.readState();
  const [row] = await hub.sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const delivered = after.arrivals.events - before.arrivals.events;
  return {
    runs,
    partnerEventBytes: rounded((after.arrivals.bodyBytes - before.arrivals.bodyBytes) / delivered),
    partnerJsonBytes: rounded((after.arrivals.bytes - before.arrivals.bytes) / delivered),
    requestIndexBytes: rounded(
      (after.requestIndexBytes - before.requestIndexBytes) / (after.requests - before.requests),
    ),
    postgresVersion: row?.version ?? 'unknown',
  };
}

async function measureRun(
  { name, arrivals, currents }: PlannedRun,
  hub: MeasuredHub,
  { seconds }: MeasureOptions,
): Promise<Run> {
  const before = await hub.readState();
  const { events, eventsPerSecond, cpuMicros } = await hub.send(arrivals);
  const after = await hub.readState();
  // An idle hub has its CPU in µs per second.
  const cpuOf = (process: string): number => Math.round((cpuMicros[process] ?? 0) * (events || seconds));
  return {
    name,
    eventsPerSecond: Math.round(eventsPerSecond),
    requestEvents: arrivals.kind === 'idle' ? 0 : arrivals.requestEvents,
    currents,
    work: {
      second: rounded((after.atMs - before.atMs) / 1_000),
      event: events,
      request: after.requests - before.requests,
      commit: after.batches - before.batches,
      delivery: after.deliveries - before.deliveries,
      deliveredEvent: after.arrivals.events - before.arrivals.events,
      partnerRequest: after.arrivals.requests - before.arrivals.requests,
    },
    cost: {
      api: cpuOf('api'),
      worker: cpuOf('worker'),
      postgres: cpuOf('postgres'),
      wal: after.walBytes - before.walBytes,
      ...(events >= minStoredEvents && { stored: after.storedBytes - before.storedBytes }),
    },
  };
}

/** The mean bytes of JSON of an event. */
function eventBytesOf(seed: number): number {
  const make = createEventMaker(seed);
  const bytes = Array.from({ length: users }, (_, index) => Buffer.byteLength(JSON.stringify(make(index))) + 1);
  return Math.round(bytes.reduce((sum, each) => sum + each, 0) / bytes.length);
}

/** Commands of Redis for each Current and second with events; undefined without a redis-server. */
async function measureRedis(
  options: MeasureOptions,
  stage: MeasureStage,
  cleanup: Cleanup,
): Promise<number | undefined> {
  const currents = 4;
  const hub = await openMeasuredHub('redis', options, stage, cleanup);
  if (hub?.redisUrl === undefined) return undefined;
  await hub.addCurrents(currents);
  const redis = new Redis(hub.redisUrl);
  cleanup.add('a connection to Redis', () => redis.disconnect());
  const readCalls = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
  const { arrivals } = steady(500, 10);
  await hub.send(arrivals);
  const before = await readCalls();
  const startedMs = Date.now();
  await hub.send(arrivals);
  const seconds = (Date.now() - startedMs) / 1_000;
  return rounded(((await readCalls()) - before) / seconds / currents);
}

function commitOf(): string {
  try {
    const cwd = fileURLToPath(new URL('../../..', import.meta.url));
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd, encoding: 'utf8' }).trim();
  } catch {
    // A copy without its history.
    return 'unknown';
  }
}
