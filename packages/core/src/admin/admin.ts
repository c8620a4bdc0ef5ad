import type { StreamingHttp } from '@currents/connector';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { connect, type Sql } from '../db/connect.js';
import { openWriter } from '../db/writer.js';
import { createStore, type Store } from '../ingest/store.js';
import type { LoadCurrentOptions } from '../loadCurrent.js';
import type { SegmentExports } from '../loadSync.js';

type Database = PostgresJsDatabase;
/** A transaction, or the database itself. */
export type Queries = Pick<Database, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute'>;

interface AdminOptions extends LoadCurrentOptions {
  /** For operations that exceed the statement timeout of the pools, too. */
  readonly databaseUrl: string;
  /** The process's raw pool. Stays the caller's to end. */
  readonly sql: Sql;
  readonly http: StreamingHttp;
  /** The destinations of segments. */
  readonly segmentExports?: SegmentExports;
  /** Asks some worker to look at a Current. */
  readonly wake: (currentId: number) => void;
  /** Asks some worker to look at a cohort that is pulled, after a while. */
  readonly wakePull: (cohortId: number, afterMs: number) => void;
}

/** What admin operations depend on. */
export interface Admin extends AdminOptions {
  readonly segmentExports: SegmentExports;
  readonly db: Database;
  /** Takes quarantined events that are released. */
  readonly store: Store;
  /** Ends the connections that were opened here. */
  close(): Promise<void>;
}

export type Db = Pick<Admin, 'db'>;

/** The shard of the tally that admin operations are counted in; processes that take events in or deliver draw higher ones. */
export const adminShard = 0;

export function openAdmin(options: AdminOptions): Admin {
  const { databaseUrl, connectors, wake } = options;
  const pool = connect(databaseUrl, { max: 6, name: 'admin' });
  const writer = openWriter(databaseUrl, { max: 1, name: 'admin' });
  const store = createStore(writer, {
    connectors,
    batchEvents: 2_000,
    queuedBytes: 64 * 1024 * 1024,
    commits: 1,
    commitDelayMs: 3,
    shard: adminShard,
    arrival: 'released',
    onStored: (currentIds) => currentIds.forEach(wake),
  });
  return {
    ...options,
    segmentExports: options.segmentExports ?? new Map(),
    db: drizzle(pool),
    store,
    async close() {
      await store.drain();
      await writer.end();
      await pool.end();
    },
  };
}
