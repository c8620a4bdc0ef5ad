import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCurrent, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let office: AdminHarness;
let current: string;
beforeAll(async () => {
  office = await openAdminHarness();
  ({ id: current } = await office.do(createCurrent, { input: good }));
  await office.do('mutation ($id: ID!) { launchCurrent(id: $id) { __typename } }', { id: current });
});
afterAll(() => office.close());

let made = 0;
const event = (event_type = 'users.messages.email.Open') => ({
  event_type,
  id: `event-${made++}`,
  time: 1_750_000_000,
  user: { external_user_id: 'u' },
  properties: {},
});

async function take(...events: unknown[]): Promise<void> {
  await office.intake.take({ bytes: Buffer.from(JSON.stringify({ events })), format: 'json', tokenId: office.tokenId });
}

/** Two events of one batch, dead as a worker would record them. */
async function bury(): Promise<void> {
  await take(event(), event());
  await office.sql`
    with dead as (
      update delivery set outcomes = '\\x0304', pending = 0 where pending = 2 and outcomes is null returning *
    ), letters as (
      insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions)
      select stored_on, current_id, batch_id, id, o.outcome, o.code, 'said the partner', 3, array[o.position]
      from dead, (values ('rejected', 'invalid', 0), ('expired', 'throttled', 1)) o (outcome, code, position)
    )
    insert into tally (current_id, day, shard, outcome, code, events)
    select current_id, stored_on, 1, o.outcome, o.code, 1 from dead, (values ('rejected', 'invalid'), ('expired', 'throttled')) o (outcome, code)
    on conflict (current_id, day, outcome, code, shard) do update set events = tally.events + 1`;
}

describe('tokens', () => {
  const make =
    'mutation ($name: String!) { createIngestToken(name: $name) { __typename ... on IngestTokenCreated { token ingestToken { id name hint createdAt lastUsedAt revokedAt } } ... on InputInvalid { problems { path } } ... on NameTaken { ownerId } ... on Problem { message } } }';
  const revoke =
    'mutation ($id: ID!, $name: String!) { revokeIngestToken(id: $id, confirmName: $name) { __typename ... on IngestToken { id revokedAt } ... on Problem { message } } }';

  it('for senders are made, listed and revoked', async () => {
    const { token, ingestToken } = await office.do(make, { name: 'Braze' });
    expect(token).toMatch(/^cur_ingest_/);
    expect(await office.do(make, { name: 'braze' })).toMatchObject({
      __typename: 'NameTaken',
      ownerId: ingestToken.id,
    });
    expect(await office.do(make, { name: '' })).toMatchObject({
      __typename: 'InputInvalid',
      problems: [{ path: ['name'] }],
    });
    const listed = await office.ask('{ ingestTokens { nodes { id name hint lastUsedAt } } }');
    expect(listed.body.data.ingestTokens.nodes).toContainEqual({
      id: ingestToken.id,
      name: 'Braze',
      hint: `…${token.slice(-4)}`,
      lastUsedAt: null,
    });
    expect(listed.text).not.toContain(token);
    expect(await office.do(revoke, { id: ingestToken.id, name: 'other' })).toMatchObject({
      __typename: 'NotConfirmed',
    });
    expect(await office.do(revoke, { id: ingestToken.id, name: 'Braze' })).toMatchObject({
      __typename: 'IngestToken',
      revokedAt: expect.any(String),
    });
    expect(await office.do(revoke, { id: '4711', name: '' })).toMatchObject({ __typename: 'TokenNotFound' });
    const names = async (revoked: boolean) =>
      (
        await office.do('query ($revoked: Boolean!) { ingestTokens(revoked: $revoked) { nodes { name } } }', {
          revoked,
        })
      ).nodes.map((node: any) => node.name);
    expect(await names(false)).not.toContain('Braze');
    expect(await names(true)).toContain('Braze');
  });

  it('for admins are made beside one another and revoked, save the last', async () => {
    const revokeAdmin =
      'mutation ($id: ID!, $again: ID!) { revokeAdminToken(id: $id, confirmId: $again) { __typename ... on AdminToken { id own revokedAt } ... on Problem { message } } }';
    const [own] = await office.do('{ adminTokens { id own revokedAt } }');
    expect(own).toEqual({ id: '1', own: true, revokedAt: null });
    expect(await office.do(revokeAdmin, { id: '1', again: '1' })).toMatchObject({ __typename: 'LastAdminToken' });
    const { token, adminToken } = await office.do('mutation { createAdminToken { token adminToken { id own } } }');
    expect(adminToken).toEqual({ id: expect.any(String), own: false });
    expect((await office.ask('{ adminTokens { id } }', {}, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(await office.do(revokeAdmin, { id: adminToken.id, again: '1' })).toMatchObject({
      __typename: 'NotConfirmed',
    });
    expect(await office.do(revokeAdmin, { id: adminToken.id, again: adminToken.id })).toMatchObject({
      __typename: 'AdminToken',
      own: false,
    });
    expect(await office.do(revokeAdmin, { id: 'x', again: 'x' })).toMatchObject({ __typename: 'TokenNotFound' });
    expect(office.log.join('')).not.toContain(token);
  });
});

describe('the quarantine', () => {
  it('is listed, counted and released, once it has been confirmed', async () => {
    await take(event('users.messages.pigeon.Open'), event('nonsense'), event());
    const list =
      '{ quarantine(first: 10, filter: { code: "unknown_event_type", released: false }) { nextCursor nodes { id code detail body position tokenId storedAt releasedAt } } }';
    const { nodes } = await office.do(list);
    expect(nodes).toHaveLength(2);
    expect(JSON.parse(nodes[1].body).event_type).toBe('users.messages.pigeon.Open');
    expect(await office.do('{ quarantineCounts { code events released } }')).toEqual([
      { code: 'unknown_event_type', events: 2, released: 0 },
    ]);
    await office.sql`update quarantine set body = replace(body, 'pigeon', 'email')`;
    const release =
      'mutation ($confirm: Boolean!) { releaseQuarantined(filter: {}, confirm: $confirm) { __typename ... on ReleasePlanned { events stillRefused { code events detail } } ... on Released { events stillRefused { code events detail } } } }';
    const stillRefused = [{ code: 'unknown_event_type', events: 1, detail: expect.stringContaining('nonsense') }];
    expect(await office.do(release, { confirm: false })).toEqual({
      __typename: 'ReleasePlanned',
      events: 1,
      stillRefused,
    });
    expect((await office.do(list)).nodes).toHaveLength(2);
    expect(await office.do(release, { confirm: true })).toEqual({ __typename: 'Released', events: 1, stillRefused });
    expect((await office.do(list)).nodes).toHaveLength(1);
    expect(await office.do('{ quarantineCounts { events released } }')).toEqual([{ events: 2, released: 1 }]);
  });
});

describe('dead letters', () => {
  it('are listed with their events, counted, and replayed, once it has been confirmed', async () => {
    await office.sql`truncate delivery, batch, tally`;
    await bury();
    const list =
      'query ($id: ID, $after: String, $filter: DeadLetterFilter) { deadLetters(currentId: $id, first: 1, after: $after, filter: $filter) { nextCursor nodes { id currentId eventId eventType event outcome code detail attempts recordedAt replayedAt } } }';
    const one = await office.do(list, { id: current });
    const two = await office.do(list, { id: current, after: one.nextCursor });
    expect([...one.nodes, ...two.nodes]).toMatchObject([
      {
        currentId: current,
        outcome: 'expired',
        code: 'throttled',
        detail: 'said the partner',
        attempts: 3,
        eventType: 'users.messages.email.Open',
        replayedAt: null,
      },
      { outcome: 'rejected', code: 'invalid' },
    ]);
    expect(one.nodes[0].event).toMatchObject({ id: one.nodes[0].eventId, user: { external_user_id: 'u' } });
    expect(two.nextCursor).toBeNull();
    expect((await office.do(list, { filter: { outcome: 'rejected', replayed: false } })).nodes).toHaveLength(1);
    expect(
      await office.do('query ($id: ID) { deadLetterCounts(currentId: $id) { outcome code events replayed } }', {
        id: current,
      }),
    ).toEqual([
      { outcome: 'expired', code: 'throttled', events: 1, replayed: 0 },
      { outcome: 'rejected', code: 'invalid', events: 1, replayed: 0 },
    ]);

    const replay =
      'mutation ($id: ID!, $confirm: Boolean!) { replayDeadLetters(currentId: $id, filter: { outcome: expired }, confirm: $confirm) { __typename ... on ReplayPlanned { events } ... on Replayed { events deliveries } ... on WrongState { state } ... on Problem { message } } }';
    expect(await office.do(replay, { id: current, confirm: false })).toEqual({
      __typename: 'ReplayPlanned',
      events: 1,
    });
    expect(await office.do(replay, { id: current, confirm: true })).toEqual({
      __typename: 'Replayed',
      events: 1,
      deliveries: 1,
    });
    expect(await office.do(replay, { id: current, confirm: true })).toEqual({
      __typename: 'Replayed',
      events: 0,
      deliveries: 0,
    });
    expect(await office.do(replay, { id: '4711', confirm: true })).toMatchObject({ __typename: 'CurrentNotFound' });
    const { id: fresh } = await office.do(createCurrent, { input: { ...good, name: 'Fresh' } });
    expect(await office.do(replay, { id: fresh, confirm: false })).toMatchObject({
      __typename: 'WrongState',
      state: 'draft',
    });
  });

  it('and all else are where the ledger says', async () => {
    const check =
      'query ($id: ID!) { checkLedger(currentId: $id) { __typename ... on LedgerChecked { deliveries events more differences { day deliveryId message } } } }';
    expect(await office.do(check, { id: current })).toEqual({
      __typename: 'LedgerChecked',
      deliveries: 2,
      events: 4,
      more: false,
      differences: [],
    });
    await office.sql`update tally set events = events + 1 where outcome = 'selected'`;
    expect((await office.do(check, { id: current })).differences).not.toEqual([]);
    expect(await office.do(check, { id: 'x' })).toEqual({ __typename: 'CurrentNotFound' });
    expect(
      await office.do(
        'query ($id: ID!) { current(id: $id) { ... on Current { counts { selected } days(first: 1) { day selected rejectedFor { code events } } } } }',
        { id: current },
      ),
    ).toMatchObject({
      days: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), rejectedFor: [{ code: 'invalid', events: 1 }] }],
    });
  });
});
