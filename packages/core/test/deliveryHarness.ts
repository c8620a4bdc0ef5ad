import { randomBytes } from 'node:crypto';
import type { Connector } from '@currents/connector';
import { pino } from 'pino';
import {
  connect,
  createIngest,
  createMetrics,
  createSeal,
  openWriter,
  startEngine,
  type Engine,
  type Ingest,
  type QueueConnection,
  type Seal,
  type Sql,
  type Writer,
} from '@currents/core';
import { createTestDatabase } from './database.js';

export interface Hub {
  readonly sql: Sql;
  readonly writer: Writer;
  readonly intake: Ingest;
  readonly tokenId: number;
  readonly databaseUrl: string;
  readonly seal: Seal;
  /** Creates a live Current that selects all events. */
  launch(name?: string): Promise<number>;
  startWorker(options?: {
    readonly windowMs?: number;
    readonly queue?: QueueConnection;
    readonly databaseUrl?: string;
    /** Where notices are sent. */
    readonly smtpUrl?: string;
    readonly noticesTo?: readonly string[];
    readonly databaseMaxBytes?: number;
  }): Promise<Engine>;
  take(events: readonly unknown[]): Promise<void>;
  tally(currentId: number): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** A short rest between two sweeps, for tests that would mostly wait for them. */
export const sweepMs = 50;

/** A hub on a new database, with one connector. */
export async function openHub(connector: Connector): Promise<Hub> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4, name: 'test' });
  const seal = createSeal(randomBytes(32));
  const connectors = new Map([[connector.name, connector]]);
  const engines = new Set<Engine>();
  const writer = openWriter(database.url, { max: 4, name: 'test' });
  const intake = createIngest(writer, {
    connectors,
    batchEvents: 500,
    queuedBytes: 10_000_000,
    commits: 2,
    commitDelayMs: 1,
    shard: 1,
    onStored: () => undefined,
  });
  const [token] = await sql<{ id: number }[]>`
    insert into ingest_token (name, hash, hint) values ('test', ${randomBytes(32)}, 'test') returning id`;
  const tokenId = token?.id ?? 0;
  return {
    sql,
    writer,
    intake,
    tokenId,
    databaseUrl: database.url,
    seal,
    async launch(name = 'everything') {
      const selection = {
        eventTypes: [],
        channels: [],
        groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'],
      };
      const [row] = await sql<{ id: number }[]>`
        insert into current (name, contact_email, destination, settings, selection, state, live_since)
        values (${name}, 'a@example.com', ${connector.name}, ${sql.json({ region: 'here' })}, ${sql.json(selection)}, 'live', now())
        returning id`;
      const id = row?.id ?? 0;
      await sql`update current set credentials = ${seal.seal(JSON.stringify({ key: 'k' }), `current:${id}`)} where id = ${id}`;
      return id;
    },
    async startWorker({
      windowMs = 3_600_000,
      queue = { databaseUrl: database.url },
      databaseUrl = database.url,
      smtpUrl,
      noticesTo = [],
      databaseMaxBytes = 0,
    } = {}) {
      const engine = await startEngine({
        network: { allowPrivateAddresses: true },
        connectors,
        seal,
        allowBaseUrl: false,
        databaseUrl,
        queue,
        log: pino({ level: 'silent' }),
        metrics: createMetrics(),
        windowMs,
        requestMs: 5_000,
        retentionDays: 14,
        enforceBudgets: true,
        notices: {
          smtpUrl,
          from: 'Currents <currents@hub.example.com>',
          to: noticesTo,
          groupMs: 300,
          quarantineMaxBytes: 1_000_000_000,
          databaseMaxBytes,
        },
      });
      engines.add(engine);
      return {
        ...engine,
        stop() {
          engines.delete(engine);
          return engine.stop();
        },
      };
    },
    async take(events) {
      const taken = await intake.take({ chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json', tokenId });
      if (taken.outcome !== 'stored') throw new Error(JSON.stringify(taken));
    },
    async tally(currentId) {
      const rows = await sql<{ outcome: string; events: string }[]>`
        select outcome, sum(events) as events from tally where current_id = ${currentId} group by outcome`;
      return Object.fromEntries(rows.map(({ outcome, events }) => [outcome, Number(events)]));
    },
    async stop() {
      await Promise.all([...engines].map((engine) => engine.stop()));
      await intake.drain();
      await Promise.all([writer.end(), sql.end()]);
      await database.drop();
    },
  };
}

let made = 0;

/** An event whose id starts with the word that controls the fake partner. */
export function event(word = 'good', overrides: Record<string, unknown> = {}): Record<string, unknown> {
  made++;
  return {
    event_type: 'users.messages.email.Open',
    id: `${word}-${made}`,
    time: 1_750_000_000 + made,
    user: { external_user_id: `user-${made % 50}` },
    properties: { campaign_name: 'Spring' },
    ...overrides,
  };
}

/** Waits until the condition holds; fails with the last value seen. */
export async function until<Value>(
  read: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
  withinMs = 15_000,
): Promise<Value> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > endMs) throw new Error(`still not so after ${withinMs} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
