import { afterAll, beforeAll, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id }) { __typename } }', { id: current });
  const events = ['a', 'b', 'c'].map((id) => ({
    event_type: 'users.messages.email.Open',
    id,
    time: 1_760_000_000,
    user: { external_user_id: 'kim' },
    properties: {},
  }));
  const body = Buffer.from(JSON.stringify({ events }));
  await harness.intake.take({ chunks: [body], format: 'json', tokenId: harness.tokenId });
  // As a worker records them: two are skipped, one is delivered.
  await harness.sql`
    update delivery set outcomes = '\\x100210', pending = 0, skip_reasons = ${['duplicate']} where current_id = ${current.slice(4)}`;
});
afterAll(() => harness.close());

const list =
  'query ($filter: SkippedEventFilter!, $first: Int!, $after: String) { skippedEvents(filter: $filter, first: $first, after: $after) { totalCount totalCountIsExact pageInfo { hasNextPage endCursor } nodes { id currentId current { id } eventId eventType reason { code description } storedAt } } }';

it('lists what a Current skipped, page by page, with the reason and what it means', async () => {
  const filter = { currentId: current, reason: 'duplicate', from: new Date(Date.now() - 3_600_000) };
  const one = await harness.do(list, { filter, first: 1 });
  const two = await harness.do(list, { filter, first: 1, after: one.pageInfo.endCursor });
  const shared = {
    id: expect.stringMatching(/^skp_\d{8}-\d+-\d$/),
    currentId: current,
    current: { id: current },
    eventType: 'users.messages.email.Open',
    reason: { code: 'duplicate', description: expect.stringContaining('in the same request already') },
    storedAt: expect.any(String),
  };
  expect(one).toMatchObject({ totalCount: 2, totalCountIsExact: true, pageInfo: { hasNextPage: true } });
  expect(two.pageInfo.hasNextPage).toBe(false);
  expect([...one.nodes, ...two.nodes]).toEqual([
    { ...shared, eventId: 'c' },
    { ...shared, eventId: 'a' },
  ]);
  const node = 'query ($id: ID!) { node(id: $id) { id ... on SkippedEvent { eventId } } }';
  expect(await harness.do(node, { id: one.nodes[0].id })).toEqual({ id: one.nodes[0].id, eventId: 'c' });
});

it('has an end cursor on a page that found nothing but is not the last, and none on an empty last page', async () => {
  const { sql } = harness;
  const [{ id: top }] = await sql<[{ id: string }]>`select max(id)::text as id from delivery`;
  await sql`
    insert into delivery (stored_on, batch_id, current_id, events, pending, outcomes)
    select current_date, 1, 999, 1, 0, '\\x02'::bytea from generate_series(1, 105000)`;
  const page =
    'query ($filter: SkippedEventFilter!, $after: String) { skippedEvents(filter: $filter, after: $after) { pageInfo { hasNextPage endCursor } nodes { eventId } } }';
  const filter = { currentId: current };
  const empty = await harness.do(page, { filter });
  expect(empty).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true, endCursor: expect.any(String) } });
  const seen: string[] = [];
  for (let { pageInfo } = empty; pageInfo.hasNextPage;) {
    const next = await harness.do(page, { filter, after: pageInfo.endCursor });
    seen.push(...next.nodes.map(({ eventId }: { eventId: string }) => eventId));
    pageInfo = next.pageInfo;
  }
  expect(seen).toEqual(['c', 'a']);
  await sql`delete from delivery where id > ${top}`;
  const none = await harness.do(page, { filter: { currentId: current, reason: 'no_such_reason' } });
  expect(none).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null } });
});

it('refuses the id of something else, and a list of no Current', async () => {
  const { body } = await harness.ask(list, { filter: { currentId: 'tok_1' }, first: 1 });
  expect(body.errors[0]).toMatchObject({ message: expect.stringContaining('expected the id of a Current') });
  const { body: missing } = await harness.ask(list, { filter: {}, first: 1 });
  expect(missing.errors[0].message).toMatch(/currentId/);
});
