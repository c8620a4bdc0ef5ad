import { connect, type Sql } from '../db/connect.js';
import { clockColumn, createDatabaseClock, type DatabaseClock } from '../db/databaseClock.js';
import { readSecretsUnderPreviousKey, type SealKeys } from '../secrets/sealedColumns.js';
import { createCachedRead, type ReadState } from './cachedRead.js';
import { readCohorts, readStoppedPulls } from './cohortStatus.js';
import { readCurrents } from './currentStatus.js';
import { readDeadLetters } from './deadLetterStatus.js';
import { readKeysNearQuota, readThrottledKeys } from './keyStatus.js';
import { readLedgerChecks, readLedgerScan } from './ledgerStatus.js';
import { readNoticeMessages } from './noticeStatus.js';
import { readHeldEvents, readQuarantineUsage } from './quarantineStatus.js';
import { readSegmentSyncs } from './segmentSyncStatus.js';
import { readFailedJobs, readWarnings } from './warningStatus.js';
import { readWebhooks } from './webhookStatus.js';
import { countLiveWorkers } from './workerStatus.js';

/** The parts are read by statements of their own: one that is slow or fails does not hide the others. */
const parts = {
  workers: countLiveWorkers,
  currents: readCurrents,
  deadLetters: readDeadLetters,
  throttledKeys: readThrottledKeys,
  keysNearQuota: readKeysNearQuota,
  quarantineUsage: readQuarantineUsage,
  heldEvents: readHeldEvents,
  webhooks: readWebhooks,
  segmentSyncs: readSegmentSyncs,
  cohorts: readCohorts,
  stoppedPulls: readStoppedPulls,
  ledgerChecks: readLedgerChecks,
  ledgerScan: readLedgerScan,
  warnings: readWarnings,
  failedJobs: readFailedJobs,
  noticeMessages: readNoticeMessages,
  secretsUnderPreviousKey: readSecretsUnderPreviousKey,
} as const satisfies Readonly<Record<string, (sql: Sql, seal: SealKeys) => Promise<unknown>>>;

export type StatusPart = keyof typeof parts;
export const statusParts = Object.keys(parts) as StatusPart[];

type Parts = { readonly [Part in StatusPart]: ReadState<Awaited<ReturnType<(typeof parts)[Part]>>> };

/** What the database knows about the state of the hub. Gauges and overview are made of it, so they cannot disagree. */
export interface HubStatus extends Parts {
  /** By Postgres, as what is stored. */
  readonly now: Date;
  /** The retry window of an event. */
  readonly windowMs: number;
  /** The budget of the quarantine. */
  readonly quarantineMaxBytes: number;
}

/** Reads some parts once, as they are now; one that fails has no value, nor have the others. */
export async function readStatusParts(
  sql: Sql,
  wanted: readonly StatusPart[],
  {
    seal,
    windowMs,
    quarantineMaxBytes,
    clock,
  }: Pick<HubStatus, 'windowMs' | 'quarantineMaxBytes'> & {
    readonly seal: SealKeys;
    readonly clock: Pick<DatabaseClock, 'now'>;
  },
): Promise<HubStatus> {
  const states = await Promise.all(
    statusParts.map(async (part) => {
      if (!wanted.includes(part)) return [part, { value: undefined, failureCount: 0 }] as const;
      const value: unknown = await parts[part](sql, seal).catch(() => undefined);
      return [part, { value, failureCount: value === undefined ? 1 : 0 }] as const;
    }),
  );
  return {
    ...(Object.fromEntries(states) as unknown as Parts),
    windowMs,
    quarantineMaxBytes,
    now: new Date(clock.now()),
  };
}

export interface HubStatusOptions {
  readonly databaseUrl: string;
  readonly windowMs: number;
  readonly quarantineMaxBytes: number;
  readonly seal: SealKeys;
  /** How long a caller waits for the database at most; default: two seconds. */
  readonly maxWaitMs?: number;
}

export type HubStatusReader = ReturnType<typeof openHubStatus>;

const maxStatementMs = 10_000;

/** Opens two connections of its own, so that a scrape waits for no query of an admin, and the other way round. */
export function openHubStatus({ databaseUrl, maxWaitMs = 2_000, seal, ...limits }: HubStatusOptions) {
  const sql = connect(databaseUrl, { max: 2, name: 'status', statementMs: maxStatementMs, hotPath: true });
  let checking: Promise<unknown> | undefined;
  /** One statement for all parts: without a database each would try to connect, one after the other, with growing delays. */
  const checkConnection = (): Promise<unknown> => (checking ??= readClock().finally(() => void (checking = undefined)));
  const clock = createDatabaseClock();
  async function readClock(): Promise<void> {
    const endSample = clock.sample();
    const [row] = await sql<{ ms: number }[]>`select ${sql.unsafe(clockColumn)} as ms`;
    if (row) endSample(row.ms);
  }

  const reads = statusParts.map((part) => {
    const read = async (): Promise<unknown> => {
      await checkConnection();
      return parts[part](sql, seal);
    };
    return [part, createCachedRead(read, maxWaitMs)] as const;
  });
  return {
    /**
     * Answers within about `maxWaitMs`, whatever the database does; a part that could not be read has no value. A part
     * may be up to `maxAgeMs` old, and older where reading it is costly.
     */
    async read(maxAgeMs: number): Promise<HubStatus> {
      const states = await Promise.all(reads.map(async ([part, get]) => [part, await get(maxAgeMs)] as const));
      return { ...(Object.fromEntries(states) as unknown as Parts), ...limits, now: new Date(clock.now()) };
    },
    close: () => sql.end(),
  };
}
