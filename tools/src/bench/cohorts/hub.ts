import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { CohortChange, Member } from '@currents/connector';
import {
  connect,
  createHttp,
  createImportKey,
  createLog,
  createMetrics,
  createSeal,
  migrate,
  openAdmin,
  openWakeSender,
  createImportPartner,
  startEngine,
  storePush,
  watchImportKeys,
  type Admin,
  type Sql,
} from '@currents/core';

/** The cohort and segment parts of api and worker, in this process. */
export interface CohortHub {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly admin: Admin;
  /** Milliseconds from a page to its response. */
  push(change: CohortChange): Promise<number>;
  /** Resolves when no change is pending. */
  applied(): Promise<void>;
  stop(): Promise<void>;
}

const partner = 'bench';

export async function openCohortHub(databaseUrl: string): Promise<CohortHub> {
  await migrate(databaseUrl);
  const sql = connect(databaseUrl, { max: 6, name: 'bench' });
  const secrets = { connectors: new Map<string, never>(), seal: createSeal(randomBytes(32)), allowBaseUrl: false };
  const http = createHttp({ timeoutMs: 10_000, connections: 1, allowPrivateAddresses: true });
  const admin = openAdmin({ ...secrets, databaseUrl, sql, http, wake: () => undefined, wakePull: () => undefined });
  await createImportPartner(admin, partner);
  const made = expectKind('ImportKeyCreated', await createImportKey(admin, { partner, name: 'bench' }));
  const queue = { databaseUrl };
  const onError = (error: unknown): void => console.error(error);
  const sender = openWakeSender(queue, { onError });
  const keys = await watchImportKeys(sql, onError);
  const engine = await startEngine({
    network: { allowPrivateAddresses: true },
    ...secrets,
    databaseUrl,
    queue,
    log: createLog('bench', 'warn'),
    metrics: createMetrics(),
    windowMs: 3_600_000,
    requestMs: 10_000,
    retentionDays: 14,
    enforceBudgets: false,
    notices: { from: '', to: [], groupMs: 1_000, quarantineMaxBytes: 1_000_000_000, databaseMaxBytes: 0 },
  });
  return {
    sql,
    databaseUrl,
    admin,
    async push(change) {
      const startedMs = performance.now();
      const keyId = await keys.check(partner, made.key);
      if (keyId === undefined) throw new Error('the import key is not valid');
      const body = JSON.stringify(change);
      const stored = await storePush(
        { sql, onStored: (cohortIds) => cohortIds.forEach(sender.wakeCohort) },
        { partner, keyId, body, parsed: { changes: [change], refused: {} } },
      );
      if (stored.outcome !== 'stored') throw new Error(`a page was not stored: ${stored.outcome}`);
      return performance.now() - startedMs;
    },
    applied: () => untilApplied(sql),
    async stop() {
      await keys.stop();
      await sender.close();
      await engine.stop();
      await admin.close();
      await sql.end();
    },
  };
}

/** Resolves when no change is pending. */
export async function untilApplied(sql: Sql): Promise<void> {
  await untilRow(() => sql`select where not exists (select from cohort_change where state = 'pending')`);
}

/** Resolves when the query returns a row. */
export async function untilRow(query: () => PromiseLike<{ readonly count: number }>): Promise<void> {
  while ((await query()).count === 0) await wait(50);
}

/** Returns the result if it is of this kind. Throws the message of any other. */
export function expectKind<Result extends { readonly kind: string }, Kind extends Result['kind']>(
  kind: Kind,
  result: Result,
): Extract<Result, { readonly kind: Kind }> {
  if (result.kind !== kind) throw new Error((result as { readonly message?: string }).message);
  return result as Extract<Result, { readonly kind: Kind }>;
}

/** A user with an unordered id as long as a UUID. */
export function memberAt(index: number): Member {
  const mixed = Math.imul(index ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
  const head = mixed.toString(16).padStart(8, '0');
  return { externalId: `${head}-${index.toString(16).padStart(8, '0')}-4000-8000-000000000000` };
}
