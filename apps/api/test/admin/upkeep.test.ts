import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id }) { __typename } }', { id: current });
});
afterAll(() => harness.close());

let made = 0;
const event = (event_type = 'users.messages.email.Open') => ({
  event_type,
  id: `event-${made++}`,
  time: 1_750_000_000,
  user: { external_user_id: 'u' },
  properties: {},
});

async function take(...events: unknown[]): Promise<void> {
  await harness.intake.take({
    chunks: [Buffer.from(JSON.stringify({ events }))],
    format: 'json',
    tokenId: harness.tokenId,
  });
}

/** Two dead letters of one batch, as a worker records them. */
async function bury(): Promise<void> {
  await take(event(), event());
  await harness.sql`
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
    'mutation ($name: String!) { createIngestToken(input: { name: $name }) { __typename ... on CreateIngestTokenPayload { token ingestToken { id name hint isValid createdAt lastUsedAt revokedAt } } ... on InputInvalid { problems { path } } ... on NameTaken { owner { id } } ... on Problem { message } } }';
  const revoke =
    'mutation ($id: ID!, $name: String!) { revokeIngestToken(input: { id: $id, confirmName: $name }) { __typename ... on RevokeIngestTokenPayload { ingestToken { id isValid revokedAt } } ... on Problem { message } } }';

  it('for senders are created, listed and revoked', async () => {
    const { token, ingestToken } = await harness.do(make, { name: 'Braze' });
    expect(token).toMatch(/^cur_ingest_/);
    expect(await harness.do(make, { name: 'braze' })).toMatchObject({
      __typename: 'NameTaken',
      owner: { id: ingestToken.id },
    });
    expect(await harness.do(make, { name: '' })).toMatchObject({
      __typename: 'InputInvalid',
      problems: [{ path: ['name'] }],
    });
    const listed = await harness.ask('{ ingestTokens { nodes { id name hint lastUsedAt } } }');
    expect(listed.body.data.ingestTokens.nodes).toContainEqual({
      id: ingestToken.id,
      name: 'Braze',
      hint: `…${token.slice(-4)}`,
      lastUsedAt: null,
    });
    expect(listed.text).not.toContain(token);
    expect(await harness.do(revoke, { id: ingestToken.id, name: 'other' })).toMatchObject({
      __typename: 'NotConfirmed',
    });
    expect(await harness.do(revoke, { id: ingestToken.id, name: 'Braze' })).toMatchObject({
      __typename: 'RevokeIngestTokenPayload',
      ingestToken: { isValid: false, revokedAt: expect.any(String) },
    });
    expect(await harness.do(revoke, { id: 'tok_4711', name: '' })).toMatchObject({ __typename: 'TokenNotFound' });
    const names = async (revoked: boolean) =>
      (
        await harness.do('query ($revoked: Boolean!) { ingestTokens(includeRevoked: $revoked) { nodes { name } } }', {
          revoked,
        })
      ).nodes.map((node: any) => node.name);
    expect(await names(false)).not.toContain('Braze');
    expect(await names(true)).toContain('Braze');
  });

  it('for admins coexist and are revoked, except the last one', async () => {
    const revokeAdmin =
      'mutation ($id: ID!, $again: ID!) { revokeAdminToken(input: { id: $id, confirmId: $again }) { __typename ... on RevokeAdminTokenPayload { adminToken { id isOwn revokedAt } } ... on Problem { message } } }';
    const {
      nodes: [own],
    } = await harness.do('{ adminTokens { nodes { id isOwn revokedAt } } }');
    expect(own).toEqual({ id: 'adm_1', isOwn: true, revokedAt: null });
    expect(await harness.do(revokeAdmin, { id: 'adm_1', again: 'adm_1' })).toMatchObject({
      __typename: 'LastAdminToken',
    });
    const { token, adminToken } = await harness.do(
      'mutation { createAdminToken(input: { name: "terraform", role: ADMIN }) { ... on CreateAdminTokenPayload { token adminToken { id name isOwn } } } }',
    );
    expect(adminToken).toEqual({ id: expect.stringMatching(/^adm_\d+$/), name: 'terraform', isOwn: false });
    expect(
      (await harness.ask('{ adminTokens { nodes { id } } }', {}, { authorization: `Bearer ${token}` })).status,
    ).toBe(200);
    expect(await harness.do(revokeAdmin, { id: adminToken.id, again: 'adm_1' })).toMatchObject({
      __typename: 'NotConfirmed',
    });
    expect(await harness.do(revokeAdmin, { id: adminToken.id, again: adminToken.id })).toMatchObject({
      __typename: 'RevokeAdminTokenPayload',
      adminToken: { isOwn: false },
    });
    expect(await harness.do(revokeAdmin, { id: 'adm_4711', again: 'adm_4711' })).toMatchObject({
      __typename: 'TokenNotFound',
    });
    expect(await harness.do(revokeAdmin, { id: token, again: token })).toMatchObject({ __typename: 'InvalidId' });
    expect(harness.log.join('')).not.toContain(token);
  });
});

describe('the quarantine', () => {
  it('is listed and counted, and released after confirmation', async () => {
    await take(event('users.messages.pigeon.Open'), event('nonsense'), event());
    const list =
      '{ quarantinedEvents(first: 10, filter: { code: UNKNOWN_EVENT_TYPE, isReleased: false }) { totalCount nodes { id code detail body bodyState position ingestToken { id name } storedAt releasedAt } } }';
    const { nodes } = await harness.do(list);
    expect(nodes).toHaveLength(2);
    expect(nodes[0]).toMatchObject({ ingestToken: { name: 'sender' } });
    expect(await harness.do('query ($id: ID!) { node(id: $id) { id } }', { id: nodes[0].id })).toEqual({
      id: nodes[0].id,
    });
    expect(
      (
        await harness.do('query ($ids: [ID!]) { quarantinedEvents(filter: { ids: $ids }) { nodes { id } } }', {
          ids: [nodes[1].id],
        })
      ).nodes,
    ).toEqual([{ id: nodes[1].id }]);
    expect(JSON.parse(nodes[1].body).event_type).toBe('users.messages.pigeon.Open');
    expect(await harness.do('{ quarantineCounts { code eventCount releasedCount purgedCount } }')).toEqual([
      { code: 'UNKNOWN_EVENT_TYPE', eventCount: 2, releasedCount: 0, purgedCount: 0 },
    ]);
    // So few events are stored as they are.
    await harness.sql`
      update quarantine_batch set content = convert_to(replace(convert_from(content, 'UTF8'), 'pigeon', 'email'), 'UTF8')`;
    const release =
      'mutation ($dryRun: Boolean) { releaseQuarantinedEvents(input: { dryRun: $dryRun }) { __typename ... on ReleaseQuarantinedEventsPayload { job { isDryRun state result { ... on ReleaseResult { eventCount stillRefused { code eventCount detail } } } } } } }';
    const stillRefused = [{ code: 'UNKNOWN_EVENT_TYPE', eventCount: 1, detail: expect.stringContaining('nonsense') }];
    expect(await harness.do(release)).toEqual({
      __typename: 'ReleaseQuarantinedEventsPayload',
      job: { isDryRun: true, state: 'DONE', result: { eventCount: 1, stillRefused } },
    });
    expect((await harness.do(list)).nodes).toHaveLength(2);
    expect(await harness.do(release, { dryRun: false })).toEqual({
      __typename: 'ReleaseQuarantinedEventsPayload',
      job: { isDryRun: false, state: 'DONE', result: { eventCount: 1, stillRefused } },
    });
    expect((await harness.do(list)).nodes).toHaveLength(1);
    expect(await harness.do('{ quarantineCounts { eventCount releasedCount } }')).toEqual([
      { eventCount: 2, releasedCount: 1 },
    ]);
  });

  it('is grouped by reason and type, and found and purged by event and user', async () => {
    await harness.sql`delete from quarantine_batch`;
    const of = (id: string, user: string) => ({ ...event('users.messages.pigeon.Open'), id, user: { user_id: user } });
    await take(of('p1', 'ann'), of('p2', 'ben'), event('nonsense'));
    expect(
      await harness.do('{ quarantineGroups { code eventType eventCount purgedCount example { eventId eventType } } }'),
    ).toMatchObject([
      {
        code: 'UNKNOWN_EVENT_TYPE',
        eventType: 'users.messages.pigeon.Open',
        eventCount: 2,
        example: { eventId: 'p2' },
      },
      { code: 'UNKNOWN_EVENT_TYPE', eventType: 'nonsense', eventCount: 1 },
    ]);
    const list = 'query ($filter: QuarantineFilter) { quarantinedEvents(filter: $filter) { nodes { eventId } } }';
    for (const filter of [{ users: ['ann'] }, { eventIds: ['p1'] }, { users: ['ann'], eventIds: ['p1', 'p2'] }])
      expect((await harness.do(list, { filter })).nodes).toEqual([{ eventId: 'p1' }]);
    const purge =
      'mutation ($input: PurgeQuarantinedEventsInput!) { purgeQuarantinedEvents(input: $input) { ... on PurgeQuarantinedEventsPayload { job { result { ... on PurgeResult { eventCount } } } } } }';
    const input = { filter: { users: ['ann'] }, dryRun: false, confirmEventCount: 1 };
    expect(await harness.do(purge, { input })).toEqual({ job: { result: { eventCount: 1 } } });
    expect((await harness.do(list, { filter: { eventType: 'users.messages.pigeon.Open' } })).nodes).toEqual([
      { eventId: 'p2' },
    ]);
    const [stored] = await harness.sql<{ text: string }[]>`
      select string_agg(input::text, '') || (select string_agg(arguments::text, '') from audit_entry) as text from job`;
    expect(stored?.text).toContain('confirmEventCount');
    expect(stored?.text).not.toContain('"ann"');
  });

  it('is purged after its number of events is repeated, and goes on counting them', async () => {
    await harness.sql`delete from quarantine_batch`;
    await take(event('nonsense'), event('nonsense'), event('users.messages.pigeon.Open'));
    const purge =
      'mutation ($dryRun: Boolean, $count: Count) { purgeQuarantinedEvents(input: { dryRun: $dryRun, confirmEventCount: $count, reason: "a test" }) { __typename ... on PurgeQuarantinedEventsPayload { job { isDryRun reason result { ... on PurgeResult { eventCount } } } } } }';
    const counts = '{ quarantineCounts { eventCount purgedCount } }';
    const payload = (isDryRun: boolean) => ({
      __typename: 'PurgeQuarantinedEventsPayload',
      job: { isDryRun, reason: 'a test', result: { eventCount: 3 } },
    });
    expect(await harness.do(purge)).toEqual(payload(true));
    for (const count of [undefined, 2])
      expect(await harness.do(purge, { dryRun: false, count })).toEqual({ __typename: 'NotConfirmed' });
    expect(await harness.do(counts)).toEqual([{ eventCount: 3, purgedCount: 0 }]);
    const ofToken = (id: string) =>
      harness.do('query ($id: ID) { quarantinedEvents(filter: { ingestTokenId: $id }) { totalCount } }', { id });
    expect(await ofToken(`tok_${harness.tokenId}`)).toEqual({ totalCount: 3 });
    expect(await ofToken('tok_4711')).toEqual({ totalCount: 0 });
    expect(await harness.do(purge, { dryRun: false, count: 3 })).toEqual(payload(false));
    expect(await harness.do('{ quarantinedEvents { totalCount } }')).toEqual({ totalCount: 0 });
    const entry = await harness.do('{ auditLog(first: 1) { nodes { action arguments } } }');
    expect(entry.nodes).toMatchObject([
      { action: 'PURGE_QUARANTINED_EVENTS', arguments: { input: { reason: 'a test' } } },
    ]);
    expect(await harness.do(counts)).toEqual([{ eventCount: 3, purgedCount: 3 }]);
  });
});

describe('dead letters', () => {
  it('are listed with their events and counted, and replayed after confirmation', async () => {
    await harness.sql`truncate delivery, batch, tally`;
    await bury();
    const list =
      'query ($after: String, $filter: DeadLetterFilter) { deadLetters(first: 1, after: $after, filter: $filter) { totalCount pageInfo { endCursor hasNextPage } nodes { id currentId current { id name } eventId eventType event outcome code detail attemptCount recordedAt replayedAt } } }';
    const one = await harness.do(list, { filter: { currentId: current } });
    const two = await harness.do(list, { filter: { currentId: current }, after: one.pageInfo.endCursor });
    expect([...one.nodes, ...two.nodes]).toMatchObject([
      {
        currentId: current,
        current: { id: current, name: good.name },
        outcome: 'EXPIRED',
        code: 'throttled',
        detail: 'said the partner',
        attemptCount: 3,
        eventType: 'users.messages.email.Open',
        replayedAt: null,
      },
      { outcome: 'REJECTED', code: 'invalid' },
    ]);
    expect(one.nodes[0].event).toMatchObject({ id: one.nodes[0].eventId, user: { external_user_id: 'u' } });
    expect([one.totalCount, two.pageInfo.hasNextPage]).toEqual([2, false]);
    const found = await harness.do('query ($id: ID!) { node(id: $id) { id ... on DeadLetter { code } } }', {
      id: two.nodes[0].id,
    });
    expect(found).toEqual({ id: two.nodes[0].id, code: 'invalid' });
    expect((await harness.do(list, { filter: { outcome: 'REJECTED', isReplayed: false } })).nodes).toHaveLength(1);
    expect(
      await harness.do(
        'query ($id: ID) { deadLetterCounts(filter: { currentId: $id }) { outcome code eventCount replayedCount } }',
        {
          id: current,
        },
      ),
    ).toEqual([
      { outcome: 'EXPIRED', code: 'throttled', eventCount: 1, replayedCount: 0 },
      { outcome: 'REJECTED', code: 'invalid', eventCount: 1, replayedCount: 0 },
    ]);

    const replay =
      'mutation ($id: ID!, $dryRun: Boolean) { replayDeadLetters(input: { currentId: $id, filter: { outcome: EXPIRED }, dryRun: $dryRun }) { __typename ... on ReplayDeadLettersPayload { job { isDryRun result { ... on ReplayResult { eventCount deliveryCount } } } } ... on CurrentWrongState { state } ... on Problem { message } } }';
    expect(await harness.do(replay, { id: current })).toEqual({
      __typename: 'ReplayDeadLettersPayload',
      job: { isDryRun: true, result: { eventCount: 1, deliveryCount: 0 } },
    });
    expect(await harness.do(replay, { id: current, dryRun: false })).toEqual({
      __typename: 'ReplayDeadLettersPayload',
      job: { isDryRun: false, result: { eventCount: 1, deliveryCount: 1 } },
    });
    expect(await harness.do(replay, { id: current, dryRun: false })).toEqual({
      __typename: 'ReplayDeadLettersPayload',
      job: { isDryRun: false, result: { eventCount: 0, deliveryCount: 0 } },
    });
    expect(await harness.do(replay, { id: 'cur_4711', dryRun: false })).toMatchObject({
      __typename: 'CurrentNotFound',
    });
    const fresh = await harness.createCurrent({ ...good, name: 'Fresh' });
    expect(await harness.do(replay, { id: fresh })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'DRAFT',
    });
  });

  it('are grouped by reason and type, discarded with a reason after confirmation, and restored', async () => {
    await harness.sql`truncate delivery, batch, tally, dead_letter`;
    await bury();
    const groups =
      'query ($id: ID!) { deadLetterGroups(currentId: $id) { outcome code eventType eventCount replayedCount discardedCount firstAt lastAt verdict example { id eventType verdict } } }';
    const group = { eventType: null, eventCount: 1, replayedCount: 0, discardedCount: 0 };
    const example = { id: expect.stringMatching(/^dlq_/), eventType: 'users.messages.email.Open' };
    expect(await harness.do(groups, { id: current })).toMatchObject([
      {
        ...group,
        outcome: 'EXPIRED',
        code: 'throttled',
        verdict: 'RETRYABLE',
        example: { ...example, verdict: 'RETRYABLE' },
      },
      {
        ...group,
        outcome: 'REJECTED',
        code: 'invalid',
        verdict: 'UNCERTAIN',
        example: { ...example, verdict: 'UNCERTAIN' },
      },
    ]);
    const discard =
      'mutation ($id: ID!, $dryRun: Boolean, $name: String, $reason: String!) { discardDeadLetters(input: { currentId: $id, filter: { eventType: "users.messages.email.Open", code: "invalid" }, reason: $reason, dryRun: $dryRun, confirmName: $name }) { __typename ... on DiscardDeadLettersPayload { job { isDryRun state result { ... on DiscardResult { eventCount } } } } ... on Problem { code } } }';
    const ofJob = (isDryRun: boolean, eventCount: number) => ({
      job: { isDryRun, state: 'DONE', result: { eventCount } },
    });
    const reason = 'a test of ours';
    expect(await harness.do(discard, { id: current, reason })).toMatchObject(ofJob(true, 1));
    expect(await harness.do(discard, { id: current, reason, dryRun: false, name: 'other' })).toMatchObject({
      __typename: 'NotConfirmed',
    });
    expect((await harness.ask(discard, { id: current, reason: ' ' })).text).toContain('expected 1 to 300 characters');
    const confirmed = { id: current, reason, dryRun: false, name: good.name };
    expect(await harness.do(discard, confirmed)).toMatchObject(ofJob(false, 1));
    const list =
      'query ($ids: [ID!]) { deadLetters(filter: { isDiscarded: true, ids: $ids }) { totalCount nodes { id eventType discardedAt discardReason discardedBy { id } } } }';
    const { nodes } = await harness.do(list);
    expect(nodes).toEqual([
      {
        id: expect.any(String),
        eventType: 'users.messages.email.Open',
        discardedAt: expect.any(String),
        discardReason: reason,
        discardedBy: { id: 'adm_1' },
      },
    ]);
    expect(await harness.do(list, { ids: [nodes[0].id] })).toMatchObject({ totalCount: 1 });
    // Its types were read on the way.
    expect((await harness.do(groups, { id: current }))[1]).toMatchObject({
      eventType: 'users.messages.email.Open',
      discardedCount: 1,
    });
    const restore =
      'mutation ($id: ID!, $ids: [ID!], $dryRun: Boolean) { restoreDeadLetters(input: { currentId: $id, filter: { ids: $ids }, dryRun: $dryRun }) { __typename ... on RestoreDeadLettersPayload { job { isDryRun state result { ... on RestoreResult { eventCount } } } } ... on Problem { code } } }';
    expect(await harness.do(restore, { id: current, ids: [nodes[0].id] })).toMatchObject(ofJob(true, 1));
    expect(await harness.do(restore, { id: current, ids: [nodes[0].id], dryRun: false })).toMatchObject(
      ofJob(false, 1),
    );
    expect(await harness.do(restore, { id: current, ids: ['cur_1'] })).toMatchObject({ __typename: 'InvalidId' });
    expect(await harness.do(restore, { id: 'cur_4711' })).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(await harness.do(list)).toMatchObject({ totalCount: 0 });
    const audit = await harness.do(
      '{ auditLog(first: 1, filter: { action: DISCARD_DEAD_LETTERS }) { nodes { succeeded arguments } } }',
    );
    expect(audit.nodes).toMatchObject([{ succeeded: true, arguments: { input: { reason } } }]);
    const replay =
      'mutation ($id: ID!, $ids: [ID!]) { replayDeadLetters(input: { currentId: $id, filter: { ids: $ids }, dryRun: false }) { ... on ReplayDeadLettersPayload { job { result { ... on ReplayResult { eventCount permanentCount } } } } } }';
    expect(await harness.do(replay, { id: current, ids: [nodes[0].id] })).toEqual({
      job: { result: { eventCount: 1, permanentCount: 0 } },
    });
  });

  it('are found and discarded by event, user and token, and no id of a user is kept', async () => {
    await harness.sql`truncate delivery, batch, tally, dead_letter`;
    await bury();
    const list =
      'query ($filter: DeadLetterFilter) { deadLetters(filter: $filter) { totalCount nodes { id eventId code } } }';
    const counts = 'query ($filter: DeadLetterFilter) { deadLetterCounts(filter: $filter) { code eventCount } }';
    const { nodes } = await harness.do(list);
    const [one] = nodes;
    expect(await harness.do(list, { filter: { eventIds: [one.eventId] } })).toEqual({ totalCount: 1, nodes: [one] });
    expect(await harness.do(counts, { filter: { eventIds: [one.eventId] } })).toEqual([
      { code: one.code, eventCount: 1 },
    ]);
    const token = `tok_${harness.tokenId}`;
    expect(await harness.do(list, { filter: { users: ['u'], ingestTokenId: token } })).toMatchObject({ totalCount: 2 });
    for (const filter of [{ users: ['somebody else'] }, { ingestTokenId: 'tok_4711' }])
      expect(await harness.do(list, { filter })).toEqual({ totalCount: 0, nodes: [] });
    const tooMany = await harness.ask(list, { filter: { users: Array.from({ length: 11 }, String) } });
    expect(tooMany.text).toContain('users: expected up to 10 ids, got 11');
    const groups =
      'query ($id: ID!, $filter: DeadLetterFilter) { deadLetterGroups(currentId: $id, filter: $filter) { eventCount example { eventId } } }';
    expect(await harness.do(groups, { id: current, filter: { eventIds: [one.eventId] } })).toEqual([
      { eventCount: 1, example: { eventId: one.eventId } },
    ]);

    const filter = { users: ['user-of-a-secret-name', 'u'], eventIds: [one.eventId], ingestTokenId: token };
    const done = (count: number) => ({ job: { result: { eventCount: count } } });
    const discard =
      'mutation ($id: ID!, $filter: ReplayFilter, $name: String!) { discardDeadLetters(input: { currentId: $id, filter: $filter, reason: "a test", dryRun: false, confirmName: $name }) { ... on DiscardDeadLettersPayload { job { result { ... on DiscardResult { eventCount } } } } } }';
    expect(await harness.do(discard, { id: current, filter, name: good.name })).toEqual(done(1));
    const restore =
      'mutation ($id: ID!, $filter: ReplayFilter) { restoreDeadLetters(input: { currentId: $id, filter: $filter, dryRun: false }) { ... on RestoreDeadLettersPayload { job { result { ... on RestoreResult { eventCount } } } } } }';
    expect(await harness.do(restore, { id: current, filter })).toEqual(done(1));
    const replay =
      'mutation ($id: ID!, $filter: ReplayFilter) { replayDeadLetters(input: { currentId: $id, filter: $filter, dryRun: false }) { ... on ReplayDeadLettersPayload { job { result { ... on ReplayResult { eventCount } } } } } }';
    expect(await harness.do(replay, { id: current, filter })).toEqual(done(1));
    expect(await harness.do(replay, { id: current, filter })).toEqual(done(0));

    const [kept] = await harness.sql<{ jobs: number; entries: number; text: string }[]>`
      select (select count(*)::int from job where input -> 'filter' ? 'ids') as jobs,
        (select count(*)::int from audit_entry where arguments #>> '{input,filter,users}' = '2') as entries,
        (select string_agg(j::text, '') from job j) || (select string_agg(a::text, '') from audit_entry a) as text`;
    expect(kept?.jobs).toBeGreaterThanOrEqual(4);
    expect(kept?.entries).toBe(4);
    expect(kept?.text).not.toContain('user-of-a-secret-name');
    expect(harness.log.join('')).not.toContain('user-of-a-secret-name');
  });

  it('and all other counts match the ledger', async () => {
    const check =
      'mutation ($id: ID!) { checkLedger(input: { currentId: $id }) { __typename ... on CheckLedgerPayload { job { state result { ... on LedgerCheck { isBalanced deliveryCount eventCount hasMoreDifferences differences { day deliveryKey message } } } } } } }';
    expect(await harness.do(check, { id: current })).toEqual({
      __typename: 'CheckLedgerPayload',
      job: {
        state: 'DONE',
        result: { isBalanced: true, deliveryCount: 2, eventCount: 4, hasMoreDifferences: false, differences: [] },
      },
    });
    await harness.sql`update tally set events = events + 1 where outcome = 'selected'`;
    expect((await harness.do(check, { id: current })).job.result.differences).not.toEqual([]);
    expect(await harness.do(check, { id: 'cur_4711' })).toEqual({ __typename: 'CurrentNotFound' });
    expect(
      await harness.do(
        'query ($id: ID!) { current(id: $id) { ... on Current { counts { selected } dailyCounts { day selected rejectedReasons { code eventCount } } } } }',
        { id: current },
      ),
    ).toMatchObject({
      dailyCounts: [
        { day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), rejectedReasons: [{ code: 'invalid', eventCount: 1 }] },
      ],
    });
  });
});

describe('a job', () => {
  const fields = 'id operation isDryRun state doneCount totalCount error isCancelRequested createdAt adminToken { id }';
  const purge =
    'mutation { purgeQuarantinedEvents(input: { dryRun: true }) { ... on PurgeQuarantinedEventsPayload { job { id } } } }';

  it('is found by its id and listed, with who asked for it, and is in the audit log', async () => {
    const { id } = (await harness.do(purge)).job;
    expect(id).toMatch(/^job_\d+$/);
    const job = {
      id,
      operation: 'PURGE_QUARANTINED_EVENTS',
      isDryRun: true,
      state: 'DONE',
      error: null,
      isCancelRequested: false,
      adminToken: { id: 'adm_1' },
    };
    expect(await harness.do(`query ($id: ID!) { job(id: $id) { ${fields} } }`, { id })).toMatchObject(job);
    expect(await harness.do(`query ($id: ID!) { node(id: $id) { ... on Job { ${fields} } } }`, { id })).toMatchObject(
      job,
    );
    expect((await harness.do(`{ jobs(filter: { state: DONE }) { nodes { ${fields} } } }`)).nodes[0]).toMatchObject(job);
    expect(
      (await harness.do('{ jobs(filter: { operation: CHECK_LEDGER, state: FAILED }) { totalCount } }')).totalCount,
    ).toBe(0);
    const { nodes } = await harness.do('{ auditLog(first: 1) { nodes { action target { id } } } }');
    expect(nodes).toEqual([{ action: 'PURGE_QUARANTINED_EVENTS', target: { id } }]);
  });

  it('is cancelled by its id', async () => {
    const cancel =
      'mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename ... on CancelJobPayload { job { id state } } ... on Problem { code } } }';
    const { id } = (await harness.do(purge)).job;
    expect(await harness.do(cancel, { id })).toEqual({ __typename: 'CancelJobPayload', job: { id, state: 'DONE' } });
    expect(await harness.do(cancel, { id: 'job_4711' })).toEqual({ __typename: 'JobNotFound', code: 'JOB_NOT_FOUND' });
    expect(await harness.do(cancel, { id: 'cur_1' })).toMatchObject({ __typename: 'InvalidId' });
  });

  it('is paused and resumed by its id', async () => {
    const change = (name: 'Pause' | 'Resume') =>
      `mutation ($id: ID!) { ${name.toLowerCase()}Job(input: { id: $id }) { __typename ... on ${name}JobPayload { job { id state estimatedEndAt } } ... on JobFinished { state } ... on Problem { code } } }`;
    // Not due for an hour, so that no process begins it.
    const [row] = await harness.sql`
      insert into job (operation, input, due_at) values ('check_ledger', '{"currentId":"1"}', now() + interval '1 hour') returning id`;
    const id = `job_${row?.['id']}`;
    expect(await harness.do(change('Pause'), { id })).toEqual({
      __typename: 'PauseJobPayload',
      job: { id, state: 'PAUSED', estimatedEndAt: null },
    });
    expect((await harness.do('{ jobs(filter: { state: PAUSED }) { nodes { id } } }')).nodes).toEqual([{ id }]);
    expect(await harness.do(change('Resume'), { id })).toMatchObject({ __typename: 'ResumeJobPayload', job: { id } });
    await until(
      () => harness.do('query ($id: ID!) { job(id: $id) { state } }', { id }),
      ({ state }: { readonly state: string }) => state === 'DONE',
    );
    for (const name of ['Pause', 'Resume'] as const) {
      expect(await harness.do(change(name), { id })).toEqual({
        __typename: 'JobFinished',
        state: 'DONE',
        code: 'JOB_FINISHED',
      });
      expect(await harness.do(change(name), { id: 'job_4711' })).toMatchObject({ __typename: 'JobNotFound' });
    }
    const { nodes } = await harness.do(
      '{ auditLog(first: 8, filter: { succeeded: true }) { nodes { action target { id } } } }',
    );
    expect(nodes.slice(0, 2)).toEqual([
      { action: 'RESUME_JOB', target: { id } },
      { action: 'PAUSE_JOB', target: { id } },
    ]);
  });
});
