import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let office: AdminHarness;
beforeAll(async () => void (office = await openAdminHarness()));
afterAll(() => office.close());

const problem = '... on Problem { __typename message }';
const history = (deed?: string, subjectId?: string) =>
  office
    .do(
      'query ($deed: String, $subjectId: ID) { deeds(deed: $deed, subjectId: $subjectId) { nodes { id at adminTokenId deed subjectId given result done } } }',
      { deed, subjectId },
    )
    .then(({ nodes }) => nodes);
const create = `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { ... on Segment { id } ${problem} } }`;
const change = `mutation ($id: ID!, $input: ChangeSegmentInput!) { changeSegment(id: $id, input: $input) { ... on Segment { definition } ${problem} } }`;

it('a partner that was made known can be forgotten, one that the hub knows by itself cannot', async () => {
  const does = (deed: string, name: string) =>
    office.do(`mutation ($name: String!) { ${deed}(name: $name) { ... on ImportPartner { name } ${problem} } }`, {
      name,
    });
  await does('registerImportPartner', 'typo');
  expect(await does('forgetImportPartner', 'typo')).toEqual({ name: 'typo' });
  expect(await does('forgetImportPartner', 'mixpanel')).toMatchObject({ __typename: 'PartnerInUse' });
});

describe('the history of deeds', () => {
  it('says what was done, to what, with which token, what was given and how it ended', async () => {
    const made = await office.do(
      `mutation { createImportKey(partner: "mixpanel", name: "kept") { ... on ImportKeyCreated { importKey { id } } ${problem} } }`,
    );
    await office.do(`mutation { createImportKey(partner: "mixpanel", name: "kept") { ${problem} } }`);
    await office.do('mutation ($id: ID!) { invalidateImportKey(id: $id, confirmName: "other") { __typename } }', {
      id: made.importKey.id,
    });
    const told = await history();
    expect(told.slice(0, 3)).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        adminTokenId: '1',
        deed: 'invalidateImportKey',
        subjectId: made.importKey.id,
        given: null,
        result: 'NotConfirmed',
        done: false,
      },
      {
        id: expect.any(String),
        at: expect.any(String),
        adminTokenId: '1',
        deed: 'createImportKey',
        subjectId: null,
        given: null,
        result: 'NameTaken',
        done: false,
      },
      {
        id: expect.any(String),
        at: expect.any(String),
        adminTokenId: '1',
        deed: 'createImportKey',
        subjectId: made.importKey.id,
        given: { partner: 'mixpanel', name: 'kept' },
        result: 'ImportKeyCreated',
        done: true,
      },
    ]);
  });

  it('holds what undoes a change of a segment', async () => {
    const cohorts = await office.sql<{ id: number }[]>`
      insert into cohort (partner, partner_id, list_id, name) values ('mixpanel', 'a', 'a', 'A'), ('mixpanel', 'b', 'b', 'B') returning id`;
    const [before, after] = cohorts.map(({ id }) => ({ includes: String(id) }));
    const { id } = await office.do(create, { input: { name: 'Undone', definition: before } });
    await office.do(change, { id, input: { definition: after } });
    const [first] = (await history('createSegment', id)).slice(-1);
    expect(await office.do(change, { id, input: { definition: first.given.input.definition } })).toEqual({
      definition: before,
    });
    expect((await history('changeSegment', id)).map(({ given }: any) => given.input.definition)).toEqual([
      before,
      after,
    ]);
  });

  it('holds no credentials, and nothing of what was refused', async () => {
    await office.do(
      `mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { ... on Current { id } ${problem} } }`,
      { input: good },
    );
    await office.do(`mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { ${problem} } }`, {
      input: { ...good, settings: { region: good.credentials.secret } },
    });
    const [refused, done] = await history('createCurrent');
    expect(refused).toMatchObject({ result: 'SettingsInvalid', given: null });
    expect(done.given.input).toEqual({
      name: good.name,
      contactEmail: good.contactEmail,
      destination: 'mixpanel',
      settings: good.settings,
      selection: { ...good.selection, eventTypes: [], groups: [] },
    });
    expect(JSON.stringify(await history())).not.toContain(good.credentials.secret);
  });

  it('tells what was asked wrongly from what failed within the hub', async () => {
    await office.ask('mutation { noteCohortSize(id: "1", members: -1) { __typename } }');
    expect((await history())[0]).toMatchObject({ deed: 'noteCohortSize', result: 'refused', done: false, given: null });
    await office.sql`alter table segment add constraint sabotage check (name <> 'Sabotaged')`;
    const { definition } = (await history('createSegment'))[0].given.input;
    await office.ask(create, { input: { name: 'Sabotaged', definition } });
    expect((await history())[0]).toMatchObject({ deed: 'createSegment', result: 'failed', done: false, given: null });
  });

  it('is read page by page', async () => {
    const all = await history();
    const page = (after?: string) =>
      office.do('query ($after: String) { deeds(first: 3, after: $after) { nodes { id } nextCursor } }', { after });
    const first = await page();
    const second = await page(first.nextCursor);
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(all.slice(0, 6).map(({ id }: any) => id));
  });
});
