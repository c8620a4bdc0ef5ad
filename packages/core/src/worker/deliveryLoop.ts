import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { createBudgets } from '../budget/budgets.js';
import type { BucketStore } from '../budget/bucketStore.js';
import { openQuotaRecorder } from '../budget/quotaRecorder.js';
import { claim, type Claim } from '../delivery/claim.js';
import type { Sql } from '../db/connect.js';
import { deliver, type DeliverResult } from '../delivery/deliver.js';
import type { ClaimedBatch } from '../delivery/attemptContext.js';
import type { Metrics } from '../process/metrics.js';
import { block, hold, release } from '../currentState.js';
import { Outcome } from '../batch/outcome.js';
import { createAdaptiveConcurrency } from '../delivery/adaptiveConcurrency.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { wakeIntervalMs } from '../queue.js';
import { requeueThrottled } from '../budget/requeueThrottled.js';
import { DeliveryLeaseLost, record } from '../delivery/record.js';
import type { BatchReader } from '../batch/batchReader.js';
import { isUsable, loadCurrent, type LoadedCurrent, type LoadCurrentOptions } from '../loadCurrent.js';

export interface DeliveryLoopDeps extends LoadCurrentOptions {
  readonly sql: Sql;
  readonly batchReader: BatchReader;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'share'>;
  readonly http: Http;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly leaseMs: number;
  /** The longest a single request may take; a lease outlives it. */
  readonly requestMs: number;
  readonly shard: number;
  /** Undefined when budgets are not enforced. */
  readonly budgetStore: BucketStore | undefined;
  readonly onBudgetError: (error: unknown) => void;
  /** Tells other workers that a Current has more than this one can take. */
  readonly askForHelp: (currentId: number) => void;
}

/** One Current's way through this worker. Lanes share nothing that a slow partner could hold on to. */
export interface DeliveryLoop {
  /** Look for due deliveries, now or as soon as there is a hand free. Cheap, and safe to call at any time. */
  wake(): void;
  /** Takes nothing new, and resolves when what is under way has been recorded. */
  stop(): Promise<void>;
}

/** While a request is under way, further events gather this long before a second request is begun for them. */
const gatherMs = 25;
/**
 * So long after a wake-up call a lane looks again by itself, at short intervals: no further call comes for a while, and
 * a look costs a tenth of a call.
 */
const lingerMs = 2 * wakeIntervalMs;
const lookAgainMs = 20;
const errorPauseMs = 1_000;
/** After an attempt that failed by itself, such as for a batch that cannot be read. */
const giveBackMs = 5_000;

export function createDeliveryLoop(currentId: number, deps: DeliveryLoopDeps): DeliveryLoop {
  const { sql, log } = deps;
  const budgets =
    deps.budgetStore &&
    createBudgets({
      currentId,
      store: deps.budgetStore,
      windowMs: deps.windowMs,
      now: Date.now,
      onError: deps.onBudgetError,
    });
  const quotaBook = budgets && openQuotaRecorder({ sql, log, currentId, budgets, onError: deps.onBudgetError });
  const pace = createAdaptiveConcurrency();
  const refusals = { alone: 0 };
  const hands = new Set<Promise<void>>();
  /** Hands that have not let go: one that has is among `hands` for a moment still. */
  let busy = 0;
  let working: LoadedCurrent | undefined;
  let most = 1;
  let lastClaimMs = 0;
  let woken = false;
  let stopped = false;
  let later: NodeJS.Timeout | undefined;
  let lingersUntilMs = 0;

  function wake(): void {
    lingersUntilMs = Date.now() + lingerMs;
    look();
  }

  function look(): void {
    woken = true;
    if (busy >= most) return;
    lookIn(busy === 0 ? 0 : lastClaimMs + gatherMs - Date.now());
  }

  function lookIn(waitMs: number): void {
    if (stopped) return;
    if (waitMs <= 0) {
      clearTimeout(later);
      later = undefined;
      return addHand();
    }
    later ??= setTimeout(() => {
      later = undefined;
      look();
    }, waitMs);
  }

  function addHand(): void {
    busy++;
    const hand: Promise<void> = work().finally(() => {
      hands.delete(hand);
      linger();
    });
    hands.add(hand);
  }

  function linger(): void {
    if (busy < most && Date.now() < lingersUntilMs) lookIn(lookAgainMs);
  }

  async function work(): Promise<void> {
    try {
      await workOn();
    } finally {
      busy--;
    }
  }

  /** Claims and delivers until nothing is due, or until the pace has fallen and others are enough. */
  async function workOn(): Promise<void> {
    while (!stopped && busy <= most) {
      woken = false;
      lastClaimMs = Date.now();
      try {
        if (!(await attempt()) && !woken) return;
      } catch (error) {
        log.warn(
          { event: 'lane.error', current: currentId, err: error },
          'an attempt failed by itself; its deliveries are tried again',
        );
        await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
        return;
      }
    }
  }

  /** False when nothing was due. */
  async function attempt(): Promise<boolean> {
    if (!working && !(await begin())) return false;
    if (!working) return false;
    const limits = working.connector.rateLimit(working.settings);
    most = pace.limit(deps.workerLeases.share(limits.maxConcurrentRequests));
    const startedMs = Date.now();
    const lease = deps.workerLeases.newLease();
    const claimed = await claim(sql, { currentId, lease, leaseMs: deps.leaseMs, events: limits.maxEvents });
    if (claimed.deliveries.length === 0) return false;
    if (claimed.failures > 0) most = 1;
    if (!claimed.more) linger();
    else {
      if (busy < most) look();
      else deps.askForHelp(currentId);
    }
    const current = working;
    try {
      if (claimed.version !== current.version && !(await begin()))
        throw new Error('the Current cannot work as it is set up now');
      await carry(claimed, working, startedMs);
    } catch (error) {
      await giveBack(lease);
      throw error;
    }
    // What this attempt left waiting was put off by the terms of its time.
    if (working && working !== current)
      await requeueThrottled(sql, currentId, working.connector.rateLimit(working.settings).budgets);
    return true;
  }

  /** Reads how the Current is to work from now on. Undefined when it cannot. */
  async function begin(): Promise<LoadedCurrent | undefined> {
    const read = await loadCurrent(sql, currentId, deps);
    working = read && isUsable(read) ? read : undefined;
    if (read && !isUsable(read)) await blocked(read);
    if (working) await requeueThrottled(sql, currentId, working.connector.rateLimit(working.settings).budgets);
    return working;
  }

  async function carry(claimed: Claim, current: LoadedCurrent, startedMs: number): Promise<void> {
    const loads = await load(claimed);
    const delivered = await deliver(loads, {
      connector: current.connector,
      settings: current.settings,
      credentials: current.credentials,
      http: deps.http,
      budgets,
      concurrency: pace,
      refusals,
      liveSinceMs: claimed.liveSinceMs,
      windowMs: deps.windowMs,
      failures: claimed.failures,
      stopAtMs: startedMs + deps.leaseMs - deps.requestMs - 5_000,
      now: Date.now,
      random: Math.random,
    });
    await settle(claimed, delivered);
    await quotaBook?.flush();
    note(claimed, delivered, startedMs);
  }

  async function load({ deliveries }: Claim): Promise<ClaimedBatch[]> {
    const batches = await deps.batchReader.read(deliveries);
    return deliveries.map((delivery, index) => ({ delivery, slices: batches[index] ?? [] }));
  }

  async function settle(claimed: Claim, { results: attempted, suspension: obstacle }: DeliverResult): Promise<void> {
    if (obstacle?.kind === 'blocked') await blocked(obstacle);
    if (obstacle?.kind === 'held') await hold(sql, currentId, obstacle);
    await recordSurely(attempted, claimed.lease, Date.now() + deps.requestMs);
    if (!obstacle && claimed.failures > 0) await release(sql, currentId);
  }

  /** The partner has the events: what it said of them is worth some tries when the database is away for a moment. */
  async function recordSurely(attempted: DeliverResult['results'], lease: string, untilMs: number): Promise<void> {
    for (;;) {
      try {
        return await record(sql, attempted, { currentId, lease, shard: deps.shard });
      } catch (error) {
        if (error instanceof DeliveryLeaseLost) {
          log.warn(
            { event: 'lease.lost', current: currentId },
            'an attempt took longer than its lease; its results are dropped, and the partner drops the repeated events by their ids',
          );
          return;
        }
        if (Date.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
      }
    }
  }

  /** An attempt that failed by itself need not hold its deliveries until the lease runs out. */
  async function giveBack(lease: string): Promise<void> {
    await sql`
      update delivery set due_at = now() + ${giveBackMs}::int * interval '1 millisecond', lease = null
      where current_id = ${currentId} and pending > 0 and lease = ${lease}::bigint`.catch(() => undefined);
  }

  async function blocked(reason: { readonly code: string; readonly detail: string }): Promise<void> {
    if (await block(sql, currentId, reason)) {
      log.error(
        { event: 'current.blocked', current: currentId, ...reason },
        'a Current is blocked until somebody repairs it; its events are kept',
      );
    }
  }

  function note(claimed: Claim, delivered: DeliverResult, startedMs: number): void {
    const counts = { delivered: 0, skipped: 0, rejected: 0, expired: 0, pending: 0 };
    const endedMs = Date.now();
    for (const { delivery, outcomes } of delivered.results) {
      let arrived = 0;
      for (let position = 0; position < outcomes.length; position++) {
        const byte = outcomes[position] as number;
        if (byte === Outcome.pending) counts.pending++;
        else if (byte !== delivery.outcomes[position]) {
          if (byte === Outcome.delivered) arrived++;
          else if (byte === Outcome.rejected) counts.rejected++;
          else if (byte === Outcome.expired) counts.expired++;
          else counts.skipped++;
        }
      }
      counts.delivered += arrived;
      if (arrived > 0) deps.metrics.delivered(currentId, arrived, endedMs - delivery.storedAtMs);
    }
    deps.metrics.attempted(currentId, counts, endedMs - startedMs);
    log.info({
      event: 'delivery.attempt',
      current: currentId,
      deliveries: claimed.deliveries.length,
      first: claimed.deliveries[0]?.id,
      requests: delivered.requests,
      sent: delivered.sent,
      ...counts,
      ...(delivered.suspension && { obstacle: delivered.suspension.kind, code: delivered.suspension.code }),
      ms: endedMs - startedMs,
    });
  }

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(later);
      await Promise.allSettled(hands);
      await quotaBook?.flush('now');
    },
  };
}
