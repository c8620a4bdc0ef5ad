import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCurrent, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

const entryFields =
  'id occurredAt actor { kind adminToken { id } } action targetId target { __typename id } arguments result succeeded';
const history = (action?: string, targetId?: string) =>
  harness
    .do(
      `query ($action: AuditAction, $targetId: ID) { auditLog(filter: { action: $action, targetId: $targetId }) { nodes { ${entryFields} } } }`,
      { action, targetId },
    )
    .then(({ nodes }) => nodes);
const createToken = `mutation ($name: String!) { createIngestToken(input: { name: $name }) {
  __typename ... on CreateIngestTokenPayload { ingestToken { id } } } }`;
const update = `mutation ($input: UpdateCurrentInput!) { updateCurrent(input: $input) {
  ... on UpdateCurrentPayload { current { selection { channels } } } ... on Problem { message } } }`;

describe('the audit log', () => {
  it('records the action, target, token, arguments and result of a mutation', async () => {
    const made = await harness.do(createToken, { name: 'kept' });
    await harness.do(createToken, { name: 'kept' });
    await harness.do(
      'mutation ($id: ID!) { revokeIngestToken(input: { id: $id, confirmName: "other" }) { __typename } }',
      { id: made.ingestToken.id },
    );
    const common = {
      id: expect.stringMatching(/^aud_\d+$/),
      occurredAt: expect.any(String),
      actor: { kind: 'ADMIN_TOKEN', adminToken: { id: 'adm_1' } },
    };
    const target = { __typename: 'IngestToken', id: made.ingestToken.id };
    const entries = await history();
    expect(entries).toEqual([
      {
        ...common,
        action: 'REVOKE_INGEST_TOKEN',
        targetId: target.id,
        target,
        arguments: null,
        result: 'NotConfirmed',
        succeeded: false,
      },
      {
        ...common,
        action: 'CREATE_INGEST_TOKEN',
        targetId: null,
        target: null,
        arguments: null,
        result: 'NameTaken',
        succeeded: false,
      },
      {
        ...common,
        action: 'CREATE_INGEST_TOKEN',
        targetId: target.id,
        target,
        arguments: { input: { name: 'kept' } },
        result: 'CreateIngestTokenPayload',
        succeeded: true,
      },
      {
        ...common,
        actor: { kind: 'SYSTEM', adminToken: null },
        action: 'CREATE_ADMIN_TOKEN',
        targetId: 'adm_1',
        target: { __typename: 'AdminToken', id: 'adm_1' },
        arguments: { name: 'first token', role: 'admin', reason: 'first_token' },
        result: 'CreateAdminTokenPayload',
        succeeded: true,
      },
    ]);
    const [{ id }] = entries;
    expect(await harness.do('query ($id: ID!) { node(id: $id) { id ... on AuditEntry { result } } }', { id })).toEqual({
      id,
      result: 'NotConfirmed',
    });
  });

  it('records the arguments that undo a change', async () => {
    const id = await harness.createCurrent({ ...good, name: 'Undone' });
    await harness.do(update, { input: { id, selection: { channels: ['message/sms'] } } });
    const [first] = await history('CREATE_CURRENT', id);
    const { selection } = first.arguments.input;
    expect(await harness.do(update, { input: { id, selection } })).toEqual({
      current: { selection: { channels: good.selection.channels } },
    });
    expect((await history('UPDATE_CURRENT', id)).map((entry: any) => entry.arguments.input.selection.channels)).toEqual(
      [good.selection.channels, ['message/sms']],
    );
  });

  it('records no credentials, and no arguments of a refused mutation', async () => {
    await harness.createCurrent({ ...good, name: 'Secret' });
    await harness.do(createCurrent, { input: { ...good, settings: { region: good.credentials.secret } } });
    const [refused, done] = await history('CREATE_CURRENT');
    expect(refused).toMatchObject({ result: 'InputInvalid', arguments: null });
    expect(done.arguments.input).toEqual({
      name: 'Secret',
      contactEmail: good.contactEmail,
      destination: 'mixpanel',
      settings: good.settings,
      selection: { ...good.selection, eventTypes: [], groups: [] },
    });
    expect(JSON.stringify(await history())).not.toContain(good.credentials.secret);
  });

  it('records a mutation that failed with an internal error', async () => {
    await harness.sql`alter table current add constraint sabotage check (name <> 'Sabotaged')`;
    await harness.ask(createCurrent, { input: { ...good, name: 'Sabotaged' } });
    expect((await history())[0]).toMatchObject({
      action: 'CREATE_CURRENT',
      result: 'failed',
      succeeded: false,
      arguments: null,
    });
  });

  it('is paginated', async () => {
    const all = await history();
    const page = (after?: string) =>
      harness.do(
        'query ($after: String) { auditLog(first: 3, after: $after) { totalCount nodes { id } pageInfo { endCursor } } }',
        { after },
      );
    const first = await page();
    const second = await page(first.pageInfo.endCursor);
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(all.slice(0, 6).map(({ id }: any) => id));
    expect(first.totalCount).toBe(all.length);
  });
});

describe('an Idempotency-Key', () => {
  const query = `mutation ($name: String!) { createIngestToken(input: { name: $name }) {
    __typename ... on CreateIngestTokenPayload { token ingestToken { id createdAt } } ... on Problem { code } } }`;
  const create = async (key: string, name: string) =>
    (await harness.ask(query, { name }, { 'idempotency-key': key })).body.data.createIngestToken;

  it('returns the same answer, token included, to a repeated create, and a problem to another input', async () => {
    const first = await create('key-1', 'Repeated');
    expect(first).toMatchObject({ __typename: 'CreateIngestTokenPayload' });
    expect(await create('key-1', 'Repeated')).toEqual(first);
    expect(await create('key-1', 'Other')).toEqual({
      __typename: 'IdempotencyKeyReused',
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await create('key-2', 'Repeated')).toMatchObject({ code: 'NAME_TAKEN' });
    // A problem is not stored: the same key works again with corrected input.
    expect(await create('key-2', 'Corrected')).toMatchObject({ __typename: 'CreateIngestTokenPayload' });
    const [row] = await harness.sql<{ answer: Buffer }[]>`select answer from idempotency_key where key like 'key-1 %'`;
    expect(row?.answer.includes(first.token)).toBe(false);
  });

  it('is refused while in progress, and expires after a day', async () => {
    await create('key-3', 'First');
    await harness.sql`update idempotency_key set state = 'in_progress', answer = null where key like 'key-3 %'`;
    expect(await create('key-3', 'First')).toMatchObject({ code: 'IDEMPOTENCY_KEY_IN_USE' });
    await harness.sql`update idempotency_key set created_at = now() - interval '25 hours' where key like 'key-3 %'`;
    expect(await create('key-3', 'Another day')).toMatchObject({ __typename: 'CreateIngestTokenPayload' });
  });
});
