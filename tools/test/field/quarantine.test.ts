import { randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';

/** A2 of the field reports: what a sender sends that is no event is kept compressed, within a budget, and can be purged. */

let database: TestDatabase;
let sql: Sql;
let hub: RunningHub;
let client: AdminClient;
const complaints: string[] = [];
const tokens: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  hub = await startHub({
    databaseUrl: database.url,
    environment: { API_PORT: '0', WORKER_PORT: '0', QUARANTINE_MEGABYTES: '1' },
    workers: 0,
    onLine: (_program, line) => void (line.startsWith('{"level":30,') || complaints.push(line)),
  });
  client = createAdminClient(hub.api.url, hub.adminToken ?? '');
  for (const name of ['careless', 'good']) tokens.push(await client.createIngestToken(name));
}, 60_000);
afterAll(async () => {
  await hub?.stop();
  await sql?.end();
  await database?.drop();
});

interface Answer {
  readonly accepted: number;
  readonly quarantined: number;
  readonly quarantinedEvents: readonly { readonly position: number; readonly code: string }[];
}

async function send(token: number, type: 'json' | 'x-ndjson', body: string): Promise<Answer> {
  const response = await fetch(`${hub.api.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens[token]}`, 'content-type': `application/${type}` },
    body,
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const lines = (line: (index: number) => string) => Array.from({ length: 10_000 }, (_, index) => line(index)).join('\n');
const counts = () =>
  client.ask<{ quarantineCounts: readonly { code: string; eventCount: number; purgedCount: number }[] }>(
    '{ quarantineCounts { code eventCount purgedCount } }',
  );
const list = (filter: string) =>
  client.ask<{ quarantinedEvents: { totalCount: number; nodes: readonly Record<string, unknown>[] } }>(
    `{ quarantinedEvents(first: 2, filter: ${filter}) { totalCount nodes { id position bodyState body } } }`,
  );

it('stores ten thousand lines that are no events in a few rows and kilobytes', async () => {
  const answer = await send(
    0,
    'x-ndjson',
    lines((index) => `x${index}`),
  );
  expect(answer).toMatchObject({ accepted: 0, quarantined: 10_000 });
  expect(answer.quarantinedEvents).toHaveLength(1_000);
  const [stored] = await sql<{ rows: number; bytes: number }[]>`
    select count(*)::int as rows, sum(pg_column_size(t.*))::int as bytes from quarantine_batch t`;
  expect(stored?.rows).toBeLessThan(5);
  expect(stored?.bytes).toBeLessThan(150_000);
  const { quarantinedEvents } = await list('{ code: MALFORMED_JSON }');
  expect(quarantinedEvents).toMatchObject({
    totalCount: 10_000,
    nodes: [
      { position: 9_999, bodyState: 'KEPT', body: 'x9999' },
      { position: 9_998, bodyState: 'KEPT', body: 'x9998' },
    ],
  });
});

it('keeps no bodies beyond the budget, says so, and leaves the share of another sender alone', async () => {
  for (let request = 0; request < 2; request++)
    await send(
      0,
      'x-ndjson',
      lines(() => randomBytes(60).toString('base64url')),
    );
  const [used] = await sql<{ bytes: number }[]>`select sum(bytes)::int as bytes from quarantine_usage`;
  expect(used?.bytes).toBeGreaterThan(200_000);
  expect(used?.bytes).toBeLessThanOrEqual(512 * 1024);
  const newest = (await list('{}')).quarantinedEvents.nodes[0];
  expect(newest).toMatchObject({ position: 9_999, bodyState: 'OVER_BUDGET', body: null });
  const metrics = await (await fetch(`${hub.api.url}/metrics`)).text();
  expect(metrics).toMatch(/^currents_quarantine_bodies_over_budget_total [1-9]/m);
  expect(complaints.filter((line) => line.includes('quarantine.over_budget'))).toHaveLength(1);
  expect(await send(1, 'json', JSON.stringify({ events: [event(), { event_type: 'nonsense' }] }))).toMatchObject({
    accepted: 1,
    quarantinedEvents: [{ position: 1, code: 'unknown_event_type' }],
  });
  const { quarantinedEvents } = await list('{ code: UNKNOWN_EVENT_TYPE }');
  expect(quarantinedEvents.nodes).toMatchObject([{ bodyState: 'KEPT', body: '{"event_type":"nonsense"}' }]);
});

it('is purged after confirmation, which makes room again and goes on counting', async () => {
  const purge = (rest: string) =>
    client.ask<{ purgeQuarantinedEvents: { job?: { result: { eventCount: number } }; code?: string } }>(
      `mutation { purgeQuarantinedEvents(input: { filter: { code: MALFORMED_JSON } ${rest} }) {
        ... on PurgeQuarantinedEventsPayload { job { result { ... on PurgeResult { eventCount } } } } ... on Problem { code } } }`,
    );
  expect(await purge('')).toEqual({ purgeQuarantinedEvents: { job: { result: { eventCount: 30_000 } } } });
  expect(await purge('dryRun: false')).toEqual({ purgeQuarantinedEvents: { code: 'NOT_CONFIRMED' } });
  expect(await purge('dryRun: false, confirmEventCount: 30000')).toEqual({
    purgeQuarantinedEvents: { job: { result: { eventCount: 30_000 } } },
  });
  expect((await list('{}')).quarantinedEvents.totalCount).toBe(1);
  expect((await counts()).quarantineCounts).toEqual([
    { code: 'MALFORMED_JSON', eventCount: 30_000, purgedCount: 30_000 },
    { code: 'UNKNOWN_EVENT_TYPE', eventCount: 1, purgedCount: 0 },
  ]);
  const [used] = await sql<{ bytes: number }[]>`select sum(bytes)::int as bytes from quarantine_usage`;
  expect(used?.bytes).toBeLessThan(1_000);
});
