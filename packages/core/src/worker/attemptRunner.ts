import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { BatchUnreadable } from '../batch/batch.js';
import type { BatchReader } from '../batch/batchReader.js';
import type { BucketStore } from '../budget/bucketStore.js';
import { createBudgets } from '../budget/budgets.js';
import { openQuotaRecorder } from '../budget/quotaRecorder.js';
import { requeueThrottled } from '../budget/requeueThrottled.js';
import { block, type FailureReason } from '../circuitBreaker.js';
import { hold, release } from '../currentState.js';
import type { Sql } from '../db/connect.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { createAdaptiveConcurrency } from '../delivery/adaptiveConcurrency.js';
import { createAdaptiveRequestBytes } from '../delivery/adaptiveRequestBytes.js';
import type { ClaimedBatch } from '../delivery/attemptContext.js';
import { claim, type Claim } from '../delivery/claim.js';
import { deliver, type DeliverResult } from '../delivery/deliver.js';
import { DeliveryLeaseLost, record } from '../delivery/record.js';
import { isUsable, loadCurrent, type LoadCurrentOptions, type LoadedCurrent } from '../loadCurrent.js';
import type { Metrics } from '../process/metrics.js';
import { reportAttempt } from './reportAttempt.js';
import type { ReportUnreadable } from './reportUnreadable.js';

export interface AttemptRunnerDeps extends LoadCurrentOptions {
  readonly sql: Sql;
  readonly batchReader: BatchReader;
  readonly reportUnreadable: ReportUnreadable;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'share'>;
  readonly http: Http;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly leaseMs: number;
  /** The timeout of a single request; a lease outlives it. */
  readonly requestMs: number;
  readonly shard: number;
  /** Undefined when budgets are not enforced. */
  readonly budgetStore: BucketStore | undefined;
  readonly onBudgetError: (error: unknown) => void;
}

const recordRetryMs = 1_000;
/** When deliveries are due again after an internal error, for instance when the database does not answer. */
const releaseMs = 5_000;

/** Runs the attempts of one Current, and keeps what they share: its settings, budgets and concurrency limit. */
export function createAttemptRunner(currentId: number, deps: AttemptRunnerDeps) {
  const { sql, log, budgetStore: store, windowMs, onBudgetError: onError } = deps;
  const budgets = store && createBudgets({ currentId, store, windowMs, now: Date.now, onError });
  const quotaRecorder = budgets && openQuotaRecorder({ sql, log, currentId, budgets, onError });
  const concurrency = createAdaptiveConcurrency();
  const requestBytes = createAdaptiveRequestBytes();
  const refusals = { alone: 0 };
  let current: LoadedCurrent | undefined;
  let limit = 1;

  /**
   * Claims due deliveries, delivers and records them. Returns false when nothing was due. Calls `onClaimed` after the
   * claim. Rejects when the attempt failed with an internal error; its deliveries are then due again soon.
   */
  async function run(onClaimed: (isMoreDue: boolean) => void): Promise<boolean> {
    const loaded = current ?? (await reload());
    if (!loaded) return false;
    const limits = loaded.connector.rateLimit(loaded.settings);
    limit = concurrency.limit(deps.workerLeases.share(limits.maxConcurrentRequests));
    const startedMs = Date.now();
    const lease = deps.workerLeases.newLease();
    const claimed = await claim(sql, { currentId, lease, leaseMs: deps.leaseMs, events: limits.maxEvents });
    if (claimed.deliveries.length === 0) return false;
    // A Current that failed as a whole is tried by one request.
    if (claimed.failures > 0) limit = 1;
    onClaimed(claimed.more);
    try {
      const usable = claimed.version === loaded.version ? loaded : await reload();
      if (!usable) throw new Error('the Current cannot be used with its present settings');
      await attempt(claimed, usable, startedMs);
    } catch (error) {
      await releaseLease(sql, currentId, lease);
      throw error;
    }
    // The settings changed meanwhile, and this attempt deferred events under the old terms.
    if (current && current !== loaded) await requeue(current);
    return true;
  }

  /** Loads the settings and credentials. Blocks the Current, and returns undefined, when they cannot be used. */
  async function reload(): Promise<LoadedCurrent | undefined> {
    const loaded = await loadCurrent(sql, currentId, deps);
    requestBytes.reset();
    current = loaded && isUsable(loaded) ? loaded : undefined;
    if (current) await requeue(current);
    else if (loaded && !isUsable(loaded)) await blockCurrent(loaded);
    return current;
  }

  async function requeue({ connector, settings }: LoadedCurrent): Promise<void> {
    await requeueThrottled(sql, currentId, connector.rateLimit(settings).budgets);
  }

  async function attempt(claimed: Claim, loaded: LoadedCurrent, startedMs: number): Promise<void> {
    const { connector, settings, credentials } = loaded;
    const delivered = await deliver(await readBatches(claimed), {
      connector,
      settings,
      credentials,
      http: deps.http,
      budgets,
      concurrency,
      requestBytes,
      refusals,
      liveSinceMs: claimed.liveSinceMs,
      windowMs,
      failures: claimed.failures,
      stopAtMs: startedMs + deps.leaseMs - deps.requestMs - 5_000,
      now: Date.now,
      random: Math.random,
    });
    await recordAttempt(claimed, delivered);
    await quotaRecorder?.flush();
    for (const each of delivered.unreadable) deps.reportUnreadable(currentId, each);
    reportAttempt(deps, currentId, claimed, delivered, startedMs);
  }

  async function readBatches({ deliveries }: Claim): Promise<ClaimedBatch[]> {
    const batches = await deps.batchReader.read(deliveries);
    return deliveries.map((delivery, index) => ({
      delivery,
      slices: batches[index] ?? new BatchUnreadable('missing'),
    }));
  }

  async function recordAttempt({ lease, failures }: Claim, { results, suspension }: DeliverResult): Promise<void> {
    if (suspension?.kind === 'blocked') await blockCurrent(suspension);
    if (suspension?.kind === 'held') await hold(sql, currentId, suspension);
    await recordWithRetries(results, lease, Date.now() + deps.requestMs);
    if (!suspension && failures > 0) await release(sql, currentId);
  }

  /** The partner has accepted the events, so a short outage of the database is waited for. */
  async function recordWithRetries(results: DeliverResult['results'], lease: string, untilMs: number): Promise<void> {
    for (;;) {
      try {
        return await record(sql, results, { currentId, lease, shard: deps.shard });
      } catch (error) {
        if (error instanceof DeliveryLeaseLost) {
          log.warn(
            { event: 'lease.lost', current: currentId },
            'an attempt outlived its lease; its results are dropped, and the partner deduplicates the repeated events',
          );
          return;
        }
        if (Date.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, recordRetryMs));
      }
    }
  }

  async function blockCurrent({ code, detail }: FailureReason): Promise<void> {
    if (await block(sql, 'current', currentId, { code, detail }))
      log.error(
        { event: 'current.blocked', current: currentId, code, detail },
        'Current blocked; action required; its events are kept for their retry window',
      );
  }

  return {
    /** How many attempts may be in flight. */
    limit: () => limit,
    run,
    /** Records what is still in memory. */
    stop: async () => quotaRecorder?.flush('now'),
  };
}

/** Makes the deliveries of a failed attempt due before the lease expires. */
async function releaseLease(sql: Sql, currentId: number, lease: string): Promise<void> {
  await sql`
    update delivery set due_at = now() + ${releaseMs}::int * interval '1 millisecond', lease = null
    where current_id = ${currentId} and pending > 0 and lease = ${lease}::bigint`.catch(() => undefined);
}
