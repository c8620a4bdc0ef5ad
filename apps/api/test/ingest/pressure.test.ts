import { connect } from '@currents/core';
import { afterEach, describe, expect, it } from 'vitest';
import { lockTable } from '../startApi.js';
import { event, openDoor, type Door, type DoorOptions } from './ingestHarness.js';

let door: Door;
const open = async (options: DoorOptions = {}) => {
  door = await openDoor(options);
};
afterEach(() => door.close());

const storedIds = async () => (await door.storedEvents()).map(({ id }) => id).sort();

describe('while the database is away', () => {
  it('a request is answered 503 with Retry-After, and stored once when it is repeated', async () => {
    await open();
    const [early, late] = [{ events: [event()] }, { events: [event(), event()] }];
    expect((await door.post(early)).status).toBe(200);
    await withoutDatabase(async () => {
      for (let tries = 0; tries < 3; tries++) {
        const { status, headers, body } = await door.post(late);
        expect([status, headers.get('retry-after'), body?.code]).toEqual([503, '7', 'UNAVAILABLE']);
      }
      expect((await door.ask('/healthz')).status).toBe(200);
      expect((await door.ask('/readyz')).status).toBe(503);
    });
    for (const body of [late, late, early])
      await expect.poll(async () => (await door.post(body)).status, { timeout: 5_000 }).toBe(200);
    expect(await storedIds()).toEqual([...early.events, ...late.events].map(({ id }) => id).sort());
    expect((await door.ask('/readyz')).status).toBe(200);
  });

  it('an unknown token is answered 503, not 401', async () => {
    await open();
    const fresh = await door.makeToken();
    const known = { authorization: `Bearer ${fresh}` };
    await withoutDatabase(async () => {
      expect((await door.post('', { authorization: 'Bearer nobody' })).status).toBe(503);
    });
    await expect.poll(async () => (await door.post('', known)).status, { timeout: 5_000 }).toBe(200);
  });
});

describe('11. bounded work: requests beyond the limit of queued bytes', () => {
  it('are answered 429 with Retry-After, and nothing of them is stored until they are repeated', async () => {
    await open({ queuedBytes: 1_000 });
    const bodies = Array.from({ length: 40 }, () => ({ events: [event(), event()] }));
    // Commits wait for this lock, so that the rest of the requests has to wait in memory.
    const gate = await lockTable(door.databaseUrl, 'request');
    const answers = Promise.all(bodies.map((body) => door.post(body)));
    const early = await Promise.race([answers, new Promise((resolve) => setTimeout(resolve, 500))]);
    expect(early).toBeUndefined();
    await gate.open();
    const statuses = (await answers).map(({ status }) => status);
    const refused = bodies.filter((_, index) => statuses[index] === 429);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (const { status, headers, body } of await answers) {
      if (status === 429) expect([headers.get('retry-after'), body?.code]).toEqual(['7', 'TOO_MANY_REQUESTS']);
    }
    const kept = bodies.filter((body) => !refused.includes(body)).flatMap(({ events }) => events);
    expect(await storedIds()).toEqual(kept.map(({ id }) => id).sort());
    for (const body of refused) expect((await door.post(body)).status).toBe(200);
    expect(await storedIds()).toEqual(bodies.flatMap(({ events }) => events.map(({ id }) => id)).sort());
  });
});

/** While `work` runs, the database takes no connection and has none, as if its server were gone. */
async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  const url = new URL(door.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const server = connect(url.href, { max: 1, name: 'operator' });
  try {
    await server`alter database ${server(name)} with allow_connections false`;
    await server`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    await work();
  } finally {
    await server`alter database ${server(name)} with allow_connections true`;
    await server.end();
  }
}
