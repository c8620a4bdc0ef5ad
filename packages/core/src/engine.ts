import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { BucketStore } from './budget/bucketStore.js';
import { openPostgresBuckets } from './budget/postgresBuckets.js';
import { openRedisBuckets } from './budget/redisBuckets.js';
import { startCohortWork } from './cohorts/cohortWork.js';
import { startCountWork } from './counts/countWork.js';
import { createLatencyRecorder } from './counts/latencyRecorder.js';
import { connect, type Sql } from './db/connect.js';
import { createHttp, type Network } from './process/http.js';
import { oncePerMinute } from './process/oncePerMinute.js';
import { createDeliveryLoop, type DeliveryLoop } from './worker/deliveryLoop.js';
import type { Metrics } from './process/metrics.js';
import type { ShownSetting } from './process/shownSettings.js';
import { version } from './process/version.js';
import { startSweeps } from './sweeps.js';
import { openWorkerLeases } from './db/workerLeases.js';
import { startIndexWork } from './lookup/indexWork.js';
import { startPullWork } from './pulls/pullWork.js';
import { openWakeReceiver, openWakeSender, type QueueConnection } from './queue.js';
import { startNoticeWork, type NoticeOptions } from './notices/noticeWork.js';
import type { SegmentExports } from './loadSync.js';
import { startSyncWork } from './segmentExport/syncWork.js';
import { startSegmentWork } from './segments/segmentWork.js';
import { createUnreadableReporter } from './worker/reportUnreadable.js';
import { startNoticeSweep } from './worker/noticeSweep.js';
import { startLedgerScan } from './ledger/ledgerScan.js';
import { startSweep } from './worker/sweep.js';
import { createWorkBudget } from './worker/workBudget.js';
import { createBatchReader } from './batch/batchReader.js';
import { openOutcomeTap } from './tail/tailTap.js';
import type { Tracing } from './tracing/tracing.js';
import type { LoadCurrentOptions } from './loadCurrent.js';

interface EngineOptions extends LoadCurrentOptions {
  /** The destinations of segments. */
  readonly segmentExports?: SegmentExports;
  readonly databaseUrl: string;
  readonly queue: QueueConnection;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: Network;
  /** The retry window of an event. */
  readonly windowMs: number;
  /** The timeout of one request to a partner. */
  readonly requestMs: number;
  readonly retentionDays: number;
  /** How long the sweeps rest between two looks at what is due. Default: half a second; tests wait for less. */
  readonly sweepMs?: number;
  /** What this process runs with, for admins to see. */
  readonly settings?: readonly ShownSetting[];
  /** Whether the hub enforces the budgets of connectors; otherwise only the partner's own refusals limit them. */
  readonly enforceBudgets: boolean;
  /** Undefined while traces are off. */
  readonly tracing?: Tracing | undefined;
  readonly notices: NoticeOptions & {
    /** The budget of the quarantine. */
    readonly quarantineMaxBytes: number;
    /** What the database may grow to; 0: not looked at. */
    readonly databaseMaxBytes: number;
  };
}

export type Engine = Awaited<ReturnType<typeof startEngine>>;

/** What all loops together have under way. A flood of one Current has up to 8,000 events under way. */
const workUnderWay = { events: 60_000, bytes: 64 * 1024 * 1024, claims: 8 };
/** The most events cached for Currents that deliver the same batch. */
const maxCachedEvents = 8_000;

/** The first of four shards of the tally. Two processes with the same shards only wait for each other at times. */
export function drawShard(): number {
  return randomInt(1, 8_000) * 4;
}

/** Runs everything that a worker process does, until it is stopped. */
export async function startEngine(options: EngineOptions) {
  const { databaseUrl, queue, log, requestMs } = options;
  const sql = connect(databaseUrl, { max: 12, name: 'worker', hotPath: true, mayForget: true });
  const http = createHttp({ timeoutMs: requestMs, connections: 64, now: () => clock.now(), ...options.network });
  const shard = drawShard();
  const workerLeases = await openWorkerLeases(databaseUrl, log, { version, settings: options.settings ?? [] });
  const onError = oncePerMinute(log);
  const budgetStore = options.enforceBudgets ? openBudgets(queue, sql, onError) : undefined;
  const sender = openWakeSender(queue, { onError });
  const loops = new Map<number, DeliveryLoop>();
  const batchReader = createBatchReader(sql, maxCachedEvents, () => loops.size > 1);
  const workBudget = createWorkBudget(workUnderWay);
  const reportUnreadable = createUnreadableReporter(options);
  const latencies = createLatencyRecorder(sql);
  const onTailError = oncePerMinute(log, { event: 'tail.failed', message: 'the live tail failed; deliveries go on' });
  const tap = await openOutcomeTap({ sql, batchReader, onError: onTailError });

  function loopOf(currentId: number): DeliveryLoop {
    let loop = loops.get(currentId);
    if (!loop) {
      loop = createDeliveryLoop(currentId, {
        ...options,
        sql,
        http,
        batchReader,
        workBudget,
        reportUnreadable,
        workerLeases,
        clock,
        latencies,
        tap,
        shard,
        budgetStore,
        onBudgetError: onError,
        leaseMs: requestMs * 2 + 30_000,
      });
      loops.set(currentId, loop);
    }
    return loop;
  }

  const wake = (currentId: number): void => loopOf(currentId).wake();
  const wakeReplay = (currentId: number): void => loopOf(currentId).wakeReplay();

  const sweeps = startSweeps(sql, log, options.sweepMs);
  const { clock } = sweeps;
  const cohorts = startCohortWork({ ...options, sweeps });
  const eventIndex = startIndexWork({ ...options, sweeps, sql });
  const segments = startSegmentWork({ ...options, sweeps, http });
  const segmentSyncs = startSyncWork({
    ...options,
    segmentExports: options.segmentExports ?? new Map(),
    sweeps,
    http,
    newLease: workerLeases.newLease,
    budgetStore,
    onBudgetError: onError,
  });
  const pulls = startPullWork({
    ...options,
    sweeps,
    http,
    workerLeases,
    wakeCohort: sender.wakeCohort,
    wakePull: sender.wakePull,
  });
  const notices = startNoticeWork({ ...options, sql, http, sweeps, options: options.notices });
  const noticeSweep = startNoticeSweep({ ...options, ...options.notices, sql, sweeps });
  const receiver = openWakeReceiver(queue, { onWake: wake, onCohort: cohorts.wake, onPull: pulls.wake }, { onError });
  const counts = startCountWork({ sql, log, latencies });
  const ledgerScan = startLedgerScan({ sql, log, sweeps });
  const sweep = startSweep({ ...options, sweeps, sql, http, shard, workerLeases, wake, wakeReplay });

  return {
    /** Starts nothing new, records the attempts in flight, and closes all connections. */
    async stop() {
      const step = reportSlowSteps(log);
      await Promise.all([
        step('wake-up calls', receiver.close()),
        step('sweeps', sweeps.stop()),
        step('the sweep of deliveries', sweep.stop()),
      ]);
      await Promise.all([
        step('cohorts', cohorts.stop()),
        step('segments', segments.stop()),
        step('segment syncs', segmentSyncs.stop()),
        step('the event index', eventIndex.stop()),
        step('pulls', pulls.stop()),
        step('notices', notices.stop()),
        step('the sweep of notices', noticeSweep.stop()),
        step('the scan of the ledger', ledgerScan.stop()),
        ...[...loops].map(([currentId, loop]) => step(`deliveries of Current ${currentId}`, loop.stop())),
      ]);
      await step('counts', counts.stop());
      // Just after a failover each of these may wait some seconds for a connection that is lost.
      await Promise.all([
        step('the live tail', tap.stop()),
        step('the sender of wake-up calls', sender.close()),
        step('leases', workerLeases.stop()),
        step('budgets', Promise.resolve(budgetStore?.close())),
        step('connections to partners', http.close()),
      ]);
      await step('connections to the database', sql.end());
    },
    /** Rejects when the database does not answer. */
    async ping() {
      await sql`select 1`;
    },
  };
}

const slowStepMs = 3_000;

/** Returns a function that waits for a step of a stop, and logs what it waits for when that takes long. */
function reportSlowSteps(log: Logger) {
  return async (step: string, ended: Promise<unknown>): Promise<void> => {
    const timer = setTimeout(
      () => log.warn({ event: 'worker.stop_waits', step }, 'the worker waits for this before it ends'),
      slowStepMs,
    );
    await ended.finally(() => clearTimeout(timer));
  };
}

function openBudgets(queue: QueueConnection, sql: Sql, onError: (error: unknown) => void): BucketStore {
  return 'redisUrl' in queue ? openRedisBuckets(queue.redisUrl, onError) : openPostgresBuckets(sql);
}
