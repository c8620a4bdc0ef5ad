import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { BatchUnreadable } from '../batch/batch.js';
import type { BatchReader } from '../batch/batchReader.js';
import { countPending, Outcome } from '../batch/outcome.js';
import type { BucketStore } from '../budget/bucketStore.js';
import { createBudgets } from '../budget/budgets.js';
import { openQuotaRecorder } from '../budget/quotaRecorder.js';
import { requeueThrottled } from '../budget/requeueThrottled.js';
import { block, type FailureReason } from '../circuitBreaker.js';
import { recordWarnings, type Noticed } from '../currents/currentWarnings.js';
import type { LatencyRecorder } from '../counts/latencyRecorder.js';
import { hold, release } from '../currentState.js';
import type { Sql } from '../db/connect.js';
import { beforeDeadline } from '../db/deadline.js';
import { endLease } from '../db/endLease.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { createAdaptiveConcurrency } from '../delivery/adaptiveConcurrency.js';
import { releaseLease } from '../delivery/deliveryLease.js';
import { createAdaptiveRequestBytes } from '../delivery/adaptiveRequestBytes.js';
import type { ClaimedBatch, CurrentSuspension } from '../delivery/attemptContext.js';
import { createCompression } from '../delivery/compression.js';
import { claim, type Claim } from '../delivery/claim.js';
import { createLinger } from '../delivery/linger.js';
import { deliver, type DeliverResult } from '../delivery/deliver.js';
import { parkNewer } from '../delivery/parkNewer.js';
import { DeliveryLeaseLost, record } from '../delivery/record.js';
import { createUserOrder, type OrderedAttempt } from '../delivery/userOrder.js';
import { isUsable, loadCurrent, type LoadCurrentOptions, type LoadedCurrent } from '../loadCurrent.js';
import type { Metrics } from '../process/metrics.js';
import { countResponses } from './countResponses.js';
import { createCurrentOwner } from './currentOwner.js';
import { noticedIn } from './noticed.js';
import { reportAttempt } from './reportAttempt.js';
import { recordFirstDelivery, rollBackRefused } from './credentialProbation.js';
import { createNewerReporter } from './reportNewer.js';
import type { OutcomeTap } from '../tail/tailTap.js';
import type { AttemptTrace, Tracing } from '../tracing/tracing.js';
import type { ReportUnreadable } from './reportUnreadable.js';
import type { Work, WorkBudget } from './workBudget.js';

export interface AttemptRunnerDeps extends LoadCurrentOptions {
  readonly sql: Sql;
  readonly batchReader: BatchReader;
  readonly reportUnreadable: ReportUnreadable;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'id' | 'hasOthers' | 'isPreferred'>;
  readonly workBudget: WorkBudget;
  readonly clock: DatabaseClock;
  readonly http: Http;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly latencies: Pick<LatencyRecorder, 'delivered'>;
  /** Where the live tail sees what is recorded. */
  readonly tap: Pick<OutcomeTap, 'isWanted' | 'recorded'>;
  /** Undefined while traces are off. */
  readonly tracing?: Tracing | undefined;
  readonly windowMs: number;
  readonly leaseMs: number;
  /** The timeout of a single request; a lease outlives it. */
  readonly requestMs: number;
  readonly shard: number;
  /** Undefined when budgets are not enforced. */
  readonly budgetStore: BucketStore | undefined;
  readonly onBudgetError: (error: unknown) => void;
}

/** Deliveries that are claimed, with their batches. */
interface StartedAttempt {
  readonly claimed: Claim;
  readonly ordered: OrderedAttempt;
  readonly startedMs: number;
  readonly batches: readonly ClaimedBatch[];
  readonly work: Work;
}

const recordRetryMs = 1_000;
/** Full requests of one claim. Only the last one of an attempt is not full, and batches are larger than a request. */
const requestsAtOnce = 2;

/** Replayed events of one claim: live events wait for its mapping and, where one request may be in flight, for its answer. */
const replayEvents = 1_000;

/** Runs the attempts of one Current, and keeps what they share: its settings, budgets and concurrency limit. */
export function createAttemptRunner(currentId: number, deps: AttemptRunnerDeps) {
  const { sql, log, clock, budgetStore: store, windowMs, onBudgetError: onError } = deps;
  const budgets = store && createBudgets({ currentId, store, windowMs, now: clock.now, onError });
  const quotaRecorder = budgets && openQuotaRecorder({ sql, log, currentId, budgets, onError });
  const concurrency = createAdaptiveConcurrency();
  const linger = createLinger();
  const requestBytes = createAdaptiveRequestBytes();
  const refusals = { alone: 0 };
  const compression = createCompression(countResponses(deps.http, currentId, deps.metrics));
  const reportNewer = createNewerReporter(deps);
  const order = createUserOrder(clock.now);
  const owner = createCurrentOwner(currentId, order, deps);
  /**
   * Claims follow one another, so that attempts have an order. The next one follows when the batches are read: what a busy
   * worker claims sooner only waits for it, and later events of the same users wait for that.
   */
  let claiming: Promise<unknown> = Promise.resolve();
  let current: LoadedCurrent | undefined;
  let limit = 1;
  /** The version of the Current whose promoted credentials are known to have delivered. */
  let provenVersion: number | undefined;
  let isStopping = false;

  /**
   * Claims due deliveries, delivers and records them. Returns whether more is due at once. Calls `onClaimed` after the
   * claim. Rejects when the attempt failed with an internal error; its deliveries are then due again soon.
   * @param replays whether to take what jobs replay, instead of live events.
   */
  async function run(onClaimed: (isMoreDue: boolean) => void, replays = false): Promise<boolean> {
    const loaded = current ?? (await reload());
    if (!loaded) return false;
    const limits = loaded.connector.rateLimit(loaded.settings);
    limit = concurrency.limit(limits.maxConcurrentRequests);
    const wanted = replays ? Math.min(limits.maxEvents, replayEvents) : limits.maxEvents * requestsAtOnce;
    const next = await afterOtherClaims(() => claimNext(wanted, replays));
    if (!next) return false;
    try {
      return await finish(next, loaded, onClaimed);
    } finally {
      next.work.end();
    }
  }

  async function finish(
    { claimed, ordered, startedMs, batches, work }: StartedAttempt,
    loaded: LoadedCurrent,
    onClaimed: (isMoreDue: boolean) => void,
  ): Promise<boolean> {
    // A Current that failed as a whole is tried by one request.
    if (claimed.failures > 0) limit = 1;
    onClaimed(claimed.more);
    let isLeft: boolean;
    try {
      const usable = claimed.version === loaded.version ? loaded : await reload();
      if (!usable) throw new Error('the Current cannot be used with its present settings');
      isLeft = await attempt({ claimed, batches, ordered, startedMs, work }, usable);
    } catch (error) {
      await giveBack(claimed, ordered);
      throw error;
    }
    // The settings changed meanwhile, and this attempt deferred events under the old terms.
    if (current && current !== loaded) await requeue(current);
    return claimed.more || isLeft;
  }

  function afterOtherClaims<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = claiming.then(action);
    claiming = result.catch(() => undefined);
    return result;
  }

  async function claimNext(wantedEvents: number, replays: boolean): Promise<StartedAttempt | undefined> {
    if (!(await beforeDeadline(owner.isOwned()))) return undefined;
    const work = await deps.workBudget.begin(wantedEvents);
    try {
      // What waited for its turn when the worker was stopped is left to the others.
      const started = isStopping ? undefined : await claimWith(work, replays);
      if (!started) work.end();
      return started;
    } catch (error) {
      work.end();
      throw error;
    }
  }

  async function claimWith(work: Work, replays: boolean): Promise<StartedAttempt | undefined> {
    const startedMs = clock.now();
    const claimedMs = performance.now();
    const endSample = clock.sample();
    const lease = deps.workerLeases.newLease();
    const ordered = order.begin();
    const workerId = deps.workerLeases.id;
    try {
      const claimed = await beforeDeadline(
        claim(sql, {
          currentId,
          workerId,
          lease,
          leaseMs: deps.leaseMs,
          events: work.maxEvents,
          onlyDeferred: order.isFull(),
          replays,
          withContents: deps.batchReader.isUnshared() && linger.isLong(current?.lingerMs ?? 0),
        }),
      );
      if (claimed.nowMs !== undefined) endSample(claimed.nowMs);
      // Empty claims count: after a flood the rate has to fall.
      const events = claimed.deliveries.reduce((sum, delivery) => sum + delivery.events, 0);
      if (!replays) linger.onClaimed(events, claimedMs);
      if (claimed.newer.length > 0) await park(claimed);
      if (claimed.deliveries.length === 0) {
        ordered.drop({ isLost: false });
        return undefined;
      }
      const batches = await readBatches(claimed);
      work.holds(events, bytesOf(batches));
      return { claimed, ordered, startedMs, batches, work };
    } catch (error) {
      // The claim may have succeeded, and its answer been lost. Before the next claim, or that would take later events only.
      await releaseWithRetries(lease);
      ordered.drop({ isLost: true });
      throw error;
    }
  }

  /** Leaves what a later release has deferred to a worker of that release. */
  async function park(claimed: Claim): Promise<void> {
    await beforeDeadline(parkNewer(sql, claimed, { currentId, windowMs, shard: deps.shard, nowMs: clock.now() }));
    await warn([reportNewer(currentId, claimed.newer)]);
  }

  /**
   * Makes the deliveries of a failed attempt due at once, before the lease expires and before all that came after them:
   * whichever worker claims next, it goes on with these.
   */
  async function giveBack({ lease }: Claim, ordered: OrderedAttempt): Promise<void> {
    await releaseWithRetries(lease);
    ordered.fail();
  }

  /** Never rejects: without a database, the lease expires. */
  async function releaseWithRetries(lease: string): Promise<void> {
    const term = { leaseMs: deps.leaseMs, isStopping: () => isStopping };
    await endLease(() => releaseLease(sql, currentId, lease), term).catch(() => undefined);
  }

  /** Loads the settings and credentials. Blocks the Current, and returns undefined, when they cannot be used. */
  async function reload(): Promise<LoadedCurrent | undefined> {
    const loaded = await loadCurrent(sql, currentId, deps);
    requestBytes.reset();
    compression.reset();
    current = loaded && isUsable(loaded) ? loaded : undefined;
    if (current) await requeue(current);
    else if (loaded && !isUsable(loaded)) await blockCurrent(loaded);
    return current;
  }

  async function requeue({ connector, settings }: LoadedCurrent): Promise<void> {
    await requeueThrottled(sql, currentId, connector.rateLimit(settings).budgets);
  }

  /** Returns whether it left events that are due at once. */
  async function attempt(
    { claimed, batches, ordered, startedMs, work }: StartedAttempt,
    { connector, settings, credentials, version, isUnproven }: LoadedCurrent,
  ): Promise<boolean> {
    const trace = deps.tracing && startTrace(claimed);
    const delivering = deliver(batches, {
      connector,
      settings,
      credentials,
      compression: trace ? tracedCompression(trace) : compression,
      budgets,
      concurrency,
      requestBytes,
      order: ordered,
      refusals,
      liveSinceMs: claimed.liveSinceMs,
      claimedAtMs: claimed.nowMs ?? clock.now(),
      windowMs,
      failures: claimed.failures,
      stopAtMs: startedMs + deps.leaseMs - deps.requestMs - 5_000,
      now: clock.now,
      random: Math.random,
    });
    // It has mapped the events before it first waits.
    work.endTurn();
    const delivered = await delivering.catch((error: unknown) => {
      trace?.end({ requests: 0, delivered: 0, error: 'attempt_failed' });
      throw error;
    });
    trace?.end({
      requests: delivered.requests,
      delivered: deliveredIn(delivered),
      error: delivered.suspension?.code,
    });
    if (await recordAttempt(claimed, delivered, version)) {
      ordered.end(delivered.results);
      if (deps.tap.isWanted) deps.tap.recorded(currentId, delivered.results);
    } else ordered.drop({ isLost: true });
    if (isUnproven && provenVersion !== version && (await recordFirstDelivery(sql, currentId, version, delivered)))
      provenVersion = version;
    await quotaRecorder?.flush();
    for (const each of delivered.unreadable) deps.reportUnreadable(currentId, each);
    reportAttempt(deps, currentId, claimed, delivered, { startedMs, endedMs: clock.now() });
    await warn(noticedIn(delivered, compression.takeRefusal()));
    return delivered.results.some(({ dueAtMs, outcomes }) => dueAtMs === undefined && countPending(outcomes) > 0);
  }

  function startTrace({ deliveries }: Claim): AttemptTrace | undefined {
    const spans = deliveries.map(({ traceSpans }) => traceSpans);
    const events = deliveries.reduce((sum, delivery) => sum + delivery.events, 0);
    return deps.tracing?.attempt(spans, { currentId, deliveries: deliveries.length, events });
  }

  function tracedCompression(trace: AttemptTrace): Pick<typeof compression, 'send'> {
    return { send: (call) => compression.send((http) => call(trace.traced(http))) };
  }

  /** A warning that cannot be recorded is in the log all the same. */
  async function warn(noticed: readonly Noticed[]): Promise<void> {
    if (noticed.length === 0) return;
    await recordWarnings(sql, currentId, noticed).catch((err: unknown) =>
      log.warn({ event: 'warning.not_recorded', current: currentId, err }, 'a warning could not be recorded'),
    );
  }

  async function readBatches({ deliveries, contents }: Claim): Promise<ClaimedBatch[]> {
    const batches = await deps.batchReader.read(deliveries, contents);
    return deliveries.map((delivery, index) => ({
      delivery,
      slices: batches[index] ?? new BatchUnreadable('missing'),
    }));
  }

  async function recordAttempt(
    { lease, failures }: Claim,
    { results, suspension }: DeliverResult,
    version: number,
  ): Promise<boolean> {
    const untilMs = performance.now() + deps.requestMs;
    if (suspension) await withRetries(() => suspend(suspension, version), untilMs);
    const isRecorded = await recordResults(results, lease, untilMs);
    if (!suspension && failures > 0) await release(sql, currentId);
    return isRecorded;
  }

  /** May be repeated. */
  async function suspend(suspension: CurrentSuspension, version: number): Promise<void> {
    if (suspension.kind === 'blocked') await blockRefused(suspension, version);
    else await hold(sql, currentId, suspension);
  }

  /** Returns false when another worker has the deliveries now. */
  async function recordResults(results: DeliverResult['results'], lease: string, untilMs: number): Promise<boolean> {
    try {
      await withRetries(() => record(sql, results, { currentId, lease, shard: deps.shard }), untilMs);
      return true;
    } catch (error) {
      if (!(error instanceof DeliveryLeaseLost)) throw error;
      log.warn(
        { event: 'lease.lost', current: currentId },
        'an attempt outlived its lease; its results are dropped, and the partner deduplicates the repeated events',
      );
      return false;
    }
  }

  /** The partner has accepted the events, so a short outage of the database is waited for. */
  async function withRetries(write: () => Promise<void>, untilMs: number): Promise<void> {
    for (;;) {
      try {
        return await beforeDeadline(write());
      } catch (error) {
        if (error instanceof DeliveryLeaseLost || performance.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, recordRetryMs));
      }
    }
  }

  /** Blocks the Current, or goes back to its former credentials. Neither if it was changed since the attempt began. */
  async function blockRefused({ code, detail }: FailureReason, version: number): Promise<void> {
    if (!(await rollBackRefused(deps, currentId, { version, code, detail })))
      await blockCurrent({ code, detail }, version);
  }

  async function blockCurrent({ code, detail }: FailureReason, version?: number): Promise<void> {
    if (await block(sql, 'current', currentId, { code, detail }, version === undefined ? {} : { version }))
      log.error(
        { event: 'current.blocked', current: currentId, code, detail },
        'Current blocked; action required; its events are kept for their retry window',
      );
  }

  return {
    /** How many attempts may be in flight. */
    limit: () => limit,
    isPartnerSlower: concurrency.isPartnerSlower,
    /** Milliseconds from one claim to the next, unless more is due than one takes. */
    lingerMs: () => linger.ms(current?.lingerMs ?? 0),
    run,
    /** Lets another worker deliver this Current, if nothing is in flight. */
    leave: () => afterOtherClaims(() => owner.leave()).catch(() => undefined),
    /** Claims nothing from now on. */
    startNothing: () => void (isStopping = true),
    /** Records what is still in memory. */
    async stop() {
      await quotaRecorder?.flush('now');
      await this.leave();
    },
  };
}

function bytesOf(batches: readonly ClaimedBatch[]): number {
  let sum = 0;
  for (const { slices } of batches)
    if (!(slices instanceof BatchUnreadable)) for (const { bytes } of slices) sum += bytes;
  return sum;
}

/** How many events the destination has accepted in this attempt. */
function deliveredIn({ results }: DeliverResult): number {
  let count = 0;
  for (const { outcomes, delivery } of results)
    for (let position = 0; position < outcomes.length; position++)
      if (outcomes[position] === Outcome.delivered && delivery.outcomes[position] !== Outcome.delivered) count++;
  return count;
}
