import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { connect, type Sql } from '@currents/core';

/** A6 of the field reports: wrong tokens and keys, at every endpoint. */

let database: TestDatabase;
let sql: Sql;
let hub: RunningHub;
const lines: string[] = [];
let ingestToken: string;
let importKey: string;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  hub = await startHub({
    databaseUrl: database.url,
    environment: { API_PORT: '0' },
    workers: 0,
    onLine: (_program, line) => void lines.push(line),
  });
  const admin = createAdminClient(hub.api.url, hub.adminToken ?? '');
  ingestToken = await admin.createIngestToken('sender');
  const made = await admin.ask<{ createImportKey: { key: string } }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "test" }) { ... on CreateImportKeyPayload { key } } }',
  );
  importKey = made.createImportKey.key;
});
afterAll(async () => {
  await hub?.stop();
  await sql.end();
  await database.drop();
});

const basic = (key: string): string => `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`;
const push = JSON.stringify({
  action: 'members',
  parameters: {
    mixpanel_project_id: '1',
    mixpanel_cohort_id: '678',
    mixpanel_cohort_name: 'Big spenders',
    mixpanel_session_id: 'first',
    page_info: { total_pages: 1, page_count: 1 },
    members: [],
  },
});

/** Each endpoint: how a token or key is sent, and the status of a right one. */
const endpoints = {
  graphql: {
    path: '/graphql',
    authorization: (token: string) => `Bearer ${token}`,
    body: '{"query":"{ __typename }"}',
    right: () => hub.adminToken ?? '',
    status: 200,
  },
  segment_export: {
    path: '/v1/segments/seg_1/members',
    authorization: (token: string) => `Bearer ${token}`,
    right: () => hub.adminToken ?? '',
    status: 404,
  },
  events: {
    path: '/v1/events',
    authorization: (token: string) => `Bearer ${token}`,
    body: '[]',
    right: () => ingestToken,
    status: 200,
  },
  partners: {
    path: '/partners/mixpanel/webhook',
    authorization: basic,
    body: push,
    right: () => importKey,
    status: 200,
  },
};

async function send(endpoint: keyof typeof endpoints, token: string) {
  const { path, authorization, ...rest } = endpoints[endpoint];
  const response = await fetch(hub.api.url + path, {
    method: 'body' in rest ? 'POST' : 'GET',
    headers: { authorization: authorization(token), 'content-type': 'application/json' },
    ...('body' in rest && { body: rest.body }),
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

/** Scans of the tables of tokens and keys: each look-up of a token reads them. */
async function scans(): Promise<number> {
  // Postgres 15 and later report a session's numbers at the end of its transactions, at most once a second.
  const [row] = await sql<[{ scans: number }]>`
    select sum(seq_scan + coalesce(idx_scan, 0))::int as scans from pg_stat_user_tables
    where relname in ('admin_token', 'ingest_token', 'import_key')`;
  return row.scans;
}

it.each(Object.keys(endpoints) as (keyof typeof endpoints)[])(
  'wrong tokens at %s are slowed down, and a right one from the same address is accepted',
  async (endpoint) => {
    const statuses: number[] = [];
    for (let n = 0; n < 60; n++) statuses.push((await send(endpoint, `CANARY-wrong-${n}`)).status);
    // An address regains one failure in three seconds, so a slow machine may see one or two more.
    const refused = statuses.filter((status) => status === 401).length;
    const slowed = statuses.filter((status) => status === 429).length;
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(refused + slowed).toBe(60);
    expect(slowed).toBeGreaterThan(20);
    const last = await send(endpoint, 'CANARY-wrong');
    if (last.status === 429) expect(Number(last.retryAfter)).toBeOneOf([1, 2, 3]);
    const { right, status } = endpoints[endpoint];
    expect((await send(endpoint, right())).status).toBe(status);
    const metrics = await (await fetch(`${hub.api.url}/metrics`)).text();
    expect(metrics).toContain(`currents_sign_in_failures_total{endpoint="${endpoint}"} 61\n`);
  },
  60_000,
);

it('9,300 wrong admin tokens are not 9,300 queries', async () => {
  const before = await scans();
  const answers: Record<string, number> = {};
  await Promise.all(
    Array.from({ length: 20 }, async (_, sender) => {
      for (let n = 0; n < 465; n++) {
        const { status } = await send('graphql', `CANARY-guess-${sender}-${n}`);
        answers[status] = (answers[status] ?? 0) + 1;
      }
    }),
  );
  expect(Object.keys(answers).every((status) => ['401', '429'].includes(status))).toBe(true);
  expect((answers['401'] ?? 0) + (answers['429'] ?? 0)).toBe(9_300);
  expect((await send('graphql', hub.adminToken ?? '')).status).toBe(200);
  // Besides the look-ups of these, every table is read once in five seconds.
  expect((await scans()) - before).toBeLessThan(200);
}, 120_000);

it('a token that another process has just made is accepted from an address that is slowed down', async () => {
  const token = 'made-elsewhere-0123456789-0123456789';
  await sql`insert into admin_token (name, role, hash) values ('elsewhere', 'viewer', sha256(${token}::text::bytea))`;
  await expect.poll(async () => (await send('graphql', token)).status, { timeout: 2_000, interval: 20 }).toBe(200);
});

it('one line tells how many came from an address, and no line has a token', async () => {
  await hub.api.stop();
  const failures = lines
    .filter((line) => line.includes('"sign_in.failed"'))
    .map((line) => JSON.parse(line) as { endpoint: string; address: string; count: number });
  expect(failures.length).toBeGreaterThanOrEqual(4);
  expect(failures.length).toBeLessThan(20);
  expect(new Set(failures.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));
  const total = failures.filter(({ endpoint }) => endpoint === 'graphql').reduce((sum, { count }) => sum + count, 0);
  expect(total).toBeGreaterThanOrEqual(61 + 9_300);
  expect(lines.join('\n')).not.toContain('CANARY');
});
