import { connect } from '@currents/core';
import { afterEach, describe, expect, it } from 'vitest';
import { lockTable } from '../startApi.js';
import { event, openIngestHarness, type IngestHarness, type IngestHarnessOptions } from './ingestHarness.js';

let api: IngestHarness;
const open = async (options: IngestHarnessOptions = {}) => {
  api = await openIngestHarness(options);
};
afterEach(() => api.close());

const storedIds = async () => (await api.storedEvents()).map(({ id }) => id).sort();

describe('while the database is away', () => {
  it('a request is answered 503 with Retry-After, and stored once when it is repeated', async () => {
    await open();
    const [early, late] = [{ events: [event()] }, { events: [event(), event()] }];
    expect((await api.post(early)).status).toBe(200);
    await withoutDatabase(async () => {
      for (let tries = 0; tries < 3; tries++) {
        const { status, headers, body } = await api.post(late);
        expect([status, headers.get('retry-after'), body?.code]).toEqual([503, '7', 'UNAVAILABLE']);
      }
      expect((await api.ask('/healthz')).status).toBe(200);
      expect((await api.ask('/readyz')).status).toBe(503);
    });
    for (const body of [late, late, early])
      await expect.poll(async () => (await api.post(body)).status, { timeout: 5_000 }).toBe(200);
    expect(await storedIds()).toEqual([...early.events, ...late.events].map(({ id }) => id).sort());
    expect((await api.ask('/readyz')).status).toBe(200);
  });

  it('an unknown token is answered 503, not 401', async () => {
    await open();
    const fresh = await api.makeToken();
    const known = { authorization: `Bearer ${fresh}` };
    await withoutDatabase(async () => {
      expect((await api.post('', { authorization: 'Bearer nobody' })).status).toBe(503);
    });
    await expect.poll(async () => (await api.post('', known)).status, { timeout: 5_000 }).toBe(200);
  });
});

describe('11. bounded work: requests beyond the limit of queued bytes', () => {
  it('are answered 429 with Retry-After, and nothing of them is stored until they are repeated', async () => {
    await open({ queuedBytes: 1_000 });
    const bodies = Array.from({ length: 40 }, () => ({ events: [event(), event()] }));
    // Commits wait for this lock, so the other requests wait in memory.
    const gate = await lockTable(api.databaseUrl, 'request');
    const answered: number[] = [];
    const answers = Promise.all(
      bodies.map(async (body) => {
        const answer = await api.post(body);
        answered.push(answer.status);
        return answer;
      }),
    );
    await gate.hasWaiter();
    await expect.poll(() => answered, { timeout: 5_000 }).toContain(429);
    expect(answered).not.toContain(200);
    await gate.open();
    const statuses = (await answers).map(({ status }) => status);
    const refused = bodies.filter((_, index) => statuses[index] === 429);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (const { status, headers, body } of await answers) {
      if (status === 429) expect([headers.get('retry-after'), body?.code]).toEqual(['7', 'TOO_MANY_REQUESTS']);
    }
    const kept = bodies.filter((body) => !refused.includes(body)).flatMap(({ events }) => events);
    expect(await storedIds()).toEqual(kept.map(({ id }) => id).sort());
    for (const body of refused) expect((await api.post(body)).status).toBe(200);
    expect(await storedIds()).toEqual(bodies.flatMap(({ events }) => events.map(({ id }) => id)).sort());
  });
});

/** While `work` runs, the database has no connections and refuses new ones, as if its server were down. */
async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  const url = new URL(api.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const server = connect(url.href, { max: 1, name: 'operator' });
  try {
    await server`alter database ${server(name)} with allow_connections false`;
    // postgres.js rejects unhandled when a connection ends during its first query, which reads the array types.
    await expect
      .poll(() => server`select from pg_stat_activity where datname = ${name} and state = 'active'`, { interval: 5 })
      .toHaveLength(0);
    await server`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    await work();
  } finally {
    await server`alter database ${server(name)} with allow_connections true`;
    await server.end();
  }
}
