import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAdminHarness, type AdminHarness } from './adminHarness.js';

let api: AdminHarness;
beforeAll(async () => {
  api = await openAdminHarness();
});
afterAll(() => api.close());

const query = '{ __typename }';
const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };

it('the hash of a query alone is answered so that a client sends its text, and is no failure of the hub', async () => {
  const { body } = await api.send(JSON.stringify({ extensions }));
  expect(body.errors).toEqual([
    { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
  ]);
  expect(api.log.filter((line) => line.includes('admin_request.failed'))).toEqual([]);
});

it('a query with its hash is answered with an error that asks for the text alone', async () => {
  const { body } = await api.send(JSON.stringify({ query, extensions }));
  expect(body.errors[0].extensions).toEqual({ code: 'PERSISTED_QUERY_NOT_SUPPORTED' });
  expect((await api.send(JSON.stringify({ query }))).body.data).toEqual({ __typename: 'Query' });
});
