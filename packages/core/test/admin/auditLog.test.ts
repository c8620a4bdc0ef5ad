import { connect, listAuditEntries, recordAuditEntry } from '@currents/core';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../database.js';

it('a deed is kept whatever text was given', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'test' });
  await recordAuditEntry(
    { sql },
    {
      adminTokenId: undefined,
      deed: 'test',
      subjectId: 'a\0b',
      given: { text: 'NUL \0, half \uD83D', list: [{ more: '\0' }] },
      result: 'Done',
      done: true,
    },
  );
  const { nodes } = await listAuditEntries({ sql }, { first: 10 }, { deed: 'test', subjectId: 'a\0b' });
  expect(nodes).toMatchObject([
    { subjectId: 'a\uFFFDb', given: { text: 'NUL \uFFFD, half \uFFFD', list: [{ more: '\uFFFD' }] } },
  ]);
  expect((await listAuditEntries({ sql }, { first: 10 }, { deed: 'other' })).nodes).toEqual([]);
  await sql.end();
  await database.drop();
});
