import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { inScope, type Cleanup, type QueueKind, type Stage } from '../bench/bench.js';
import type { Arrivals } from '../bench/curve/cells.js';
import { createGenerators, type Generators } from '../bench/curve/generators.js';
import { measureSide } from '../bench/curve/measureSide.js';
import type { Side } from '../bench/curve/side.js';
import { readTotals } from '../bench/hub/balance.js';
import { openHub, withoutLimits, type Hub } from '../bench/hub/openHub.js';
import { openSink } from '../bench/programs/open.js';
import { median } from '../bench/reading/percentiles.js';
import { costsOf } from './curveFigures.js';
import type { Figures, Run } from './figures.js';
import { none, rounded } from './units.js';

export interface MeasureOptions {
  /** Events of a flood. */
  readonly events: number;
  /** Duration of a run at a fixed rate. */
  readonly seconds: number;
  readonly seed: number;
}

type MeasureStage = Pick<Stage, 'folder' | 'cleanup' | 'progress'>;

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
/** A request each for so many events would take minutes. */
const maxFloodRequests = 20_000;

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
    eventBytes: measured.eventBytes,
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
  const opened = await openMeasured('postgres', options, stage, cleanup);
  if (!opened) throw new Error('expected a hub on Postgres');
  const { hub, side, addCurrents, generators } = opened;
  const { eventBytes } = await (await generators.of(100)).call('prepare', { seed: options.seed, requestEvents: 100 });
  stage.progress('warming up');
  for (const { arrivals } of [flood(100), flood(1), flood(100)]) await send(side, generators, arrivals, options);
  // Full pages are not part of the costs: the model adds them.
  await hub.sql`checkpoint`;
  await send(side, generators, flood(1).arrivals, options);

  const runs: Run[] = [];
  const before = await readState(hub, side);
  for (const planned of plan) {
    stage.progress(planned.name);
    await addCurrents(planned.currents);
    runs.push(await measureRun(planned, hub, side, generators, options));
  }
  const after = await readState(hub, side);
  const [row] = await hub.sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const delivered = after.arrivals.events - before.arrivals.events;
  return {
    runs,
    eventBytes: Math.round(eventBytes),
    partnerEventBytes: rounded((after.arrivals.bodyBytes - before.arrivals.bodyBytes) / delivered),
    partnerJsonBytes: rounded((after.arrivals.bytes - before.arrivals.bytes) / delivered),
    requestIndexBytes: rounded(
      (after.requestIndexBytes - before.requestIndexBytes) / (after.requests - before.requests),
    ),
    postgresVersion: row?.version ?? 'unknown',
  };
}

/** A hub with a sink, and a function that adds Currents until there are so many; undefined if it needs a Redis that is missing. */
async function openMeasured(queue: QueueKind, { seed }: MeasureOptions, stage: MeasureStage, cleanup: Cleanup) {
  stage.progress(`starting a hub, queue in ${queue}`);
  const { sink, url: sinkUrl } = await openSink(cleanup);
  const hub = await openHub({ queue, sinkUrl, folder: stage.folder }, cleanup);
  if (!hub) return undefined;
  let copies = 1;
  const side: Side = {
    url: hub.url,
    token: hub.token,
    sink,
    get copies() {
      return copies;
    },
    processes: hub.processes,
    settle: () => untilRecorded(hub),
  };
  const addCurrents = async (currents: number): Promise<void> => {
    while (copies < currents)
      await hub.launch('mixpanel', { baseUrl: sinkUrl, ...withoutLimits }, `mixpanel ${++copies}`);
  };
  return { hub, side, addCurrents, generators: createGenerators(cleanup, seed) };
}

async function measureRun(
  { name, arrivals, currents }: PlannedRun,
  hub: Hub,
  side: Side,
  generators: Generators,
  options: MeasureOptions,
): Promise<Run> {
  const before = await readState(hub, side);
  const { events, eventsPerSecond, cpuMicros } = await send(side, generators, arrivals, options);
  const after = await readState(hub, side);
  const seconds = (after.atMs - before.atMs) / 1_000;
  // An idle side has its CPU in µs per second.
  const cpuOf = (process: string): number => Math.round((cpuMicros[process] ?? 0) * (events || options.seconds));
  return {
    name,
    eventsPerSecond: Math.round(eventsPerSecond),
    requestEvents: arrivals.kind === 'idle' ? 0 : arrivals.requestEvents,
    currents,
    work: {
      second: rounded(seconds),
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

async function send(side: Side, generators: Generators, arrivals: Arrivals, { events, seconds }: MeasureOptions) {
  const generator = await generators.of(arrivals.kind === 'idle' ? 1 : arrivals.requestEvents);
  const floodEvents =
    arrivals.kind === 'flood' ? Math.min(events, maxFloodRequests * arrivals.requestEvents) : undefined;
  return measureSide(side, generator, arrivals, seconds, 0, floodEvents);
}

const settleMs = 60_000;
const lookMs = 100;

async function untilRecorded(hub: Hub): Promise<void> {
  for (const endMs = Date.now() + settleMs; ; await wait(lookMs)) {
    const { selected, delivered, skipped, rejected, expired } = await readTotals(hub);
    if (selected - delivered - skipped - rejected - expired === 0) return;
    if (Date.now() > endMs) throw new Error(`not all events were recorded within ${settleMs / 1_000} s`);
  }
}

/** Counts, sizes and the position of the WAL. */
async function readState({ sql }: Hub, { sink }: Side) {
  const [row] = await sql<Record<'wal' | 'stored' | 'index' | 'requests' | 'batches' | 'deliveries', string>[]>`
    select pg_current_wal_insert_lsn() - '0/0' as wal,
      (select count(*) from request) as requests,
      (select count(*) from batch) as batches,
      (select count(*) from delivery) as deliveries,
      sum(pg_total_relation_size(part.inhrelid)) as stored,
      sum(pg_indexes_size(part.inhrelid)) filter (where parent.relname = 'request') as index
    from pg_inherits part join pg_class parent on parent.oid = part.inhparent
    where parent.relkind = 'p'`;
  return {
    walBytes: Number(row?.wal),
    storedBytes: Number(row?.stored),
    requestIndexBytes: Number(row?.index),
    requests: Number(row?.requests),
    batches: Number(row?.batches),
    deliveries: Number(row?.deliveries),
    arrivals: await sink.call('arrivals'),
    atMs: Date.now(),
  };
}

/** Commands of Redis for each Current and second with events; undefined without a redis-server. */
async function measureRedis(
  options: MeasureOptions,
  stage: MeasureStage,
  cleanup: Cleanup,
): Promise<number | undefined> {
  const currents = 4;
  const opened = await openMeasured('redis', options, stage, cleanup);
  if (opened?.hub.redisUrl === undefined) return undefined;
  const { side, addCurrents, generators } = opened;
  await addCurrents(currents);
  const redis = new Redis(opened.hub.redisUrl);
  cleanup.add('a connection to Redis', () => redis.disconnect());
  const readCalls = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
  await send(side, generators, steady(500, 10).arrivals, options);
  const before = await readCalls();
  const startedMs = Date.now();
  await send(side, generators, steady(500, 10).arrivals, options);
  const seconds = (Date.now() - startedMs) / 1_000;
  return rounded(((await readCalls()) - before) / seconds / currents);
}

const fsyncs = 200;

function measureFsyncMs(folder: string): number {
  const page = Buffer.alloc(8_192);
  const file = openSync(join(folder, 'fsync'), 'w');
  try {
    const times = Array.from({ length: fsyncs }, (_, index) => {
      const startedMs = performance.now();
      writeSync(file, page, 0, page.length, index * page.length);
      fdatasyncSync(file);
      return performance.now() - startedMs;
    });
    return Math.max(0.001, rounded(median(times)));
  } finally {
    closeSync(file);
  }
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
