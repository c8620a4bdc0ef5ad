import { connect, listAuditEntries, recordAuditEntry } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../database.js';

it('an audit entry is stored, whatever characters the input holds', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'test' });
  const db = drizzle(sql);
  await recordAuditEntry(
    { db },
    {
      adminTokenId: undefined,
      action: 'test',
      targetId: 'cur_1',
      arguments: { text: 'NUL \0, half \uD83D', list: [{ more: '\0' }] },
      result: 'Done',
      succeeded: true,
    },
  );
  const { nodes } = await listAuditEntries({ db }, { first: 10 }, { action: 'test', targetId: 'cur_1' });
  expect(nodes).toMatchObject([
    {
      targetId: 'cur_1',
      actor: 'admin_token',
      arguments: { text: 'NUL \uFFFD, half \uFFFD', list: [{ more: '\uFFFD' }] },
    },
  ]);
  expect((await listAuditEntries({ db }, { first: 10 }, { targetId: 'a\0b' })).nodes).toEqual([]);
  await sql.end();
  await database.drop();
});
