import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Sql } from '@currents/core';
import { watchKeys } from '../src/secrets/keyCache.js';
import { hashToken } from '../src/secrets/token.js';
import { createTestDatabase } from './database.js';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 2, name: 'test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

it('a key that is revoked stays so when a read that began before comes last', async () => {
  const key = { id: 1, hash: hashToken('revoked').toString('hex') };
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const reads = [[key], held.then(() => [key]), []];
  let count = 0;
  const keys = await watchKeys(sql, {
    table: 'ingest_token',
    channel: 'currents_test',
    load: async () => (await reads[Math.min(count++, 2)]) ?? [],
    onError: (error) => {
      throw error;
    },
  });
  try {
    // What listens reads once more as it begins, and is held; then the key is revoked, which a guessed key finds.
    while (count < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await keys.find('revoked')).toEqual(key);
    expect(await keys.find('guessed')).toBeUndefined();
    expect(await keys.find('revoked', () => false)).toBeUndefined();
    release();
    await held;
    await new Promise((resolve) => setImmediate(resolve));
    expect(await keys.find('revoked', () => false)).toBeUndefined();
  } finally {
    await keys.stop();
  }
});
