import { describe, expect, it } from 'vitest';
import { connect } from '../src/db/connect.js';
import { openSession } from '../src/db/session.js';
import { beforeDeadline, DatabaseSilent } from '../src/db/deadline.js';
import { createTestDatabase } from './database.js';
import { startPostgresProxy } from './postgresProxy.js';

describe('a deadline', () => {
  it('passes results and errors on', async () => {
    expect(await beforeDeadline(Promise.resolve(7), 1_000)).toBe(7);
    await expect(beforeDeadline(Promise.reject(new Error('refused')), 1_000)).rejects.toThrow('refused');
  });

  it('ends the wait for an answer that never comes', async () => {
    await expect(beforeDeadline(new Promise(() => undefined), 30)).rejects.toThrow(DatabaseSilent);
  });
});

it.concurrent(
  'a connection that was lost without a word is given up soon after the server would have given up the statement',
  async () => {
    const database = await createTestDatabase();
    const proxy = await startPostgresProxy(database.url);
    const sql = connect(proxy.url, { max: 1, name: 'silent', statementMs: 1_000 });
    try {
      // What takes long and is answered is waited for, and so is what comes one after the other.
      for (let turn = 0; turn < 7; turn++) await sql`select pg_sleep(0.9)`;
      expect(proxy.connections).toHaveLength(1);
      proxy.connections[0]?.pause();
      await expect(sql`select 1`).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      // The connection is about to end: what is asked now is refused, and not left open.
      await expect(sql`select 1`).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
      expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
      expect(proxy.connections).toHaveLength(2);
    } finally {
      await sql.end({ timeout: 0 });
      proxy.close();
      await database.drop();
    }
  },
);

it.concurrent('a statement whose transaction has raised its limit is waited for', async () => {
  const database = await createTestDatabase();
  const session = openSession(database.url, { name: 'patient', statementMs: 1_000, maxStatementMs: 60_000 });
  try {
    await session.transact(async (tx) => {
      await tx`select set_config('statement_timeout', '60000', true)`;
      // Longer than an answer is waited for without it.
      await tx`select pg_sleep(9)`;
    });
  } finally {
    await session.end(0);
    await database.drop();
  }
});
