import { createAdminToken } from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForbiddenRecorder } from '../../src/admin/recordForbidden.js';
import { openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
const tokens = new Map<string, { readonly id: string; readonly token: string }>();
beforeEach(async () => {
  harness = await openAdminHarness();
  for (const name of ['one', 'two']) {
    const made = await createAdminToken(harness.admin, { name, role: 'viewer' });
    if (made.kind !== 'AdminTokenCreated') throw new Error(made.message);
    tokens.set(name, { id: made.adminToken.id, token: made.token });
  }
});
afterEach(() => harness.close());

const ask = (name: string, query: string) =>
  harness.ask(query, {}, { authorization: `Bearer ${tokens.get(name)?.token}` });
const entries = () => harness.sql<{ action: string; token: string }[]>`
  select action, admin_token_id::text as token from audit_entry where result = 'forbidden' order by id`;
const revoke = 'revokeIngestToken(input: { id: "tok_1", confirmName: "secret" }) { __typename }';
const createToken = 'createIngestToken(input: { name: "secret" }) { __typename }';

describe('a mutation that a role does not allow', () => {
  it('is in the audit log with its token, without its arguments', async () => {
    expect((await ask('one', `mutation { ${revoke} }`)).status).toBe(403);
    const { nodes } = await harness.do(
      '{ auditLog(filter: { succeeded: false }) { nodes { action actor { kind adminToken { id name } } targetId arguments result succeeded } } }',
    );
    expect(nodes).toEqual([
      {
        action: 'REVOKE_INGEST_TOKEN',
        actor: { kind: 'ADMIN_TOKEN', adminToken: { id: `adm_${tokens.get('one')?.id}`, name: 'one' } },
        targetId: null,
        arguments: null,
        result: 'forbidden',
        succeeded: false,
      },
    ]);
  });

  it('is recorded once for each token and mutation, however often it is tried', async () => {
    const repeated = Array.from({ length: 20 }, (_, index) => `a${index}: ${revoke}`).join(' ');
    for (let round = 0; round < 3; round++) {
      await ask('one', `mutation { ${repeated} }`);
      await ask('one', `mutation { ...Both } fragment Both on Mutation { ${revoke} ${createToken} }`);
      await ask('two', `mutation { ${revoke} }`);
    }
    const [one, two] = [tokens.get('one')?.id, tokens.get('two')?.id];
    expect(Array.from(await entries(), (entry) => ({ ...entry }))).toEqual([
      { action: 'revokeIngestToken', token: one },
      { action: 'createIngestToken', token: one },
      { action: 'revokeIngestToken', token: two },
    ]);
  });

  it('is recorded again after a minute', async () => {
    let nowMs = 0;
    const record = createForbiddenRecorder(() => nowMs);
    const context = { admin: harness.admin, adminTokenId: tokens.get('one')?.id ?? '', log: harness.app.log };
    for (nowMs of [0, 1, 59_999, 60_000, 119_999, 120_000]) await record(context, ['deleteCurrent']);
    expect(await entries()).toHaveLength(3);
  });
});

it('a query that a role does not allow is not in the audit log', async () => {
  expect((await ask('one', '{ deadLetters { nodes { event } } }')).status).toBe(403);
  expect(await harness.do('{ auditLog(filter: { succeeded: false }) { totalCount } }')).toEqual({ totalCount: 0 });
});
