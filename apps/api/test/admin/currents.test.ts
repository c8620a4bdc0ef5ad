import { updateCurrent, createSeal, openAdmin } from '@currents/core';
import { catalogue, groups } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectors } from '../../src/connectors.js';
import { accepting, databaseKey, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

const problem = '... on Problem { __typename code message remedy }';
const fields = `
  ... on InputInvalid { problems { path code message suggestions } } ... on NameTaken { owner { __typename id } } ${problem}`;
const create = `mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { __typename ... on CreateCurrentPayload { current {
  id name state settings credentials { kind fields } selection { eventTypes channels groups } eventTypes allowedActions warnings { code eventTypes } } } ${fields} } }`;
const change = `mutation ($input: UpdateCurrentInput!) { updateCurrent(input: $input) { __typename
  ... on UpdateCurrentPayload { current { name contactEmail version settings } before { name contactEmail settings selection { channels } } }
  ... on CurrentWrongState { state allowedActions } ... on CurrentNotReady { reason } ... on VersionConflict { version node { ... on Current { id name } } } ${fields} } }`;
const test = `mutation ($input: TestCredentialsInput!) { testCredentials(input: $input) { __typename
  ... on TestCredentialsPayload { message } ... on TestFailed { outcome reason } ... on CurrentWrongState { state allowedActions } ... on CurrentNotReady { reason }
  ... on InputInvalid { problems { path code } } ${problem} } }`;
const payloadOf = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`;
const move = (
  name: string,
): string => `mutation ($id: ID!) { ${name}(input: { id: $id }) { __typename ... on ${payloadOf(name)} { current { state } }
  ... on CurrentWrongState { state allowedActions } ${name === 'pauseCurrent' ? '' : '... on CurrentNotReady { reason }'} ${problem} } }`;
const remove = `mutation ($id: ID!, $confirmName: String!) { deleteCurrent(input: { id: $id, confirmName: $confirmName }) { __typename
  ... on DeleteCurrentPayload { pendingCount current { state } } ... on CurrentWrongState { state } ${problem} } }`;

async function draft(name: string): Promise<string> {
  return harness.createCurrent({ ...good, name });
}

describe('createCurrent', () => {
  it('returns the draft, with the kind and fields of its credentials but not their values', async () => {
    expect(await harness.do(create, { input: good })).toEqual({
      __typename: 'CreateCurrentPayload',
      current: {
        id: expect.stringMatching(/^cur_\d+$/),
        name: 'To Mixpanel',
        state: 'DRAFT',
        settings: expect.objectContaining({ region: 'eu' }),
        credentials: { kind: 'serviceAccount', fields: ['username', 'secret', 'projectId'] },
        selection: { eventTypes: [], channels: ['message/email'], groups: [] },
        eventTypes: expect.arrayContaining(['users.messages.email.Open']),
        allowedActions: ['LAUNCH', 'UPDATE', 'TEST', 'DELETE'],
        warnings: expect.any(Array),
      },
    });
  });

  it.each([
    ['InputInvalid', { name: ' ', contactEmail: 'x' }, { problems: [{ path: ['name'] }, { path: ['contactEmail'] }] }],
    ['NameTaken', { name: 'TO mixpanel' }, { code: 'NAME_TAKEN', owner: { __typename: 'Current', id: 'cur_1' } }],
    [
      'InputInvalid',
      { destination: 'nowhere' },
      { problems: [{ path: ['destination'], code: 'UNKNOWN_VALUE', suggestions: [...connectors.keys()] }] },
    ],
    [
      'InputInvalid',
      { settings: { region: 'moon' } },
      { problems: [{ path: ['settings', 'region'], message: expect.stringContaining('"us"|"eu"|"in"') }] },
    ],
    [
      'InputInvalid',
      { settings: { region: 'eu', baseUrl: 'https://x.example.com' } },
      { problems: [{ path: ['settings', 'baseUrl'], code: 'NOT_ALLOWED' }] },
    ],
    [
      'InputInvalid',
      { credentials: { kind: 'serviceAccount', username: 'a' } },
      { problems: expect.arrayContaining([expect.objectContaining({ path: ['credentials', 'secret'] })]) },
    ],
    ['InputInvalid', { selection: {} }, { problems: [{ path: ['selection'], suggestions: [] }] }],
    [
      'InputInvalid',
      { selection: { eventTypes: ['users.messages.email.Opened'] } },
      {
        problems: [
          { path: ['selection', 'eventTypes'], suggestions: expect.arrayContaining(['users.messages.email.Open']) },
        ],
      },
    ],
  ])('returns %s', async (kind, wrong, details) => {
    const name = 'name' in wrong ? {} : { name: `Wrong ${kind}` };
    expect(await harness.do(create, { input: { ...good, ...name, ...wrong } })).toMatchObject({
      __typename: kind,
      message: expect.any(String),
      ...details,
    });
  });

  it('creates a draft without credentials, which is launched once they are set', async () => {
    const { credentials, ...without } = { ...good, name: 'Without credentials' };
    const { current } = await harness.do(create, { input: without });
    expect(current).toMatchObject({ credentials: null, warnings: [{ code: 'CREDENTIALS_MISSING' }] });
    const missing = { __typename: 'CurrentNotReady', reason: 'credentials_missing' };
    expect(await harness.do(test, { input: { currentId: current.id } })).toMatchObject(missing);
    expect(await harness.do(move('launchCurrent'), { id: current.id })).toMatchObject(missing);
    expect(await harness.do(change, { input: { id: current.id, credentials } })).toMatchObject({
      __typename: 'UpdateCurrentPayload',
    });
    harness.partner = () => accepting;
    expect(await harness.do(move('launchCurrent'), { id: current.id })).toMatchObject({ current: { state: 'LIVE' } });
  });

  it('accepts settings, credentials and selection as literals with nested variables', async () => {
    const query = `mutation ($token: String, $label: String!) { createCurrent(input: { name: "Literal", contactEmail: "ana@example.com", destination: "mixpanel",
      settings: { region: "us", gzip: false, requestBytes: 150000 },
      credentials: { kind: "projectToken", token: $token }, selection: { groups: ["message"], channels: [$label] } }) { __typename ... on CreateCurrentPayload { current { settings selection { channels } } } ${problem} } }`;
    expect(await harness.do(query, { token: null, label: 'message/email' })).toMatchObject({
      __typename: 'InputInvalid',
    });
    expect(await harness.do(query, { token: 'abc', label: 'message/email' })).toMatchObject({
      current: {
        settings: { region: 'us', gzip: false, requestBytes: 150000 },
        selection: { channels: ['message/email'] },
      },
    });
  });
});

describe('updateCurrent', () => {
  it('returns the previous values, which undo the change when sent back', async () => {
    const id = await draft('Undone');
    const changed = await harness.do(change, {
      input: { id, name: 'Done', contactEmail: 'bo@example.com', settings: { region: 'us' } },
    });
    expect(changed).toMatchObject({
      current: { name: 'Done', settings: { region: 'us' }, version: 2 },
      before: { name: 'Undone', settings: { region: 'eu' } },
    });
    const { selection: _selection, ...before } = changed.before;
    expect(await harness.do(change, { input: { id, ...before } })).toMatchObject({ current: before });
  });

  it('keeps absent fields, and reports all attempts to clear required ones together', async () => {
    const id = await draft('Null');
    expect(await harness.do(change, { input: { id } })).toMatchObject({ current: { name: 'Null', version: 2 } });
    const input = { id, name: null, contactEmail: null, settings: null, credentials: null, selection: null };
    const { __typename, problems } = await harness.do(change, { input });
    expect(__typename).toBe('InputInvalid');
    expect(problems.map(({ path }: { path: string[] }) => path[0])).toEqual(
      expect.arrayContaining(['name', 'contactEmail', 'settings', 'credentials', 'selection']),
    );
  });

  it('merges settings, and resets one to its default by null', async () => {
    const id = await draft('Merged');
    const merge = async (settings: object) =>
      (await harness.do(change, { input: { id, settings } })).current.settings as Record<string, unknown>;
    const { gzip } = await merge({ requestBytes: 150_000 });
    expect(await merge({ gzip: !gzip })).toMatchObject({ region: 'eu', requestBytes: 150_000, gzip: !gzip });
    expect(await merge({ gzip: null })).toMatchObject({ region: 'eu', requestBytes: 150_000, gzip });
  });

  it('refuses a change that is based on another version, and returns the current state', async () => {
    const id = await draft('Versioned');
    expect(await harness.do(change, { input: { id, ifVersion: 1, name: 'Versioned 2' } })).toMatchObject({
      current: { version: 2 },
    });
    expect(await harness.do(change, { input: { id, ifVersion: 1, name: 'Versioned 3' } })).toMatchObject({
      __typename: 'VersionConflict',
      code: 'VERSION_CONFLICT',
      version: 2,
      node: { id, name: 'Versioned 2' },
    });
  });

  it('keeps field rules of a later release until their loss is confirmed by name', async () => {
    const id = await draft('Ruled');
    const later = { version: 2, isWithoutContactDetails: true, rules: [{ mask: { fields: ['email'] } }] };
    await harness.sql`update current set field_rules = ${harness.sql.json(later)} where id = ${databaseKey(id)}`;
    const stored = async (): Promise<unknown> =>
      (await harness.sql`select field_rules as rules from current where id = ${databaseKey(id)}`)[0]?.['rules'];
    const shown = `query ($id: ID!) { current(id: $id) { ... on Current {
      fieldRules { isReadable isWithoutContactDetails rules { drop { fields } } } warnings { code } } } }`;
    expect(await harness.do(shown, { id })).toMatchObject({
      fieldRules: { isReadable: false, isWithoutContactDetails: false, rules: [] },
      warnings: expect.arrayContaining([{ code: 'FIELD_RULES_UNREADABLE' }]),
    });
    expect(await harness.do(change, { input: { id, name: 'Ruled 2' } })).toMatchObject({
      current: { name: 'Ruled 2' },
    });
    for (const fieldRules of [null, { rules: [] }, { rules: [{ drop: { fields: ['email'] } }] }])
      expect(await harness.do(change, { input: { id, fieldRules, confirmName: 'Ruled' } })).toMatchObject({
        __typename: 'NotConfirmed',
        message: expect.stringContaining('field rules of a later release'),
      });
    expect(await stored()).toEqual(later);
    const confirmed = { id, confirmName: 'Ruled 2', fieldRules: { rules: [{ drop: { fields: ['email'] } }] } };
    expect(await harness.do(change, { input: confirmed })).toMatchObject({ __typename: 'UpdateCurrentPayload' });
    expect(await harness.do(shown, { id })).toMatchObject({
      fieldRules: { isReadable: true, rules: [{ drop: { fields: ['email'] } }] },
    });
  });

  it.each([
    ['InputInvalid', { contactEmail: '' }],
    ['NameTaken', { name: 'To Mixpanel' }],
    ['InputInvalid', { settings: null }],
    ['InputInvalid', { settings: { region: 'eu', baseUrl: 'http://127.0.0.1' } }],
    ['InputInvalid', { credentials: {} }],
    ['InputInvalid', { selection: { channels: ['email'] } }],
  ])('returns %s', async (kind, input) => {
    const id = await draft(`Kept from ${JSON.stringify(input)}`);
    expect(await harness.do(change, { input: { id, ...input } })).toMatchObject({
      __typename: kind,
      message: expect.any(String),
    });
  });

  it('returns InvalidId, CurrentNotFound, CurrentWrongState and CurrentNotReady', async () => {
    expect(await harness.do(change, { input: { id: 'x' } })).toMatchObject({
      __typename: 'InvalidId',
      code: 'INVALID_ID',
    });
    expect(await harness.do(change, { input: { id: 'coh_1' } })).toMatchObject({
      __typename: 'InvalidId',
      code: 'WRONG_ID_TYPE',
      message: 'input.id: expected the id of a Current (cur_…), got the id of a Cohort (coh_…)',
    });
    expect(await harness.do(change, { input: { id: 'cur_4711' } })).toMatchObject({ __typename: 'CurrentNotFound' });
    const id = await draft('Ended');
    await harness.do(remove, { id, confirmName: 'Ended' });
    expect(await harness.do(change, { input: { id } })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'DELETED',
      allowedActions: [],
    });
    const orphan = await draft('Orphan');
    await harness.sql`update current set destination = 'gone' where id = ${databaseKey(orphan)}`;
    expect(await harness.do(change, { input: { id: orphan } })).toMatchObject({
      __typename: 'CurrentNotReady',
      reason: 'no_connector',
    });
    expect(await harness.do(test, { input: { currentId: orphan } })).toMatchObject({ __typename: 'CurrentNotReady' });
  });
});

describe('testCredentials', () => {
  it('returns TestCredentialsPayload or TestFailed according to the partner’s response', async () => {
    const id = await draft('Tested');
    harness.partner = () => ({
      status: 400,
      headers: {},
      body: JSON.stringify({ code: 400, error: 'the list is empty', status: 'Bad Request' }),
    });
    expect(await harness.do(test, { input: { currentId: id } })).toMatchObject({
      __typename: 'TestCredentialsPayload',
    });
    harness.partner = () => ({
      status: 401,
      headers: {},
      body: JSON.stringify({
        code: 401,
        error: `the secret ${good.credentials.secret} is wrong`,
        status: 'Unauthorized',
      }),
    });
    const failed = await harness.do(test, { input: { currentId: id } });
    expect(failed).toMatchObject({ __typename: 'TestFailed', outcome: 'REFUSED', reason: expect.any(String) });
    expect(failed.message).not.toContain(good.credentials.secret.slice(0, 8));
    harness.partner = () => ({ status: 0, failure: 'timeout', detail: 'no answer in time' });
    expect(await harness.do(test, { input: { currentId: id } })).toMatchObject({
      __typename: 'TestFailed',
      outcome: 'UNREACHABLE',
    });
  });

  it('returns a problem, without a request to the partner, for invalid input or state', async () => {
    const id = await draft('Not asked');
    const before = harness.asked.length;
    expect(await harness.do(test, { input: { currentId: 'cur_4711' } })).toMatchObject({
      __typename: 'CurrentNotFound',
    });
    expect(await harness.do(test, { input: { currentId: id, settings: { region: 'moon' } } })).toMatchObject({
      __typename: 'InputInvalid',
    });
    expect(
      await harness.do(test, {
        input: { currentId: id, settings: { region: 'eu', baseUrl: 'http://169.254.169.254/' } },
      }),
    ).toMatchObject({ __typename: 'InputInvalid', problems: [{ code: 'NOT_ALLOWED' }] });
    expect(await harness.do(test, { input: { currentId: id, credentials: { kind: 'key' } } })).toMatchObject({
      __typename: 'InputInvalid',
    });
    await harness.sql`update current set credentials = '\\x00' where id = ${databaseKey(id)}`;
    expect(await harness.do(test, { input: { currentId: id } })).toMatchObject({
      __typename: 'CurrentNotReady',
      reason: 'credentials_unreadable',
    });
    expect(await harness.do(move('launchCurrent'), { id })).toMatchObject({
      __typename: 'CurrentNotReady',
      reason: 'credentials_unreadable',
    });
    await harness.do(remove, { id, confirmName: 'Not asked' });
    expect(await harness.do(test, { input: { currentId: id } })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'DELETED',
    });
    expect(harness.asked.length).toBe(before);
  });
});

describe('launchCurrent, pauseCurrent, resumeCurrent and deleteCurrent', () => {
  it('launch a draft paused, and answer a repetition with the same', async () => {
    const id = await draft('Paused from the start');
    harness.partner = () => accepting;
    const launch =
      'mutation ($id: ID!) { launchCurrent(input: { id: $id, isPaused: true }) { ... on LaunchCurrentPayload { current { state } } } }';
    for (let times = 0; times < 2; times++)
      expect(await harness.do(launch, { id })).toEqual({ current: { state: 'PAUSED' } });
    expect(await harness.do(move('launchCurrent'), { id })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'PAUSED',
    });
    expect(await harness.do(move('resumeCurrent'), { id })).toMatchObject({ current: { state: 'LIVE' } });
  });

  it('do not launch a draft whose credentials the destination refuses, unless skipTest says so', async () => {
    const id = await draft('Refused at launch');
    harness.partner = () => ({ status: 401, headers: {}, body: '{"code":401,"error":"no","status":"Unauthorized"}' });
    expect(await harness.do(move('launchCurrent'), { id })).toMatchObject({
      __typename: 'TestFailed',
      remedy: expect.stringContaining('skipTest'),
    });
    harness.partner = () => accepting;
    expect(await harness.do(move('launchCurrent'), { id })).toMatchObject({ __typename: 'LaunchCurrentPayload' });
    const other = await draft('Launched untested');
    harness.partner = () => ({ status: 0, failure: 'timeout', detail: 'no answer in time' });
    const untested = 'mutation ($id: ID!) { launchCurrent(input: { id: $id, skipTest: true }) { __typename } }';
    expect(await harness.do(untested, { id: other })).toEqual({ __typename: 'LaunchCurrentPayload' });
    harness.partner = () => accepting;
  });

  it('change the state, return it again when repeated, and otherwise CurrentWrongState or CurrentNotFound', async () => {
    const id = await draft('Moved');
    expect(await harness.do(move('pauseCurrent'), { id })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'DRAFT',
      message: 'expected "Moved" to be live or blocked for pause, got draft; allowed now: launch, update, test, delete',
      remedy: 'Choose one of the actions that Current.allowedActions lists.',
    });
    for (const [name, state] of [
      ['launchCurrent', 'LIVE'],
      ['pauseCurrent', 'PAUSED'],
      ['resumeCurrent', 'LIVE'],
    ] as const) {
      const moved = { __typename: payloadOf(name), current: { state } };
      expect(await harness.do(move(name), { id })).toEqual(moved);
      expect(await harness.do(move(name), { id })).toEqual(moved);
    }
    await harness.do(move('pauseCurrent'), { id });
    expect(await harness.do(move('launchCurrent'), { id })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'PAUSED',
    });
    await harness.do(move('resumeCurrent'), { id });
    for (const name of ['launchCurrent', 'pauseCurrent', 'resumeCurrent']) {
      expect(await harness.do(move(name), { id: 'cur_4711' })).toMatchObject({
        __typename: 'CurrentNotFound',
        message: 'there is no Current with this id',
      });
    }
    await harness.sql`update current set state = 'blocked', blocked_code = 'bad_key', blocked_detail = 'no' where id = ${databaseKey(id)}`;
    expect(await harness.do(move('resumeCurrent'), { id })).toMatchObject({
      __typename: 'CurrentWrongState',
      message: expect.stringContaining('update its settings or credentials'),
    });
    expect(await harness.do(remove, { id, confirmName: '' })).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await harness.do(remove, { id, confirmName: 'Moved' })).toEqual({
      __typename: 'DeleteCurrentPayload',
      pendingCount: 0,
      current: { state: 'DELETED' },
    });
    expect(await harness.do(remove, { id, confirmName: 'Moved' })).toMatchObject({
      __typename: 'CurrentWrongState',
      state: 'DELETED',
    });
    expect(await harness.do(remove, { id: 'cur_0', confirmName: '' })).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(
      await harness.do(
        'query ($id: ID!) { current(id: $id) { __typename ... on Current { state credentials { fields } } } }',
        { id },
      ),
    ).toEqual({ __typename: 'Current', state: 'DELETED', credentials: null });
    expect(await harness.do('{ current(id: "x") { __typename } }')).toEqual({ __typename: 'InvalidId' });
  });
});

describe('currents', () => {
  it('are paginated and filtered', async () => {
    for (let number = 0; number < 5; number++) await draft(`Page ${number}`);
    const list =
      'query ($first: Int!, $after: String, $filter: CurrentFilter) { currents(first: $first, after: $after, filter: $filter) { totalCount totalCountIsExact pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { name } } nodes { name counts { selected pending } oldestPendingAt dailyCounts { day } } } }';
    const filter = { search: 'page', states: ['DRAFT'], destination: 'mixpanel' };
    const one = await harness.do(list, { first: 3, filter });
    const two = await harness.do(list, { first: 3, after: one.pageInfo.endCursor, filter });
    expect([...one.nodes, ...two.nodes].map(({ name }: { name: string }) => name)).toEqual([
      'Page 4',
      'Page 3',
      'Page 2',
      'Page 1',
      'Page 0',
    ]);
    expect(one).toMatchObject({
      totalCount: 5,
      totalCountIsExact: true,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    expect(one.edges.map(({ node }: any) => node.name)).toEqual(one.nodes.map(({ name }: any) => name));
    expect([one.edges[0].cursor, one.edges[2].cursor]).toEqual([one.pageInfo.startCursor, one.pageInfo.endCursor]);
    expect(two.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(one.nodes[0]).toEqual({
      name: 'Page 4',
      counts: { selected: 0, pending: 0 },
      oldestPendingAt: null,
      dailyCounts: [],
    });
    expect((await harness.do(list, { first: 3, filter: { search: 'page', states: ['LIVE'] } })).nodes).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('is a tree of groups, channels and event types, with the destinations that support each type', async () => {
    const tree = await harness.do(
      '{ catalogue { name label description channels { key label description eventTypes { name title description isDeprecated destinations { destinationName eventName } } } } }',
    );
    expect(tree.map(({ name }: { name: string }) => name)).toEqual(groups.map(({ group }) => group));
    const types = tree.flatMap(({ channels }: any) => channels.flatMap(({ eventTypes }: any) => eventTypes));
    expect(types.map(({ name }: any) => name)).toEqual(catalogue.map(({ name }) => name));
    for (const { name, destinations } of types) {
      expect(destinations).toEqual(
        [...connectors.values()].flatMap((connector) =>
          connector.nameOf(name) === undefined
            ? []
            : [{ destinationName: connector.name, eventName: connector.nameOf(name) }],
        ),
      );
    }
  });

  it('describes the properties of each event type', async () => {
    const [group] = await harness.do(
      '{ catalogue { channels { eventTypes { properties { name type isNullable description isDeprecated isPersonal } } } } }',
    );
    const [property] = group.channels[0].eventTypes[0].properties;
    expect(property).toMatchObject({
      name: expect.any(String),
      type: expect.any(String),
      isDeprecated: expect.any(Boolean),
      isPersonal: expect.any(Boolean),
    });
  });
});

describe('destinations', () => {
  it('are listed with the schemas and descriptions that a form needs', async () => {
    const list = await harness.do(
      '{ destinations { name label settingsSchema credentialsSchema supportedEventTypes { eventTypeName eventName } reasons { code description } } }',
    );
    expect(list.map(({ name }: any) => name)).toEqual([...connectors.keys()]);
    const [mixpanel] = list;
    expect(mixpanel.settingsSchema.properties.region).toMatchObject({
      enum: ['us', 'eu', 'in'],
      description: expect.any(String),
    });
    expect(mixpanel.supportedEventTypes).toContainEqual({
      eventTypeName: 'users.messages.email.Open',
      eventName: connectors.get('mixpanel')?.nameOf('users.messages.email.Open'),
    });
    for (const code of ['duplicate', 'event_too_large', ...Object.keys(connectors.get('mixpanel')?.reasons ?? {})]) {
      expect(mixpanel.reasons).toContainEqual({ code, description: expect.any(String) });
    }
  });
});

it('a mutation is logged with its target, token and result', async () => {
  const id = await draft('Logged');
  harness.log.length = 0;
  await harness.do(move('launchCurrent'), { id });
  await harness.do(move('launchCurrent'), { id: 'cur_4711' });
  const entries = harness.log.map((line) => JSON.parse(line)).filter((line) => line.event === 'audit.recorded');
  expect(entries).toMatchObject([
    { action: 'launchCurrent', targetId: id, result: 'LaunchCurrentPayload', adminTokenId: '1' },
    { action: 'launchCurrent', targetId: 'cur_4711', result: 'CurrentNotFound' },
  ]);
});

it('credentials appear in no response, no log line and no column of the database', async () => {
  const canary = 'CANARY-5f4e3d2c1b0a';
  const credentials = { kind: 'serviceAccount', username: `user.${canary}`, secret: canary, projectId: '4711' };
  const input = { ...good, name: 'Secret', credentials };
  harness.partner = () => ({
    status: 401,
    headers: { 'www-authenticate': canary },
    body: `{"error":"no: ${canary}","code":401}`,
  });
  const {
    current: { id },
  } = await harness.do(create, { input });
  expect(await harness.do(change, { input: { id, credentials } })).toMatchObject({ __typename: 'NotConfirmed' });
  expect(await harness.do(change, { input: { id, credentials, confirmName: 'Secret' } })).toMatchObject({
    __typename: 'UpdateCurrentPayload',
  });
  await harness.do(change, { input: { id, credentials: { ...credentials, [canary]: canary } } });
  await harness.do(create, { input: { ...input, name: 'Other', credentials: { kind: canary, [canary]: [canary] } } });
  await harness.do(create, { input });
  await harness.do(test, { input: { currentId: id } });
  await harness.do(test, { input: { currentId: id, credentials } });
  await harness.do(test, { input: { currentId: id, credentials: { ...credentials, projectId: canary } } });
  await harness.ask(create, { input: { ...input, credentials: canary } });
  await harness.ask(create, { input: { ...input, credential: canary } });
  await harness.send(JSON.stringify({ query: create, variables: { input } }).slice(0, -5));
  // Internal errors while credentials are stored and opened.
  await harness.sql`alter table current add constraint sabotage check (name <> 'Sabotaged')`;
  await harness.ask(create, { input: { ...input, name: 'Sabotaged' } });
  const elsewhere = openAdmin({ ...harness.admin, databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await updateCurrent(elsewhere, String(databaseKey(id)), { credentials, confirmName: 'Secret' }).catch(
    (error: unknown) => harness.app.log.error({ err: error }),
  );
  await elsewhere.close();
  await harness.ask(
    `{ current(id: "${id}") { ... on Current { settings credentials { kind fields } warnings { message } block { detail } } } currents { nodes { id settings } } destinations { credentialsSchema } }`,
  );

  expect(harness.asked.length).toBeGreaterThan(0);
  expect(harness.answers.join('\n')).not.toContain(canary);
  expect(harness.log.join('\n')).not.toContain(canary);
  const base64 = Buffer.from(canary).toString('base64').slice(0, -4);
  expect(harness.answers.join('\n') + harness.log.join('\n')).not.toContain(base64);
  const tables = await harness.sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema in ('public', 'bullmq') and table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    const rows = await harness.sql.unsafe(`select t::text as row from ${name} t`);
    const text = rows.map(({ row }) => row).join('\n');
    expect(text, name).not.toContain(canary);
    expect(text, name).not.toContain(Buffer.from(canary).toString('hex'));
  }
  // The scan covers the sealed values: the key opens them.
  const [row] = await harness.sql<
    { credentials: Buffer }[]
  >`select credentials from current where id = ${databaseKey(id)}`;
  expect(harness.admin.seal.open(row?.credentials ?? Buffer.alloc(0), `current:${databaseKey(id)}`)).toContain(canary);
  expect(() =>
    createSeal(Buffer.alloc(32)).open(row?.credentials ?? Buffer.alloc(0), `current:${databaseKey(id)}`),
  ).toThrow();
});
