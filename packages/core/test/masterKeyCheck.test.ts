import { randomBytes } from 'node:crypto';
import { checkMasterKey, connect, createSeal, type Seal, type Sql } from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.js';

let database: TestDatabase;
let sql: Sql;
beforeEach(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
});
afterEach(async () => {
  await sql.end();
  await database.drop();
});

const [right, wrong] = [createSeal(randomBytes(32)), createSeal(randomBytes(32))];
const check = (seal: Seal, replace = false) =>
  checkMasterKey(database.url, seal, { replace }).then(({ isReplaced }) => isReplaced);
const refusal = {
  name: 'MasterKeyRefused',
  message: expect.stringMatching(/^MASTER_KEY is not the key .*; set the former MASTER_KEY or, .*$/) as string,
};

/** A Current as a database from before the check has it. */
async function storeCurrent(name: string, seal?: Seal): Promise<void> {
  const [row] = await sql<{ id: number }[]>`
    insert into current (name, contact_email, destination, settings, selection)
    values (${name}, 'a@example.com', 'mixpanel', '{}', '{}') returning id`;
  if (seal)
    await sql`update current set credentials = ${seal.seal('{}', `current:${row?.id}`)} where id = ${row?.id ?? 0}`;
}

describe('a process with the master key', () => {
  it('that started first on an empty database starts again', async () => {
    for (let start = 0; start < 3; start++) expect(await check(right)).toBe(false);
  });

  it('does not start on a database whose check a later release has sealed, and the key is not blamed or replaced', async () => {
    await check(right);
    await sql`update master_key_check set sealed = set_byte(sealed, 0, 3)`;
    for (const replace of [false, true])
      await expect(check(right, replace)).rejects.toThrow(
        'a later release of the hub sealed the secrets in this database; run that release',
      );
    await sql`update master_key_check set sealed = set_byte(sealed, 0, 1)`;
    expect(await check(right)).toBe(false);
  });

  it('that sealed the credentials of an upgraded database starts, and the other one does not', async () => {
    await storeCurrent('deleted');
    await storeCurrent('live', right);
    await expect(check(wrong)).rejects.toMatchObject(refusal);
    expect(await check(right)).toBe(false);
    await expect(check(wrong)).rejects.toMatchObject(refusal);
  });

  it('that sealed the secret of a webhook of an upgraded database starts, and the other one does not', async () => {
    const [segment] = await sql<
      { id: number }[]
    >`insert into segment (name, definition) values ('s', '{}') returning id`;
    const [webhook] = await sql<{ id: number }[]>`
      insert into segment_webhook (segment_id, url, secret, delivered_change_id) values (${segment?.id ?? 0}, 'https://example.com', null, 0) returning id`;
    await sql`update segment_webhook set secret = ${right.seal('s', `webhook:${webhook?.id}`)}`;
    await expect(check(wrong)).rejects.toMatchObject(refusal);
    expect(await check(right)).toBe(false);
  });

  it('starts an upgraded database of which one secret was sealed with another key', async () => {
    await storeCurrent('other', wrong);
    await storeCurrent('own', right);
    expect(await check(right)).toBe(false);
  });

  it('that differs from the first does not start, before there is any secret', async () => {
    await check(right);
    await expect(check(wrong)).rejects.toMatchObject(refusal);
    await storeCurrent('sealed with the wrong key', wrong);
    await expect(check(wrong)).rejects.toMatchObject(refusal);
  });

  it('is one of two that start at once on an empty database, and only one starts', async () => {
    const starts = await Promise.allSettled([check(right), check(wrong), check(right), check(wrong)]);
    const outcomes = starts.map(({ status }) => status);
    expect(outcomes.slice(0, 2).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.slice(2)).toEqual(outcomes.slice(0, 2));
  });

  it('may be replaced when it is lost, and is then the only one', async () => {
    await storeCurrent('live', right);
    await check(right);
    expect(await check(wrong, true)).toBe(true);
    expect(await check(wrong, true)).toBe(false);
    expect(await check(wrong)).toBe(false);
    await expect(check(right)).rejects.toMatchObject(refusal);
  });
});
