import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { ExportLimits } from '@currents/connector';
import {
  createHttp,
  createMetrics,
  createSync,
  getSync,
  launchSync,
  type Admin,
  type SegmentSyncView,
} from '@currents/core';
import { startSyncWork } from '../../src/segmentExport/syncWork.js';
import { startSweeps } from '../../src/sweeps.js';
import { add, remove } from '../cohorts/cohortHarness.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { openSegmentHarness } from '../segments/segmentHarness.js';
import { createFakeLists } from './fakeLists.js';

const cohort = { id: 'held', name: 'Held' };
const log = pino({ level: 'silent' });

export type SyncHarness = Awaited<ReturnType<typeof openSyncHarness>>;

/** A segment of one cohort, a destination that holds it, and workers between them. */
export async function openSyncHarness(limits: Partial<ExportLimits> = {}, members: readonly string[] = []) {
  const harness = await openSegmentHarness();
  const lists = createFakeLists(limits);
  const segmentExports = new Map([[lists.segmentExport.name, lists.segmentExport]]);
  const http = createHttp({ timeoutMs: 2_000, connections: 2, allowPrivateAddresses: true });
  const admin = { ...harness.admin, http, segmentExports } as unknown as Admin;
  const works: { stop(): Promise<void> }[] = [];
  const externals = (ids: readonly string[]) => ids.map((externalId) => ({ externalId }));

  await harness.push([
    { kind: 'declare', cohort },
    ...(members.length > 0 ? [add(externals(members), { cohort })] : []),
  ]);
  await harness.apply();
  const segment = await harness.segment('Held', { includes: await harness.cohortId('held') });
  await harness.settle();

  async function view(id: string): Promise<SegmentSyncView> {
    const sync = await getSync(admin, id);
    if (sync.kind !== 'SegmentSync') throw new Error(sync.message);
    return sync;
  }

  return {
    ...harness,
    admin,
    lists,
    segmentId: segment.id,
    view,
    async create(list = 'held', token = 'valid') {
      const sync = await createSync(admin, {
        segmentId: segment.id,
        destination: 'lists',
        settings: { list },
        credentials: { token },
      });
      if (sync.kind !== 'SegmentSync') throw new Error(sync.message);
      return sync.id;
    },
    /** Creates a sync and launches it. */
    async launch(list?: string) {
      const id = await this.create(list);
      const launched = await launchSync(admin, id);
      if (launched.kind !== 'SegmentSync') throw new Error(launched.message);
      return id;
    },
    /** Users enter the segment. */
    async enter(...ids: readonly string[]) {
      await harness.push([add(externals(ids), { cohort })]);
      await harness.settle();
    },
    /** Users leave the segment. */
    async leave(...ids: readonly string[]) {
      await harness.push([remove(externals(ids), { cohort })]);
      await harness.settle();
    },
    /** Starts a worker's part. */
    start(databaseUrl = harness.url) {
      const sweeps = startSweeps(harness.sql, log, sweepMs);
      const work = startSyncWork({
        databaseUrl,
        sweeps,
        log,
        http,
        metrics: createMetrics(),
        seal: harness.seal,
        allowBaseUrl: true,
        segmentExports,
        newLease: () => (randomBytes(8).readBigUInt64BE() >> 1n).toString(),
        budgetStore: undefined,
        onBudgetError: () => undefined,
        requestMs: 2_000,
        retentionDays: 14,
      });
      const both = {
        async stop() {
          await sweeps.stop();
          await work.stop();
        },
      };
      works.push(both);
      return both;
    },
    /** Resolves when there is nothing left to send. */
    quiet: (id: string) =>
      until(
        () => view(id),
        ({ progress, waitingCount, inFlightCount }) =>
          progress === undefined && waitingCount === 0 && inFlightCount === 0,
      ),
    reaches: (id: string, state: SegmentSyncView['state']) =>
      until(
        () => view(id),
        (sync) => sync.state === state,
      ),
    /** The sum of the outcomes is the number of changes, at any time. */
    async isBalanced(id: string) {
      const { changeCount, deliveredCount, refusedCount, returnedCount, inFlightCount } = await view(id);
      return changeCount === deliveredCount + refusedCount + returnedCount + inFlightCount;
    },
    async close() {
      await Promise.all(works.map((work) => work.stop()));
      await http.close();
      await harness.close();
    },
  };
}
