import { createProber } from '../circuitBreaker.js';
import { connect } from '../db/connect.js';
import { startPeriodic } from '../process/periodic.js';
import type { Sweeps } from '../sweeps.js';
import { findDueSyncs, isSyncDue } from './claimSync.js';
import { deleteRemembered } from './finishClearing.js';
import { pruneRefusals } from './refusals.js';
import { isUsableSync, loadSync } from '../loadSync.js';
import { runSync, type RunSyncDeps } from './runSync.js';

interface SyncWorkDeps extends Omit<RunSyncDeps, 'sql' | 'clock' | 'signal' | 'leaseMs'> {
  readonly databaseUrl: string;
  readonly sweeps: Sweeps;
  /** How long refusals are listed. */
  readonly retentionDays: number;
  /** The longest a destination may take to answer. */
  readonly requestMs: number;
}

/** Syncs of one worker at a time: each waits for its destination most of the time. */
const maxRunning = 8;
const cleanupMs = 60_000;
const stopSeconds = 5;

/** Runs the syncs that are due, until it is stopped. Any number of workers may do so. */
export function startSyncWork(deps: SyncWorkDeps) {
  const { databaseUrl, sweeps, log, requestMs, retentionDays } = deps;
  const sql = connect(databaseUrl, { max: 6, name: 'segment-syncs' });
  const running = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  const runDeps: RunSyncDeps = {
    ...deps,
    sql,
    clock: sweeps.clock,
    signal: stopping.signal,
    leaseMs: requestMs * 2 + 30_000,
  };
  const prober = createProber({
    sql,
    log,
    table: 'segment_sync',
    subject: 'segment_sync',
    isPassed: (outcome) => outcome === 'passed',
    async probe(id) {
      const sync = await loadSync(sql, id, deps);
      if (!sync || !isUsableSync(sync)) return undefined;
      const { segmentExport, settings, credentials } = sync;
      return segmentExport.test({ settings, credentials, http: deps.http });
    },
  });

  const sweep = sweeps.add({
    event: 'segment_sync_sweep.failed',
    isDue: () => `exists (select from segment_sync y where y.state = 'blocked' or (${isSyncDue}))`,
    task: async () => {
      for (const id of await findDueSyncs(sql, maxRunning * 4)) {
        if (stopping.signal.aborted || running.size >= maxRunning) break;
        if (!running.has(id)) running.set(id, run(id));
      }
      await prober.start();
    },
  });
  const cleanup = startPeriodic(log, 'segment_sync_cleanup.failed', cleanupMs, async () => {
    while (!stopping.signal.aborted && (await deleteRemembered(sql)));
    if (!stopping.signal.aborted) await pruneRefusals(sql, retentionDays);
  });

  async function run(id: number): Promise<void> {
    try {
      await runSync(runDeps, id);
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn(
          { event: 'segment_sync.failed', segmentSync: id, err: error },
          'a step of a segment sync was not recorded; it is repeated',
        );
    } finally {
      running.delete(id);
    }
  }

  return {
    /** Starts nothing new. Requests in flight are recorded; what is aborted is repeated by another worker. */
    async stop(): Promise<void> {
      stopping.abort();
      const ended = Promise.all([sweep.stop(), cleanup.stop()]);
      await Promise.race([
        Promise.all([...running.values(), prober.end()]),
        new Promise((resolve) => setTimeout(resolve, stopSeconds * 1_000).unref()),
      ]);
      await sql.end({ timeout: stopSeconds });
      await ended;
    },
  };
}
