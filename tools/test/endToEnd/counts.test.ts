import { connect, type Sql } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startProgram, type Program } from '../../src/hub/program.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from './database.js';
import { event } from './events.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let sql: Sql;
let hub: RunningHub;
let api: Program | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  hub = await startHub({ databaseUrl: database.url, environment: { API_PORT: '0', WORKER_PORT: '0' } });
  api = hub.api;
}, 60_000);
afterAll(async () => {
  await api?.stop();
  await hub.stop();
  await sql.end();
  await database.drop();
});

interface Counts {
  readonly ingestTokenId: string;
  readonly received: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly repeated: number;
}

it('counts are exact though the api is killed again and again while events come in', async () => {
  const { url } = hub.api;
  const admin = createAdminClient(url, hub.adminToken ?? '');
  const tokens = [await admin.createIngestToken('one'), await admin.createIngestToken('two')];
  /** Of each sender: events of requests that were answered, and of those without an answer. */
  const senders = tokens.map(() => ({ first: 0, quarantined: 0, repeated: 0, unanswered: 0 }));
  let isOver = false;
  let requests = 0;

  async function post(token: string, body: string): Promise<boolean> {
    requests++;
    try {
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
      });
      await response.text();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  const sending = senders.map(async (sender, index) => {
    const token = tokens[index] ?? '';
    for (let round = 0; !isOver; round++) {
      const id = `${index}-${round}`;
      const events = [event(), event(), event()];
      const body = JSON.stringify({ events: [...events, { event_type: 'nonsense', id, time: 1 }] });
      // Until it is answered: a request without an answer may be stored, and then the next one repeats it.
      let tries = 0;
      while (!(await post(token, body))) {
        tries++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      sender.unanswered += tries * 4;
      sender.first += 3;
      sender.quarantined += 1;
      if (round % 2 === 0 && (await post(token, body))) sender.repeated += 4;
      else if (round % 2 === 0) sender.unanswered += 4;
    }
  });
  for (let kill = 0; kill < 3; kill++) {
    const before = requests;
    while (requests < before + 40) await new Promise((resolve) => setTimeout(resolve, 10));
    await api?.kill();
    api = await startProgram('api', { environment: { ...hub.environment, API_PORT: new URL(url).port } });
  }
  isOver = true;
  await Promise.all(sending);

  const { ingestCounts } = await admin.ask<{ ingestCounts: readonly Counts[] }>(
    '{ ingestCounts(groupBy: [TOKEN]) { ingestTokenId received accepted quarantined repeated } }',
  );
  expect(ingestCounts).toHaveLength(2);
  for (const [index, { received, accepted, quarantined, repeated }] of ingestCounts.entries()) {
    const sender = senders[index] ?? senders[0]!;
    expect({ accepted, quarantined }).toEqual({ accepted: sender.first, quarantined: sender.quarantined });
    // Only requests whose answers were lost may or may not have been repetitions.
    expect(repeated).toBeGreaterThanOrEqual(sender.repeated);
    expect(repeated).toBeLessThanOrEqual(sender.repeated + sender.unanswered);
    expect(received).toBe(accepted + quarantined + repeated);
  }
  const [stored] = await sql<{ events: number }[]>`select sum(events)::int as events from batch`;
  expect(stored?.events).toBe(ingestCounts.reduce((sum, { accepted }) => sum + accepted, 0));
}, 120_000);
