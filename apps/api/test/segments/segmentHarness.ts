import { randomBytes } from 'node:crypto';
import {
  connect,
  createHubReporter,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  createSignInFailures,
  ensureAdminToken,
  findImportPartner,
  openAdmin,
  openHubStatus,
  openTailReaders,
  startEngine,
  storePush,
  watchAdminTokens,
  watchImportKeys,
  type Admin,
  type Sql,
} from '@currents/core';
import fastify, { type FastifyInstance } from 'fastify';
import { registerAdmin } from '../../src/admin/register.js';
import { createRequestBodies } from '../../src/body/requestBodies.js';
import { registerCohorts } from '../../src/cohorts.js';
import { connectors } from '../../src/connectors.js';
import { answerWithProblems, makeRequestId } from '../../src/problem.js';
import { registerSegments } from '../../src/segments.js';
import { createTestDatabase } from '../database.js';
import { checkAnswers } from '../openapi/checkAnswers.js';

/** The admin API, the partners' endpoints and a worker, on a real port and with their own database. */
export interface SegmentHarness {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly admin: Admin;
  readonly sql: Sql;
  readonly token: string;
  /** The value of the only field of a query or mutation; throws on errors. */
  do(query: string, variables?: Readonly<Record<string, unknown>>): Promise<any>;
  push(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

export async function openSegmentHarness(): Promise<SegmentHarness> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 6, name: 'test' });
  const seal = createSeal(randomBytes(32));
  const http = createHttp({ timeoutMs: 2_000, connections: 2, allowPrivateAddresses: true });
  const log = createLog('test', 'silent');
  const metrics = createMetrics();
  const engine = await startEngine({
    network: { allowPrivateAddresses: true },
    connectors,
    seal,
    allowBaseUrl: true,
    databaseUrl: database.url,
    queue: { databaseUrl: database.url },
    log,
    metrics,
    windowMs: 3_600_000,
    requestMs: 2_000,
    retentionDays: 14,
    enforceBudgets: false,
    notices: { from: '', to: [], groupMs: 1_000, quarantineMaxBytes: 1_000_000_000, databaseMaxBytes: 0 },
  });
  const importKeys = await watchImportKeys(sql, () => undefined);
  const admin = openAdmin({
    databaseUrl: database.url,
    sql,
    connectors,
    seal,
    allowBaseUrl: true,
    http,
    wake: () => undefined,
    wakePull: () => undefined,
  });
  const hubStatus = openHubStatus({
    databaseUrl: database.url,
    windowMs: 48 * 3_600_000,
    quarantineMaxBytes: 1_000_000,
    seal,
    maxWaitMs: 30_000,
  });
  const app = fastify({ genReqId: makeRequestId });
  answerWithProblems(app, 1);
  const check = checkAnswers(app);
  const bodies = createRequestBodies({ maxBytes: 64 * 1024 * 1024 });
  const signInFailures = createSignInFailures({ log, count: metrics.signInFailed, maxFailures: 1_000 });
  registerCohorts(app, {
    bodies,
    connectors,
    importKeys,
    signInFailures,
    metrics,
    storePush: (push) => storePush({ sql, onStored: () => undefined }, push),
    isRegistered: async (partner) => (await findImportPartner(admin, partner)).kind === 'ImportPartner',
    partnerKey: undefined,
    maxBodyBytes: 1_000_000,
    maxQueuedBytes: 10_000_000,
  });
  const tokens = await watchAdminTokens(sql, () => undefined);
  registerSegments(app, { admin, tokens, signInFailures });
  const queueDepth = async () => undefined;
  const hub = createHubReporter({ sql, databaseUrl: database.url, settings: [], queueBackend: 'postgres', queueDepth });
  const liveTail = openTailReaders({ sql, onError: () => undefined });
  await registerAdmin(app, {
    ...{ admin, hubStatus, hub, liveTail, tokens, signInFailures, bodies },
    limits: { jobAnswerMs: 10_000 },
  });
  const token = (await ensureAdminToken(admin)) ?? '';
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const bearer = { authorization: `Bearer ${token}` };

  return {
    url,
    app,
    admin,
    sql,
    token,
    async do(query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      const { data, errors } = JSON.parse(text);
      if (errors || !data) throw new Error(text);
      return Object.values(data)[0];
    },
    push: (path, body, headers = {}) =>
      fetch(`${url}/partners/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    get: (path, headers = bearer) => fetch(`${url}${path}`, { headers }),
    async close() {
      // Readers that disconnected have left connections open.
      app.server.closeAllConnections();
      await liveTail.stop();
      await app.close();
      bodies.stop();
      await engine.stop();
      await importKeys.stop();
      await tokens.stop();
      await admin.close();
      await hubStatus.close();
      await http.close();
      await sql.end();
      await database.drop();
      check.assertDescribed();
    },
  };
}

/** Waits until the condition holds; fails with the last value seen. */
export async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  const endMs = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > endMs) throw new Error(`still not so: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
