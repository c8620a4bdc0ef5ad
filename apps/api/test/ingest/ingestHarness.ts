import { createHash, randomBytes } from 'node:crypto';
import {
  connect,
  createIngest,
  createLog,
  createMetrics,
  createSignInFailures,
  createTokenRates,
  listQuarantine,
  openWriter,
  unpackBatch,
  watchIngestTokens,
  type QuarantinedEvent,
  type Sql,
  type TokenLimits,
} from '@currents/core';
import type { CatalogueEvent } from '@currents/schema';
import { drizzle } from 'drizzle-orm/postgres-js';
import type { FastifyBaseLogger } from 'fastify';
import { createRequestBodies, type RequestBodies, type RequestBodiesOptions } from '../../src/body/requestBodies.js';
import { connectors } from '../../src/connectors.js';
import { registerIngest } from '../../src/ingest.js';
import { createServer } from '../../src/server.js';
import { createTestDatabase } from '../database.js';
import { checkAnswers } from '../openapi/checkAnswers.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: AnswerBody | undefined;
}

/** All members that any answer may have. */
interface AnswerBody {
  readonly accepted?: number;
  readonly quarantined?: number;
  readonly quarantinedEvents?: readonly { readonly position: number; readonly code: string; readonly detail: string }[];
  readonly status?: string | number;
  readonly title?: string;
  readonly type?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly requestId?: string;
}

/** The ingest endpoint on a real port, with its own database. */
export interface IngestHarness {
  readonly url: string;
  readonly bodies: RequestBodies;
  readonly databaseUrl: string;
  /** A separate connection for the test. */
  readonly sql: Sql;
  /** A valid ingest token. */
  readonly token: string;
  makeToken(limits?: TokenLimits): Promise<string>;
  revokeToken(token: string): Promise<void>;
  /** Posts to /v1/events with the valid token. A header that is undefined is not sent. */
  post(body: unknown, headers?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  ask(path: string, method?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  storedEvents(): Promise<readonly CatalogueEvent[]>;
  quarantine(): Promise<readonly QuarantinedEvent[]>;
  close(): Promise<void>;
}

export interface IngestHarnessOptions {
  readonly queuedBytes?: number;
  readonly maxBodyBytes?: number;
  readonly requestBytes?: number;
  readonly limits?: TokenLimits;
  readonly minRate?: RequestBodiesOptions['minRate'];
  /** Gets each line of the log. */
  readonly log?: FastifyBaseLogger;
}

export async function openIngestHarness({
  queuedBytes = 64_000_000,
  maxBodyBytes = 10 * 1024 * 1024,
  requestBytes = 64 * 1024 * 1024,
  limits = { eventsPerSecond: null, bytesPerSecond: null },
  minRate,
  log = createLog('api', 'silent'),
}: IngestHarnessOptions = {}): Promise<IngestHarness> {
  const database = await createTestDatabase();
  const own = connect(database.url, { max: 4, name: 'api' });
  const sql = connect(database.url, { max: 2, name: 'test' });
  const metrics = createMetrics();
  const tokens = await watchIngestTokens(own, () => undefined);
  const writer = openWriter(database.url, { max: 2, name: 'api' });
  const ingest = createIngest(writer, {
    connectors,
    batchEvents: 2_000,
    queuedBytes,
    commits: 2,
    commitDelayMs: 1,
    shard: 4,
    onStored: () => undefined,
  });
  const bodies = createRequestBodies({ maxBytes: requestBytes, ...(minRate && { minRate }) });
  const app = createServer({
    bodies,
    log,
    isStopping: () => false,
    metrics,
    retryAfterSeconds: 7,
    ready: async () => void (await own`select 1`),
  });
  const check = checkAnswers(app);
  const signInFailures = createSignInFailures({ log, count: metrics.signInFailed, maxFailures: 1_000 });
  registerIngest(app, {
    ingest,
    tokens,
    signInFailures,
    rates: createTokenRates(limits),
    metrics,
    bodies,
    maxBodyBytes,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  async function makeToken(own?: TokenLimits): Promise<string> {
    const token = `cur_ingest_${randomBytes(32).toString('base64url')}`;
    await sql`
      insert into ingest_token (name, hash, hint, events_per_second, bytes_per_second)
      values (${token}, ${hashOf(token)}, ${token.slice(-4)}, ${own?.eventsPerSecond ?? null}, ${own?.bytesPerSecond ?? null})`;
    return token;
  }
  const token = await makeToken();

  return {
    url,
    bodies,
    databaseUrl: database.url,
    sql,
    token,
    makeToken,
    async revokeToken(text) {
      await sql`update ingest_token set revoked_at = now() where hash = ${hashOf(text)}`;
    },
    post: (body, headers = {}) =>
      exchange(
        `${url}/v1/events`,
        'POST',
        { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        bytesOf(body),
      ),
    ask: (path, method = 'GET', headers = {}) => exchange(url + path, method, headers),
    async storedEvents() {
      const rows = await sql<{ content: Buffer }[]>`select content from batch order by id`;
      return (await Promise.all(rows.map(({ content }) => unpackBatch(content)))).flat();
    },
    async quarantine() {
      const reader = connect(database.url, { max: 1, name: 'test' });
      const admin = { db: drizzle(reader) };
      const events: QuarantinedEvent[] = [];
      try {
        let after: string | undefined;
        do {
          const page = await listQuarantine(admin, { first: 200, after });
          events.push(...page.nodes);
          after = page.nextCursor;
        } while (after !== undefined);
      } finally {
        await reader.end();
      }
      return events.toReversed();
    },
    async close() {
      await app.close();
      bodies.stop();
      await ingest.drain();
      await tokens.stop();
      await Promise.all([writer.end(), own.end(), sql.end()]);
      await database.drop();
      check.assertDescribed();
    },
  };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function exchange(
  url: string,
  method: string,
  headers: Readonly<Record<string, string | undefined>>,
  body?: Buffer,
): Promise<Answer> {
  const given = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
  const response = await fetch(url, {
    method,
    headers: given,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): AnswerBody | undefined {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return undefined;
  }
}

let made = 0;

/** An event that the catalogue accepts. */
export function event(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  made++;
  return {
    event_type: 'users.messages.email.Open',
    id: `event-${made}`,
    time: 1_750_000_000,
    user: { external_user_id: `user-${made}` },
    properties: { campaign_name: 'Spring' },
    ...more,
  };
}
