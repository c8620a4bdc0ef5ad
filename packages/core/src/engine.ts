import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { BucketStore } from './budget/bucketStore.js';
import { openPostgresBuckets } from './budget/postgresBuckets.js';
import { openRedisBuckets } from './budget/redisBuckets.js';
import { startCohortWork } from './cohorts/cohortWork.js';
import { connect, type Sql } from './db/connect.js';
import { createHttp } from './process/http.js';
import { createDeliveryLoop, type DeliveryLoop } from './worker/deliveryLoop.js';
import type { Metrics } from './process/metrics.js';
import { openWorkerLeases } from './db/workerLeases.js';
import { startPullWork } from './pulls/pullWork.js';
import { openWakeReceiver, openWakeSender, type QueueConnection } from './queue.js';
import { startSegmentWork } from './segments/segmentWork.js';
import { startSweep } from './worker/sweep.js';
import { createBatchReader } from './batch/batchReader.js';
import type { LoadCurrentOptions } from './loadCurrent.js';

export interface EngineOptions extends LoadCurrentOptions {
  readonly databaseUrl: string;
  readonly queue: QueueConnection;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** How long a deferred or blocked event is kept trying. */
  readonly windowMs: number;
  /** The longest a partner may take to answer one request. */
  readonly requestMs: number;
  readonly retentionDays: number;
  /** Whether the limits a connector declares per key are kept by the hub; false leaves it to the partner's refusals. */
  readonly enforceBudgets: boolean;
}

export interface Engine {
  /** Takes nothing new, records what is under way, and lets go of every connection. */
  stop(): Promise<void>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
}

/** Events kept unpacked, for Currents that want the same batch. */
const maxCachedEvents = 8_000;

/** A shard is a small number; two processes with the same one merely wait for each other now and then. */
export function drawShard(): number {
  return randomInt(1, 8_000) * 4;
}

/** Everything a worker process does: it delivers what is due, for every live Current, until it is stopped. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { databaseUrl, queue, log, requestMs } = options;
  const sql = connect(databaseUrl, { max: 12, name: 'worker', hotPath: true, mayForget: true });
  const http = createHttp({ timeoutMs: requestMs, connections: 64 });
  const shard = drawShard();
  const workerLeases = await openWorkerLeases(databaseUrl, log);
  const onError = oncePerMinute(log);
  const budgetStore = options.enforceBudgets ? openBudgets(queue, sql, onError) : undefined;
  const sender = openWakeSender(queue, { onError });
  const loops = new Map<number, DeliveryLoop>();
  const batchReader = createBatchReader(sql, maxCachedEvents, () => loops.size > 1);

  function wake(currentId: number): void {
    let lane = loops.get(currentId);
    if (!lane) {
      lane = createDeliveryLoop(currentId, {
        ...options,
        sql,
        http,
        batchReader: batchReader,
        workerLeases: workerLeases,
        shard,
        budgetStore,
        onBudgetError: onError,
        leaseMs: requestMs * 2 + 30_000,
        askForHelp: sender.wake,
      });
      loops.set(currentId, lane);
    }
    lane.wake();
  }

  const cohorts = startCohortWork(options);
  const segments = startSegmentWork({ ...options, http });
  const pulls = startPullWork({
    ...options,
    http,
    workerLeases: workerLeases,
    wakeCohort: sender.wakeCohort,
    wakePull: sender.wakePull,
  });
  const receiver = openWakeReceiver(queue, { onWake: wake, onCohort: cohorts.wake, onPull: pulls.wake }, { onError });
  const sweep = startSweep({ ...options, sql, http, shard, workerLeases: workerLeases, wake });

  return {
    async stop() {
      await receiver.close();
      await sweep.stop();
      await Promise.all([
        cohorts.stop(),
        segments.stop(),
        pulls.stop(),
        ...[...loops.values()].map((lane) => lane.stop()),
      ]);
      await sender.close();
      await workerLeases.stop();
      await budgetStore?.close();
      await http.close();
      await sql.end();
    },
    async ping() {
      await sql`select 1`;
    },
  };
}

function openBudgets(queue: QueueConnection, sql: Sql, onError: (error: unknown) => void): BucketStore {
  return 'redisUrl' in queue ? openRedisBuckets(queue.redisUrl, onError) : openPostgresBuckets(sql);
}

/** One line a minute of the queue's troubles is enough: the sweep and the partners' own limits go on without it. */
export function oncePerMinute(log: Logger): (error: unknown) => void {
  let saidMs = 0;
  return (error) => {
    if (Date.now() - saidMs < 60_000) return;
    saidMs = Date.now();
    log.warn(
      { event: 'queue.error', err: error },
      'wake-up calls or budgets are in trouble; deliveries go on at the pace of the sweep',
    );
  };
}
