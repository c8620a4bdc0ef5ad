import { setTimeout as wait } from 'node:timers/promises';
import type { Cleanup, QueueKind, Stage } from '../bench/bench.js';
import type { Arrivals } from '../bench/curve/cells.js';
import { createGenerators } from '../bench/curve/generators.js';
import { measureSide } from '../bench/curve/measureSide.js';
import type { Side } from '../bench/curve/side.js';
import { readTotals } from '../bench/hub/balance.js';
import { openHub, withoutLimits, type Hub } from '../bench/hub/openHub.js';
import { openSink } from '../bench/programs/open.js';
import type { Program } from '../bench/programs/program.js';
import type { Sink } from '../bench/programs/sink.js';

export interface MeasureOptions {
  /** Events of a flood. */
  readonly events: number;
  /** Duration of a run at a fixed rate. */
  readonly seconds: number;
  readonly seed: number;
}

export type MeasureStage = Pick<Stage, 'folder' | 'cleanup' | 'progress'>;

/** A request each for so many events would take minutes. */
const maxFloodRequests = 20_000;

/** A hub whose Currents all send to one sink. */
export type MeasuredHub = NonNullable<Awaited<ReturnType<typeof openMeasuredHub>>>;

/** Starts a hub with one Current, and a sink. Undefined if the queue needs Redis and the machine has none. */
export async function openMeasuredHub(
  queue: QueueKind,
  { events, seconds, seed }: MeasureOptions,
  stage: MeasureStage,
  cleanup: Cleanup,
) {
  stage.progress(`starting a hub, queue in ${queue}`);
  const { sink, url: sinkUrl } = await openSink(cleanup);
  const hub = await openHub({ queue, sinkUrl, folder: stage.folder }, cleanup);
  if (!hub) return undefined;
  const generators = createGenerators(cleanup, seed);
  let currents = 1;
  return {
    sql: hub.sql,
    redisUrl: hub.redisUrl,
    /** Adds Currents until there are so many. */
    async addCurrents(wanted: number): Promise<void> {
      while (currents < wanted)
        await hub.launch('mixpanel', { baseUrl: sinkUrl, ...withoutLimits }, `mixpanel ${++currents}`);
    },
    /** Sends the arrivals and waits until all is delivered and recorded. */
    async send(arrivals: Arrivals) {
      const generator = await generators.of(arrivals.kind === 'idle' ? 1 : arrivals.requestEvents);
      const floodEvents =
        arrivals.kind === 'flood' ? Math.min(events, maxFloodRequests * arrivals.requestEvents) : undefined;
      const { url, token, processes } = hub;
      const side: Side = { url, token, processes, sink, copies: currents, settle: () => untilRecorded(hub) };
      return measureSide(side, generator, arrivals, seconds, 0, floodEvents);
    },
    readState: () => readState(hub, sink),
  };
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
async function readState({ sql }: Hub, sink: Program<Sink>) {
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
