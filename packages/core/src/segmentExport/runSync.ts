import { setTimeout as sleep } from 'node:timers/promises';
import type { Http, SendOutcome } from '@currents/connector';
import type { Logger } from 'pino';
import type { BucketStore } from '../budget/bucketStore.js';
import { block } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import { endLease } from '../db/endLease.js';
import type { Metrics } from '../process/metrics.js';
import { backoffMs } from '../retry.js';
import { claimSync, holdSync, releaseSync, renewLease, type ClaimedSync } from './claimSync.js';
import { cutChanges, type ChangeRequest } from './cutChanges.js';
import { decideChange } from './decideChange.js';
import { finishClearing } from './finishClearing.js';
import { findCandidates } from './findCandidates.js';
import { isUsableSync, loadSync, type LoadedSync, type LoadSyncOptions } from '../loadSync.js';
import { recordChanges, type RecordedChanges } from './recordChanges.js';
import { createRequestRate } from './requestRate.js';
import { sendChanges, type SentChanges } from './sendChanges.js';
import { storeStep } from './storeStep.js';

export interface RunSyncDeps extends LoadSyncOptions {
  readonly sql: Sql;
  readonly http: Http;
  readonly clock: DatabaseClock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'segmentSyncRequested' | 'segmentSyncRecorded'>;
  readonly newLease: () => string;
  /** Longer than a request may take. */
  readonly leaseMs: number;
  readonly budgetStore: BucketStore | undefined;
  readonly onBudgetError: (error: unknown) => void;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
}

/** The fewest users to look at in a step, so that a walk over many that need nothing is quick. */
const minStepMembers = 500;

/** Sends what a sync has to send, step by step, while it has the lease. Any number of workers may call it at once. */
export async function runSync(deps: RunSyncDeps, syncId: number): Promise<void> {
  const { sql, leaseMs } = deps;
  const lease = deps.newLease();
  try {
    const sync = await claimSync(sql, syncId, { lease, leaseMs });
    if (sync) await runClaimed(deps, sync);
  } finally {
    // Also of a claim that failed: it may have succeeded, and its answer been lost.
    const term = { leaseMs, isStopping: () => deps.signal.aborted };
    await endLease(() => releaseSync(sql, { syncId, lease }), term);
  }
}

async function runClaimed(deps: RunSyncDeps, sync: ClaimedSync): Promise<void> {
  const loaded = await loadSync(deps.sql, sync.syncId, deps);
  if (!loaded) return;
  if (!isUsableSync(loaded)) return blockSync(deps, sync, loaded);
  while (!deps.signal.aborted && (await runStep(deps, sync, loaded)) === 'again');
}

/** One step: looks at some users, stores what is to be sent of them, sends it, and records what became of it. */
async function runStep(deps: RunSyncDeps, sync: ClaimedSync, loaded: LoadedSync): Promise<'again' | 'end'> {
  const { sql } = deps;
  const limits = loaded.segmentExport.limits(loaded.settings);
  const perStep = Math.max(minStepMembers, limits.maxItems * limits.maxConcurrentRequests);
  const found = await findCandidates(sql, sync, perStep);
  if (!found) return 'end';
  const decided = found.candidates.map((candidate) => ({
    candidate,
    decision: decideChange(candidate, limits.reversalMs),
  }));
  const chosen = decided.flatMap(({ candidate, decision }) => (decision.kind === 'send' ? [candidate] : []));
  const { requests, refused } = cutChanges(loaded.segmentExport, loaded.settings, chosen, limits);
  const isStored = await storeStep(sql, sync, {
    ...found,
    requests,
    refused,
    waiting: decided.flatMap(({ candidate: { member }, decision }) =>
      decision.kind === 'wait' ? [{ member, afterMs: decision.afterMs }] : [],
    ),
    settled: decided.flatMap(({ candidate: { member, before }, decision }) =>
      decision.kind === 'nothing' && before?.isDue ? [member] : [],
    ),
  });
  if (!isStored) return 'end';
  if (refused.length > 0)
    deps.metrics.segmentSyncRecorded(loaded.segmentExport.name, { ...none, refused: refused.length });
  const halts = await sendAll(deps, sync, loaded, requests);
  if (halts === undefined) return 'end';
  const blocked = halts.find(({ outcome }) => outcome === 'blocked');
  if (blocked) await blockSync(deps, sync, blocked, loaded.version);
  else if (halts[0]) await hold(deps, sync, halts[0]);
  if (halts.length > 0) return 'end';
  if (!found.isLast) return 'again';
  await finishClearing(sql, sync, deps.log);
  return 'end';
}

const none: RecordedChanges = { delivered: 0, refused: 0, returned: 0 };

type Halt = NonNullable<SentChanges['halt']>;

/** Sends the requests of a step, some at a time, and records each. Undefined when the lease was lost on the way. */
async function sendAll(
  deps: RunSyncDeps,
  sync: ClaimedSync,
  loaded: LoadedSync,
  requests: readonly ChangeRequest[],
): Promise<readonly Halt[] | undefined> {
  const { sql, http, log, metrics } = deps;
  const { segmentExport, settings } = loaded;
  const limits = segmentExport.limits(settings);
  const account = `${segmentExport.name} ${segmentExport.objectOf(settings).account}`;
  const rate = createRequestRate(deps.budgetStore, deps.onBudgetError, account, limits.requests);
  const halts: Halt[] = [];
  let isLost = false;

  async function admit(): Promise<boolean> {
    if (isLost || halts.length > 0 || deps.signal.aborted) return false;
    const waited = await waitKeepingLease(deps, sync, await rate.reserve());
    if (waited === 'lost') isLost = true;
    return waited === 'waited' && halts.length === 0;
  }

  async function sendOne(request: ChangeRequest): Promise<void> {
    const startedMs = performance.now();
    const onRequest = (outcome: SendOutcome['outcome']): void =>
      metrics.segmentSyncRequested(segmentExport.name, outcome);
    const sent = await sendChanges({ http, admit, onRequest }, loaded, request.items);
    if (sent.halt) halts.push(sent.halt);
    if (isLost) return;
    const recorded = await recordChanges(sql, sync, request, sent, limits.maxTries);
    if (!recorded) {
      isLost = true;
      return;
    }
    metrics.segmentSyncRecorded(segmentExport.name, recorded);
    if (sent.requests === 0) return;
    log.info({
      event: 'segment_sync_request.finished',
      segmentSync: sync.syncId,
      ...recorded,
      ...(sent.halt && { code: sent.halt.code }),
      ms: Math.round(performance.now() - startedMs),
    });
  }

  const waiting = requests.values();
  const line = async (): Promise<void> => {
    for (const request of waiting) await sendOne(request);
  };
  // All of them end before the lease does.
  const lines = await Promise.allSettled(Array.from({ length: limits.maxConcurrentRequests }, line));
  for (const ended of lines) if (ended.status === 'rejected') throw ended.reason;
  return isLost ? undefined : halts;
}

/** So often the lease is renewed during a long wait. */
const renewMs = 5_000;

async function waitKeepingLease(
  { sql, signal }: RunSyncDeps,
  sync: ClaimedSync,
  waitMs: number,
): Promise<'waited' | 'lost' | 'stopped'> {
  for (let leftMs = waitMs; leftMs > 0; leftMs -= renewMs) {
    try {
      await sleep(Math.min(leftMs, renewMs), undefined, { signal });
    } catch {
      return 'stopped';
    }
    if (leftMs > renewMs && !(await renewLease(sql, sync))) return 'lost';
  }
  return 'waited';
}

/** What is pending is the present state of users, so it does not expire: it is tried until it is accepted. */
async function hold({ sql, clock }: RunSyncDeps, sync: ClaimedSync, { code, detail, ...halt }: Halt): Promise<void> {
  const waitMs = 'afterMs' in halt ? halt.afterMs : undefined;
  const untilMs = clock.now() + (waitMs ?? backoffMs(sync.failures + 1, Math.random()));
  await holdSync(sql, sync, { code, detail, untilMs });
}

async function blockSync(
  { sql, log }: Pick<RunSyncDeps, 'sql' | 'log'>,
  { syncId, lease }: ClaimedSync,
  { code, detail }: Pick<Halt, 'code' | 'detail'>,
  version?: number,
): Promise<void> {
  const conditions = { lease, ...(version !== undefined && { version }) };
  if (!(await block(sql, 'segment_sync', syncId, { code, detail }, conditions))) return;
  log.error(
    { event: 'segment_sync.blocked', segmentSync: syncId, code, detail },
    'segment sync blocked; action required; changes are kept until it is repaired',
  );
}
