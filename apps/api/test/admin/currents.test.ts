import { updateCurrent, createSeal, openAdmin } from '@currents/core';
import { catalogue, groups } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectors } from '../../src/connectors.js';
import { createCurrent, good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let office: AdminHarness;
beforeAll(async () => void (office = await openAdminHarness()));
afterAll(() => office.close());

const problem = '... on Problem { __typename message }';
const fields = `
  ... on InputInvalid { problems { path message } } ... on SettingsInvalid { problems { path message } }
  ... on CredentialsInvalid { problems { path message } } ... on SelectionInvalid { problems { path message suggestions } }
  ... on NameTaken { ownerId } ... on UnknownDestination { known } ${problem}`;
const create = `mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { __typename ... on Current {
  id name state settings credentials { kind fields } selection { eventTypes channels groups } eventTypes possible warnings { code eventTypes } } ${fields} } }`;
const change = `mutation ($id: ID!, $input: ChangeCurrentInput!, $confirmName: String) { changeCurrent(id: $id, input: $input, confirmName: $confirmName) { __typename
  ... on CurrentChanged { current { name contactEmail version settings } before { name contactEmail settings selection { channels } } }
  ... on WrongState { state possible } ${fields} } }`;
const test = `mutation ($id: ID!, $input: TestCredentialsInput) { testCredentials(id: $id, input: $input) { __typename
  ... on TestPassed { message } ... on TestFailed { outcome reason } ... on WrongState { state possible } ... on CurrentNotReady { reason }
  ... on SettingsInvalid { problems { path } } ... on CredentialsInvalid { problems { path } } ${problem} } }`;
const move = (name: string): string => `mutation ($id: ID!) { ${name}(id: $id) { __typename ... on Current { state }
  ... on WrongState { state possible message } ${name === 'pauseCurrent' ? '' : '... on CurrentNotReady { reason }'} ${problem} } }`;
const remove = `mutation ($id: ID!, $confirmName: String!) { deleteCurrent(id: $id, confirmName: $confirmName) { __typename
  ... on CurrentDeleted { pendingEvents current { state } } ... on WrongState { state } ${problem} } }`;

async function draft(name: string): Promise<string> {
  const { id } = await office.do(createCurrent, { input: { ...good, name } });
  return id;
}

describe('createCurrent', () => {
  it('answers with the draft, and with its credentials only what they are', async () => {
    expect(await office.do(create, { input: good })).toEqual({
      __typename: 'Current',
      id: expect.any(String),
      name: 'To Mixpanel',
      state: 'draft',
      settings: expect.objectContaining({ region: 'eu' }),
      credentials: { kind: 'serviceAccount', fields: ['username', 'secret', 'projectId'] },
      selection: { eventTypes: [], channels: ['message/email'], groups: [] },
      eventTypes: expect.arrayContaining(['users.messages.email.Open']),
      possible: ['launch', 'change', 'test', 'delete'],
      warnings: expect.any(Array),
    });
  });

  it.each([
    ['InputInvalid', { name: ' ', contactEmail: 'x' }, { problems: [{ path: ['name'] }, { path: ['contactEmail'] }] }],
    ['NameTaken', { name: 'TO mixpanel' }, { ownerId: expect.any(String) }],
    ['UnknownDestination', { destination: 'nowhere' }, { known: [...connectors.keys()] }],
    [
      'SettingsInvalid',
      { settings: { region: 'moon' } },
      { problems: [{ path: ['settings', 'region'], message: expect.stringContaining('"us"|"eu"|"in"') }] },
    ],
    [
      'BaseUrlNotAllowed',
      { settings: { region: 'eu', baseUrl: 'https://x.example.com' } },
      { message: expect.stringContaining('ALLOW_CUSTOM_BASE_URL') },
    ],
    [
      'CredentialsInvalid',
      { credentials: { kind: 'serviceAccount', username: 'a' } },
      { problems: expect.arrayContaining([expect.objectContaining({ path: ['credentials', 'secret'] })]) },
    ],
    ['SelectionInvalid', { selection: {} }, { problems: [{ path: ['selection'], suggestions: [] }] }],
    [
      'SelectionInvalid',
      { selection: { eventTypes: ['users.messages.email.Opened'] } },
      {
        problems: [
          { path: ['selection', 'eventTypes'], suggestions: expect.arrayContaining(['users.messages.email.Open']) },
        ],
      },
    ],
  ])('answers %s', async (kind, wrong, details) => {
    const name = 'name' in wrong ? {} : { name: `Wrong ${kind}` };
    expect(await office.do(create, { input: { ...good, ...name, ...wrong } })).toMatchObject({
      __typename: kind,
      message: expect.any(String),
      ...details,
    });
  });

  it('takes settings, credentials and selection as literals too, with variables in their midst', async () => {
    const query = `mutation ($token: String, $label: String!) { createCurrent(input: { name: "Literal", contactEmail: "ana@example.com", destination: "mixpanel",
      settings: { region: "us", gzip: false, requestBytes: 150000 },
      credentials: { kind: "projectToken", token: $token }, selection: { groups: ["message"], channels: [$label] } }) { __typename ... on Current { settings selection { channels } } ${problem} } }`;
    expect(await office.do(query, { token: null, label: 'message/email' })).toMatchObject({
      __typename: 'CredentialsInvalid',
    });
    expect(await office.do(query, { token: 'abc', label: 'message/email' })).toMatchObject({
      settings: { region: 'us', gzip: false, requestBytes: 150000 },
      selection: { channels: ['message/email'] },
    });
  });
});

describe('changeCurrent', () => {
  it('answers with what was before, which undoes it when given back', async () => {
    const id = await draft('Undone');
    const changed = await office.do(change, {
      id,
      input: { name: 'Done', contactEmail: 'bo@example.com', settings: { region: 'us' } },
    });
    expect(changed).toMatchObject({
      current: { name: 'Done', settings: { region: 'us' }, version: 2 },
      before: { name: 'Undone', settings: { region: 'eu' } },
    });
    const { selection: _selection, ...before } = changed.before;
    expect(await office.do(change, { id, input: before })).toMatchObject({ current: before });
  });

  it('leaves what is null as it is', async () => {
    const id = await draft('Null');
    const input = { name: null, contactEmail: null, settings: null, credentials: null, selection: null };
    expect(await office.do(change, { id, input })).toMatchObject({ current: { name: 'Null', version: 1 } });
  });

  it.each([
    ['InputInvalid', { contactEmail: '' }],
    ['NameTaken', { name: 'To Mixpanel' }],
    ['SettingsInvalid', { settings: {} }],
    ['BaseUrlNotAllowed', { settings: { region: 'eu', baseUrl: 'http://127.0.0.1' } }],
    ['CredentialsInvalid', { credentials: {} }],
    ['SelectionInvalid', { selection: { channels: ['email'] } }],
  ])('answers %s', async (kind, input) => {
    const id = await draft(`Kept from ${kind}`);
    expect(await office.do(change, { id, input })).toMatchObject({ __typename: kind, message: expect.any(String) });
  });

  it('answers CurrentNotFound, WrongState and UnknownDestination', async () => {
    expect(await office.do(change, { id: 'x', input: {} })).toMatchObject({ __typename: 'CurrentNotFound' });
    const id = await draft('Ended');
    await office.do(remove, { id, confirmName: 'Ended' });
    expect(await office.do(change, { id, input: {} })).toMatchObject({
      __typename: 'WrongState',
      state: 'deleted',
      possible: [],
    });
    const orphan = await draft('Orphan');
    await office.sql`update current set destination = 'gone' where id = ${Number(orphan)}`;
    expect(await office.do(change, { id: orphan, input: {} })).toMatchObject({ __typename: 'UnknownDestination' });
    expect(await office.do(test, { id: orphan })).toMatchObject({ __typename: 'UnknownDestination' });
  });
});

describe('testCredentials', () => {
  it('answers TestPassed and TestFailed as the partner says', async () => {
    const id = await draft('Tested');
    office.partner = () => ({
      status: 400,
      headers: {},
      body: JSON.stringify({ code: 400, error: 'the list is empty', status: 'Bad Request' }),
    });
    expect(await office.do(test, { id })).toMatchObject({ __typename: 'TestPassed' });
    office.partner = () => ({
      status: 401,
      headers: {},
      body: JSON.stringify({
        code: 401,
        error: `the secret ${good.credentials.secret} is wrong`,
        status: 'Unauthorized',
      }),
    });
    const failed = await office.do(test, { id });
    expect(failed).toMatchObject({ __typename: 'TestFailed', outcome: 'refused', reason: expect.any(String) });
    expect(failed.message).not.toContain(good.credentials.secret.slice(0, 8));
    office.partner = () => ({ status: 0, failure: 'timeout', detail: 'no answer in time' });
    expect(await office.do(test, { id })).toMatchObject({ __typename: 'TestFailed', outcome: 'unreachable' });
  });

  it('answers what keeps it from asking', async () => {
    const id = await draft('Not asked');
    const before = office.asked.length;
    expect(await office.do(test, { id: '4711' })).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(await office.do(test, { id, input: { settings: { region: 'moon' } } })).toMatchObject({
      __typename: 'SettingsInvalid',
    });
    expect(
      await office.do(test, { id, input: { settings: { region: 'eu', baseUrl: 'http://169.254.169.254/' } } }),
    ).toMatchObject({ __typename: 'BaseUrlNotAllowed' });
    expect(await office.do(test, { id, input: { credentials: { kind: 'key' } } })).toMatchObject({
      __typename: 'CredentialsInvalid',
    });
    await office.sql`update current set credentials = '\\x00' where id = ${Number(id)}`;
    expect(await office.do(test, { id })).toMatchObject({
      __typename: 'CurrentNotReady',
      reason: 'credentials_unreadable',
    });
    expect(await office.do(move('launchCurrent'), { id })).toMatchObject({
      __typename: 'CurrentNotReady',
      reason: 'credentials_unreadable',
    });
    await office.do(remove, { id, confirmName: 'Not asked' });
    expect(await office.do(test, { id })).toMatchObject({ __typename: 'WrongState', state: 'deleted' });
    expect(office.asked.length).toBe(before);
  });
});

describe('launchCurrent, pauseCurrent, resumeCurrent and deleteCurrent', () => {
  it('move a Current along, and answer WrongState out of turn and CurrentNotFound for none', async () => {
    const id = await draft('Moved');
    expect(await office.do(move('pauseCurrent'), { id })).toMatchObject({
      __typename: 'WrongState',
      state: 'draft',
      message: '"Moved" is draft; to pause it, it has to be live; possible now: launch, change, test, delete',
    });
    expect(await office.do(move('launchCurrent'), { id })).toEqual({ __typename: 'Current', state: 'live' });
    expect(await office.do(move('launchCurrent'), { id })).toMatchObject({ __typename: 'WrongState', state: 'live' });
    expect(await office.do(move('pauseCurrent'), { id })).toEqual({ __typename: 'Current', state: 'paused' });
    expect(await office.do(move('resumeCurrent'), { id })).toEqual({ __typename: 'Current', state: 'live' });
    expect(await office.do(move('resumeCurrent'), { id })).toMatchObject({ __typename: 'WrongState' });
    for (const name of ['launchCurrent', 'pauseCurrent', 'resumeCurrent']) {
      expect(await office.do(move(name), { id: '4711' })).toMatchObject({
        __typename: 'CurrentNotFound',
        message: 'there is no Current with the id "4711"',
      });
    }
    await office.sql`update current set state = 'blocked', blocked_code = 'bad_key', blocked_detail = 'no' where id = ${Number(id)}`;
    expect(await office.do(move('resumeCurrent'), { id })).toMatchObject({
      __typename: 'WrongState',
      message: expect.stringContaining('change its settings or credentials'),
    });
    expect(await office.do(remove, { id, confirmName: '' })).toMatchObject({ __typename: 'NotConfirmed' });
    expect(await office.do(remove, { id, confirmName: 'Moved' })).toEqual({
      __typename: 'CurrentDeleted',
      pendingEvents: 0,
      current: { state: 'deleted' },
    });
    expect(await office.do(remove, { id, confirmName: 'Moved' })).toMatchObject({
      __typename: 'WrongState',
      state: 'deleted',
    });
    expect(await office.do(remove, { id: '0', confirmName: '' })).toMatchObject({ __typename: 'CurrentNotFound' });
    expect(
      await office.do(
        'query ($id: ID!) { current(id: $id) { __typename ... on Current { state credentials { fields } } } }',
        { id },
      ),
    ).toEqual({ __typename: 'Current', state: 'deleted', credentials: null });
    expect(await office.do('{ current(id: "x") { __typename } }')).toEqual({ __typename: 'CurrentNotFound' });
  });
});

describe('currents', () => {
  it('are listed page by page and filtered', async () => {
    for (let number = 0; number < 5; number++) await draft(`Page ${number}`);
    const list =
      'query ($first: Int!, $after: String, $filter: CurrentFilter) { currents(first: $first, after: $after, filter: $filter) { nextCursor nodes { name counts { selected pending } oldestPendingAt days { day } } } }';
    const filter = { text: 'page', states: ['draft'], destination: 'mixpanel' };
    const one = await office.do(list, { first: 3, filter });
    const two = await office.do(list, { first: 3, after: one.nextCursor, filter });
    expect([...one.nodes, ...two.nodes].map(({ name }: { name: string }) => name)).toEqual([
      'Page 4',
      'Page 3',
      'Page 2',
      'Page 1',
      'Page 0',
    ]);
    expect(two.nextCursor).toBeNull();
    expect(one.nodes[0]).toEqual({
      name: 'Page 4',
      counts: { selected: 0, pending: 0 },
      oldestPendingAt: null,
      days: [],
    });
    expect((await office.do(list, { first: 3, filter: { text: 'page', states: ['live'] } })).nodes).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('is the tree that an admin ticks, with the destinations that take each type', async () => {
    const tree = await office.do(
      '{ catalogue { group label description channels { key label description eventTypes { name title description deprecated takenBy { destination name } } } } }',
    );
    expect(tree.map(({ group }: { group: string }) => group)).toEqual(groups.map(({ group }) => group));
    const types = tree.flatMap(({ channels }: any) => channels.flatMap(({ eventTypes }: any) => eventTypes));
    expect(types.map(({ name }: any) => name)).toEqual(catalogue.map(({ name }) => name));
    for (const { name, takenBy } of types) {
      expect(takenBy).toEqual(
        [...connectors.values()].flatMap((connector) =>
          connector.nameOf(name) === undefined ? [] : [{ destination: connector.name, name: connector.nameOf(name) }],
        ),
      );
    }
  });

  it('says what events may say', async () => {
    const [group] = await office.do(
      '{ catalogue { channels { eventTypes { properties { name type nullable description deprecated personal } } } } }',
    );
    const [property] = group.channels[0].eventTypes[0].properties;
    expect(property).toMatchObject({
      name: expect.any(String),
      type: expect.any(String),
      deprecated: expect.any(Boolean),
      personal: expect.any(Boolean),
    });
  });
});

describe('destinations', () => {
  it('come with everything that a form for them needs', async () => {
    const list = await office.do(
      '{ destinations { name label settingsSchema credentialsSchema takes { eventType name } reasons { code description } } }',
    );
    expect(list.map(({ name }: any) => name)).toEqual([...connectors.keys()]);
    const [mixpanel] = list;
    expect(mixpanel.settingsSchema.properties.region).toMatchObject({
      enum: ['us', 'eu', 'in'],
      description: expect.any(String),
    });
    expect(mixpanel.takes).toContainEqual({
      eventType: 'users.messages.email.Open',
      name: connectors.get('mixpanel')?.nameOf('users.messages.email.Open'),
    });
    for (const code of ['duplicate', 'event_too_large', ...Object.keys(connectors.get('mixpanel')?.reasons ?? {})]) {
      expect(mixpanel.reasons).toContainEqual({ code, description: expect.any(String) });
    }
  });
});

it('what an admin did is logged: what, to which, with which token and how it ended', async () => {
  const id = await draft('Logged');
  office.log.length = 0;
  await office.do(move('launchCurrent'), { id });
  await office.do(move('launchCurrent'), { id });
  const deeds = office.log.map((line) => JSON.parse(line)).filter((line) => line.event === 'admin.deed');
  expect(deeds).toMatchObject([
    { deed: 'launchCurrent', id, result: 'Current', adminTokenId: '1' },
    { deed: 'launchCurrent', id, result: 'WrongState' },
  ]);
});

it('credentials come out nowhere: in no answer, no log line and no column of the database', async () => {
  const canary = 'CANARY-5f4e3d2c1b0a';
  const credentials = { kind: 'serviceAccount', username: `user ${canary}`, secret: canary, projectId: '4711' };
  const input = { ...good, name: 'Secret', credentials };
  office.partner = () => ({
    status: 401,
    headers: { 'www-authenticate': canary },
    body: `{"error":"no: ${canary}","code":401}`,
  });
  const { id } = await office.do(create, { input });
  expect(await office.do(change, { id, input: { credentials } })).toMatchObject({ __typename: 'NotConfirmed' });
  expect(await office.do(change, { id, input: { credentials }, confirmName: 'Secret' })).toMatchObject({
    __typename: 'CurrentChanged',
  });
  await office.do(change, { id, input: { credentials: { ...credentials, [canary]: canary } } });
  await office.do(create, { input: { ...input, name: 'Other', credentials: { kind: canary, [canary]: [canary] } } });
  await office.do(create, { input });
  await office.do(test, { id });
  await office.do(test, { id, input: { credentials } });
  await office.do(test, { id, input: { credentials: { ...credentials, projectId: canary } } });
  await office.ask(create, { input: { ...input, credentials: canary } });
  await office.ask(create, { input: { ...input, credential: canary } });
  await office.send(JSON.stringify({ query: create, variables: { input } }).slice(0, -5));
  // Failures of the hub itself, in the midst of storing credentials and of opening them.
  await office.sql`alter table current add constraint sabotage check (name <> 'Sabotaged')`;
  await office.ask(create, { input: { ...input, name: 'Sabotaged' } });
  const elsewhere = openAdmin({ ...office.admin, databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await updateCurrent(elsewhere, id, { credentials, confirmName: 'Secret' }).catch((error: unknown) =>
    office.app.log.error({ err: error }),
  );
  await elsewhere.close();
  await office.ask(
    `{ current(id: "${id}") { ... on Current { settings credentials { kind fields } warnings { message } blocked { detail } } } currents { nodes { id settings } } destinations { credentialsSchema } }`,
  );

  expect(office.asked.length).toBeGreaterThan(0);
  expect(office.answers.join('\n')).not.toContain(canary);
  expect(office.log.join('\n')).not.toContain(canary);
  const base64 = Buffer.from(canary).toString('base64').slice(0, -4);
  expect(office.answers.join('\n') + office.log.join('\n')).not.toContain(base64);
  const tables = await office.sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema in ('public', 'bullmq') and table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    const rows = await office.sql.unsafe(`select t::text as row from ${name} t`);
    const text = rows.map(({ row }) => row).join('\n');
    expect(text, name).not.toContain(canary);
    expect(text, name).not.toContain(Buffer.from(canary).toString('hex'));
  }
  // The scan would have found them in clear: they do open with the key.
  const [row] = await office.sql<{ credentials: Buffer }[]>`select credentials from current where id = ${Number(id)}`;
  expect(office.admin.seal.open(row?.credentials ?? Buffer.alloc(0), `current:${id}`)).toContain(canary);
  expect(() => createSeal(Buffer.alloc(32)).open(row?.credentials ?? Buffer.alloc(0), `current:${id}`)).toThrow();
});
