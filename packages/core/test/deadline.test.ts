import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect } from '../src/db/connect.js';
import { beforeDeadline, DatabaseSilent } from '../src/db/deadline.js';
import { createTestDatabase } from './database.js';

describe('a deadline', () => {
  it('passes results and errors on', async () => {
    expect(await beforeDeadline(Promise.resolve(7), 1_000)).toBe(7);
    await expect(beforeDeadline(Promise.reject(new Error('refused')), 1_000)).rejects.toThrow('refused');
  });

  it('ends the wait for an answer that never comes', async () => {
    await expect(beforeDeadline(new Promise(() => undefined), 30)).rejects.toThrow(DatabaseSilent);
  });
});

it('a connection that was lost without a word is given up soon after the server would have given up the statement', async () => {
  const database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  const clients: Socket[] = [];
  const proxy = createServer((client) => {
    clients.push(client);
    const server = connectTo(Number(port), hostname);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy()).on('error', () => undefined);
    server.on('close', () => client.destroy()).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const sql = connect(url.href, { max: 1, name: 'silent', statementMs: 1_000 });
  try {
    // What takes long and is answered is waited for, and so is what comes one after the other.
    for (let turn = 0; turn < 7; turn++) await sql`select pg_sleep(0.9)`;
    expect(clients).toHaveLength(1);
    clients[0]?.pause();
    await expect(sql`select 1`).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    // The connection is about to end: what is asked now is refused, and not left open.
    await expect(sql`select 1`).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    expect(clients).toHaveLength(2);
  } finally {
    await sql.end({ timeout: 0 });
    proxy.close();
    await database.drop();
  }
});
