import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  createHttp,
  createHubReporter,
  createIngest,
  createLog,
  createMetrics,
  createSeal,
  createSignInFailures,
  createTokenRates,
  ensureAdminToken,
  findImportPartner,
  openAdmin,
  openHubStatus,
  openTailReaders,
  openWriter,
  storePush,
  watchAdminTokens,
  watchConsoleSessions,
  watchImportKeys,
  watchIngestTokens,
  type Sql,
} from '@currents/core';
import type { FastifyInstance } from 'fastify';
import { createRequestBodies } from '../../src/body/requestBodies.js';
import { connectors } from '../../src/connectors.js';
import { registerEndpoints } from '../../src/registerEndpoints.js';
import { createServer } from '../../src/server.js';
import { readTrustedProxies } from '../../src/trustedProxies.js';
import { createTestDatabase } from '../database.js';
import { checkAnswers, type AnswerCheck } from './checkAnswers.js';

/** The whole api as it is started, with limits that are easy to exceed. */
export interface ContractHarness {
  readonly app: FastifyInstance;
  /** On a real port. */
  readonly url: string;
  readonly check: AnswerCheck;
  readonly sql: Sql;
  readonly ingestToken: string;
  readonly adminToken: string;
  /** A data import key of the partner. */
  importKey(partner: string): string;
  /** Disconnects the api from its database permanently. */
  loseDatabase(): Promise<void>;
  close(): Promise<void>;
}

export const maxBodyBytes = 5_000;

export async function openContractHarness(): Promise<ContractHarness> {
  const database = await createTestDatabase();
  const own = connect(database.url, { max: 4, name: 'api' });
  const sql = connect(database.url, { max: 2, name: 'test' });
  const writer = openWriter(database.url, { max: 1, name: 'ingest' });
  const consoleDirectory = makeConsole();
  const log = createLog('api', 'silent');
  const metrics = createMetrics();
  const ignore = (): void => undefined;
  const importKeys = new Map<string, string>();
  const http = createHttp({ timeoutMs: 1_000, connections: 1, allowPrivateAddresses: false });
  const admin = openAdmin({
    databaseUrl: database.url,
    sql,
    connectors,
    seal: createSeal(randomBytes(32)),
    allowBaseUrl: false,
    http,
    wake: ignore,
    wakePull: ignore,
  });
  const adminToken = (await ensureAdminToken(admin)) ?? '';
  const ingestToken = `cur_ingest_${randomBytes(32).toString('base64url')}`;
  await sql`insert into ingest_token (name, hash, hint) values ('t', ${hashOf(ingestToken)}, ${ingestToken.slice(-4)})`;
  await sql`insert into import_partner (name) values ('segment')`;
  for (const partner of [...connectors.keys(), 'segment']) {
    const key = `cur_import_${randomBytes(32).toString('base64url')}`;
    importKeys.set(partner, key);
    await sql`insert into import_key (partner, name, hash, hint) values (${partner}, 'k', ${hashOf(key)}, ${key.slice(-4)})`;
  }
  const hubStatus = openHubStatus({
    databaseUrl: database.url,
    windowMs: 48 * 3_600_000,
    quarantineMaxBytes: 1_000_000,
    seal: admin.seal,
    maxWaitMs: 30_000,
  });
  const hub = createHubReporter({
    sql,
    databaseUrl: database.url,
    settings: [],
    queueBackend: 'postgres',
    queueDepth: async () => undefined,
  });
  const liveTail = openTailReaders({ sql, onError: ignore });
  const ingest = createIngest(writer, {
    connectors,
    batchEvents: 100,
    queuedBytes: 1_000_000,
    commits: 1,
    commitDelayMs: 1,
    shard: 4,
    onStored: ignore,
  });
  const watchers = {
    ingestTokens: await watchIngestTokens(own, ignore),
    importKeys: await watchImportKeys(own, ignore),
    adminTokens: await watchAdminTokens(own, ignore),
    sessions: await watchConsoleSessions(own, ignore),
  };
  const bodies = createRequestBodies({ maxBytes: 1_000_000, minRate: { minBytes: 1_000, periodMs: 250 } });
  const app = createServer({
    log,
    metrics,
    bodies,
    retryAfterSeconds: 7,
    trustedProxies: readTrustedProxies('127.0.0.1'),
    isStopping: () => false,
    ready: async () => void (await own`select 1`),
  });
  const check = checkAnswers(app);
  const signInFailures = createSignInFailures({ log, count: metrics.signInFailed, maxFailures: 1 });
  const unlimited = createTokenRates({ eventsPerSecond: null, bytesPerSecond: null });
  await registerEndpoints(app, {
    events: {
      ingest,
      tokens: watchers.ingestTokens,
      signInFailures,
      rates: unlimited,
      metrics,
      bodies,
      maxBodyBytes,
    },
    cohorts: {
      connectors,
      importKeys: watchers.importKeys,
      signInFailures,
      metrics,
      bodies,
      storePush: (push) => storePush({ sql: own, onStored: ignore }, push),
      isRegistered: async (partner) => (await findImportPartner(admin, partner)).kind === 'ImportPartner',
      maxBodyBytes,
      maxQueuedBytes: 1_000_000,
    },
    admin: { admin, hubStatus, hub, liveTail, bodies },
    signIn: { tokens: watchers.adminTokens, sessions: watchers.sessions, signInFailures },
    consoleDirectory,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  let isLost = false;

  return {
    app,
    url,
    check,
    sql,
    ingestToken,
    adminToken,
    importKey: (partner) => importKeys.get(partner) ?? '',
    async loseDatabase() {
      isLost = true;
      await Promise.all([own.end({ timeout: 1 }), writer.end()]);
    },
    async close() {
      app.server.closeAllConnections();
      await liveTail.stop();
      await app.close();
      bodies.stop();
      await ingest.drain();
      await admin.close();
      await hubStatus.close();
      await http.close();
      if (!isLost) {
        for (const watcher of Object.values(watchers)) await watcher.stop();
        await Promise.all([own.end(), writer.end()]);
      }
      await sql.end();
      rmSync(consoleDirectory, { recursive: true });
      await database.drop();
    },
  };
}

function makeConsole(): string {
  const directory = mkdtempSync(join(tmpdir(), 'currents-console-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Console</title>');
  writeFileSync(join(directory, 'assets/index.js'), 'export {};');
  return directory;
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
