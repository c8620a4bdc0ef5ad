import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type { HttpAnswer, HttpRequest, StreamingHttp } from '@currents/connector';
import {
  connect,
  createHubReporter,
  createIngest,
  createSeal,
  createSignInFailures,
  ensureAdminToken,
  openAdmin,
  openHubStatus,
  openStoredTap,
  openTailReaders,
  openWriter,
  watchAdminTokens,
  watchConsoleSessions,
  type Admin,
  type HubReporter,
  type HubStatusReader,
  type Ingest,
  type Sql,
  type TailReaders,
} from '@currents/core';
import fastify, { type FastifyInstance } from 'fastify';
import { createRequestBodies } from '../../src/body/requestBodies.js';
import { registerAdmin, type AdminDeps } from '../../src/admin/register.js';
import { registerConsoleSession } from '../../src/console/session.js';
import { answerWithProblems, makeRequestId } from '../../src/problem.js';
import { connectors } from '../../src/connectors.js';
import { createTestDatabase } from '../database.js';
import { checkAnswers } from '../openapi/checkAnswers.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly body: any;
}

/** What Mixpanel answers to a test of valid credentials. */
export const accepting: HttpAnswer = { status: 400, headers: {}, body: '{"code":400,"error":"the list is empty"}' };

/** The admin API on a new database, with the real connectors and a partner whose responses the test sets. */
export interface AdminHarness {
  readonly app: FastifyInstance;
  readonly admin: Admin;
  readonly hubStatus: HubStatusReader;
  readonly hub: HubReporter;
  readonly liveTail: TailReaders;
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly intake: Ingest;
  readonly tokenId: number;
  /** The first admin token. */
  readonly token: string;
  /** All log lines. */
  readonly log: string[];
  /** The text of every response. */
  readonly answers: string[];
  /** The requests to the partner. */
  readonly asked: HttpRequest[];
  partner: () => HttpAnswer;
  /** Sends a GraphQL request as an admin; a header that is undefined is left out. */
  ask(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer>;
  /** The value of the only field of a query or mutation; throws on errors. */
  do(query: string, variables?: Readonly<Record<string, unknown>>): Promise<any>;
  /** Creates a draft and returns its id. */
  createCurrent(input: object): Promise<string>;
  send(payload: string, headers?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  close(): Promise<void>;
}

export async function openAdminHarness(limits: AdminDeps['limits'] = {}): Promise<AdminHarness> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 3, name: 'test' });
  const log: string[] = [];
  const answers: string[] = [];
  const asked: HttpRequest[] = [];
  const http: StreamingHttp = {
    async request(request) {
      asked.push(request);
      return harness.partner();
    },
    async stream(request, take) {
      const answer = await http.request(request);
      if (!('body' in answer) || answer.status < 200 || answer.status >= 300) return answer;
      await take(Buffer.from(answer.body));
      return { ...answer, body: '' };
    },
  };
  const admin = openAdmin({
    databaseUrl: database.url,
    sql,
    connectors,
    seal: createSeal(randomBytes(32)),
    allowBaseUrl: false,
    http,
    wake: () => undefined,
    wakePull: () => undefined,
  });
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
    settings: [{ name: 'API_PORT', value: '4000', source: 'default', isSecret: false }],
    queueBackend: 'postgres',
    queueDepth: async () => ({ waitingCount: 0, activeCount: 0, delayedCount: 0 }),
  });
  const tap = await openStoredTap({ sql, onError: (error) => log.push(String(error)) });
  const liveTail = openTailReaders({ sql, onError: (error) => log.push(String(error)) });
  const writer = openWriter(database.url, { max: 2, name: 'test' });
  const intake = createIngest(writer, {
    connectors,
    batchEvents: 500,
    queuedBytes: 10_000_000,
    commits: 1,
    commitDelayMs: 1,
    shard: 4,
    tap,
    onStored: () => undefined,
  });
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => (log.push(chunk.toString()), done()) });
  const app = fastify({ genReqId: makeRequestId, logger: { level: 'trace', stream: sink } });
  answerWithProblems(app, 7);
  const check = checkAnswers(app);
  const tokens = await watchAdminTokens(sql, () => undefined);
  const signInFailures = createSignInFailures({ log: app.log, count: () => undefined, maxFailures: 1_000 });
  const bodies = createRequestBodies({ maxBytes: 64 * 1024 * 1024 });
  const sessions = await watchConsoleSessions(sql, () => undefined);
  await registerAdmin(app, {
    ...{ admin, hubStatus, hub, liveTail, tokens, sessions, signInFailures, bodies },
    // However busy the machine is, an answer holds the result of its job.
    limits: { jobAnswerMs: 10_000, ...limits },
  });
  registerConsoleSession(app, { admin, tokens, sessions, signInFailures });
  const token = (await ensureAdminToken(admin)) ?? '';
  const [sender] = await sql<{ id: number }[]>`
    insert into ingest_token (name, hash, hint) values ('sender', ${randomBytes(32)}, 'abcd') returning id`;

  const send: AdminHarness['send'] = async (payload, headers = {}) => {
    const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const given = Object.fromEntries(
      Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined),
    );
    const response = await app.inject({ method: 'POST', url: '/graphql', headers: given, payload });
    answers.push(response.payload);
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.payload,
      body: parse(response.payload),
    };
  };

  const harness: AdminHarness = {
    app,
    admin,
    hubStatus,
    hub,
    liveTail,
    databaseUrl: database.url,
    sql,
    intake,
    tokenId: sender?.id ?? 0,
    token,
    log,
    answers,
    asked,
    partner: () => accepting,
    send,
    ask: (query, variables = {}, headers) => send(JSON.stringify({ query, variables }), headers),
    async do(query, variables) {
      const { body, text } = await harness.ask(query, variables);
      if (body?.errors || !body?.data) throw new Error(text);
      return Object.values(body.data)[0];
    },
    async createCurrent(input) {
      const { current } = await harness.do(createCurrent, { input });
      return current.id;
    },
    async close() {
      await liveTail.stop();
      await app.close();
      await tap.stop();
      await intake.drain();
      await admin.close();
      await hubStatus.close();
      await tokens.stop();
      await sessions.stop();
      await Promise.all([writer.end(), sql.end()]);
      await database.drop();
      check.assertDescribed();
    },
  };
  return harness;
}

/** The database key of an id such as `cur_7`. */
export function databaseKey(id: string): number {
  return Number(id.slice(id.indexOf('_') + 1));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits until the condition holds; fails with the last value seen. */
export async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (const endMs = Date.now() + 15_000; ;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > endMs) throw new Error(`still not so: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const createCurrent =
  'mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { __typename ... on CreateCurrentPayload { current { id state } } ... on Problem { message } } }';

export const good = {
  name: 'To Mixpanel',
  contactEmail: 'ana@example.com',
  destination: 'mixpanel',
  settings: { region: 'eu' },
  credentials: {
    kind: 'serviceAccount',
    username: 'hub.account',
    secret: 'not-to-be-seen-0123456789',
    projectId: '4711',
  },
  selection: { channels: ['message/email'] },
};
