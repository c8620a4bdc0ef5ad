import { createHash, randomBytes } from 'node:crypto';
import { drizzle } from 'drizzle-orm/postgres-js';
import {
  connect,
  createLog,
  createMetrics,
  createSignInFailures,
  findImportPartner,
  storePush,
  watchImportKeys,
  type Sql,
} from '@currents/core';
import { createRequestBodies, type RequestBodies, type RequestBodiesOptions } from '../../src/body/requestBodies.js';
import { registerCohorts } from '../../src/cohorts.js';
import { connectors } from '../../src/connectors.js';
import { createServer } from '../../src/server.js';
import { createTestDatabase } from '../database.js';
import { checkAnswers } from '../openapi/checkAnswers.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

/** The partners' endpoints on a real port, with their own database. */
export interface PartnerHarness {
  readonly url: string;
  readonly bodies: RequestBodies;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** A new data import key, revoked at `invalidFromMs` if that is set. */
  makeKey(partner: string, invalidFromMs?: number): Promise<string>;
  invalidateKey(key: string): Promise<void>;
  /** Posts below `/partners/`. */
  push(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Stored changes, oldest first. */
  stored(): Promise<
    readonly { readonly kind: string; readonly partner_id: string; readonly members: readonly string[] | null }[]
  >;
  /** Disconnects the api from its database permanently. */
  loseDatabase(): Promise<void>;
  close(): Promise<void>;
}

export interface PartnerHarnessOptions {
  readonly partnerKey?: string;
  readonly maxBodyBytes?: number;
  readonly maxQueuedBytes?: number;
  readonly requestBytes?: number;
  readonly minRate?: RequestBodiesOptions['minRate'];
}

export async function openPartnerHarness({
  partnerKey,
  maxBodyBytes = 10 * 1024 * 1024,
  maxQueuedBytes = 64_000_000,
  requestBytes = 64 * 1024 * 1024,
  minRate,
}: PartnerHarnessOptions = {}): Promise<PartnerHarness> {
  const database = await createTestDatabase();
  const own = connect(database.url, { max: 4, name: 'api' });
  const sql = connect(database.url, { max: 2, name: 'test' });
  const lookups = connect(database.url, { max: 1, name: 'test' });
  const importKeys = await watchImportKeys(own, () => undefined);
  const log = createLog('api', 'silent');
  const metrics = createMetrics();
  const bodies = createRequestBodies({ maxBytes: requestBytes, ...(minRate && { minRate }) });
  const app = createServer({
    bodies,
    isStopping: () => false,
    log,
    metrics,
    retryAfterSeconds: 7,
    ready: async () => undefined,
  });
  const check = checkAnswers(app);
  registerCohorts(app, {
    connectors,
    importKeys,
    signInFailures: createSignInFailures({ log, count: metrics.signInFailed, maxFailures: 1_000 }),
    metrics,
    bodies,
    storePush: (push) => storePush({ sql: own, onStored: () => undefined }, push),
    isRegistered: async (partner) =>
      (await findImportPartner({ db: drizzle(lookups), connectors }, partner)).kind === 'ImportPartner',
    partnerKey,
    maxBodyBytes,
    maxQueuedBytes,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  let isLost = false;

  return {
    url,
    bodies,
    sql,
    databaseUrl: database.url,
    async makeKey(partner, invalidFromMs) {
      const key = `cur_import_${randomBytes(32).toString('base64url')}`;
      await sql`
        insert into import_key (partner, name, hash, hint, revoked_at)
        values (${partner}, ${key}, ${hashOf(key)}, ${key.slice(-4)}, ${invalidFromMs === undefined ? null : new Date(invalidFromMs)})`;
      return key;
    },
    async invalidateKey(key) {
      await sql`update import_key set revoked_at = clock_timestamp() where hash = ${hashOf(key)}`;
    },
    async push(path, body, headers = {}) {
      const response = await fetch(`${url}/partners/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: body instanceof Uint8Array ? body : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
    },
    stored: () =>
      sql`select w.kind, c.partner_id, w.members from cohort_change w join cohort c on c.id = w.cohort_id order by w.id`,
    async loseDatabase() {
      isLost = true;
      await own.end({ timeout: 1 });
    },
    async close() {
      await app.close();
      bodies.stop();
      if (!isLost) await importKeys.stop();
      await Promise.all([own.end(), sql.end(), lookups.end()]);
      await database.drop();
      check.assertDescribed();
    },
  };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function basic(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A page of Mixpanel's webhook. */
export function page(action: string, ids: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  return {
    action,
    parameters: {
      mixpanel_project_id: '1',
      mixpanel_cohort_id: '678',
      mixpanel_cohort_name: 'Buyers',
      mixpanel_session_id: `session-${++sessions}`,
      page_info: { total_pages: 1, page_count: 1 },
      members: ids.map((id) => ({ email: `${id}@example.com`, mixpanel_distinct_id: id })),
      ...more,
    },
  };
}
let sessions = 0;

/** A message of Amplitude's cohort webhook. */
export function message(ids: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  return {
    cohort_name: 'Buyers',
    cohort_id: '7khm89cz',
    in_cohort: true,
    computed_time: '1692206763',
    message_id: `message-${++messages}`,
    users: ids.map((user_id) => ({ user_id })),
    ...more,
  };
}
let messages = 0;

export const declaration = (key: string, more: Readonly<Record<string, unknown>> = {}) => ({
  partner_api_key: 'any',
  client_secret: key,
  cohort_id: 'cxyzz3hz',
  name: 'Buyers',
  created_at: '2026-01-21T19:20:30Z',
  ...more,
});

export const changes = (key: string, cohort_changes: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  partner_api_key: 'any',
  client_secret: key,
  cohort_id: 'cxyzz3hz',
  cohort_changes,
  ...more,
});
