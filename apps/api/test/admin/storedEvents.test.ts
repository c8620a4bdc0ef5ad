import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let currentId: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  currentId = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id, skipTest: true }) { __typename } }', {
    id: currentId,
  });
  await take(
    ...Array.from({ length: 6 }, (_, index) => sent(`mail-${index}`)),
    sent('push-0', { event_type: 'users.messages.pushnotification.Open' }),
    sent('pigeon-0', { event_type: 'users.messages.pigeon.Open' }),
  );
});
afterAll(() => harness.close());

const user = 'someone-to-look-for';
const sent = (id: string, more: object = {}) => ({
  event_type: 'users.messages.email.Open',
  id,
  time: 1_750_000_000,
  user: { external_user_id: user },
  properties: {},
  ...more,
});
async function take(...events: object[]): Promise<void> {
  const body = { chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json' as const, tokenId: harness.tokenId };
  await harness.intake.take(body);
}

const fields = `event requestPosition storedAt ingestToken { name } quarantinedEvent { id code body } unselectedCurrents { id }
  deliveries { status code detail attemptCount firstAttemptAt lastAttemptAt isReplay current { id name } wait { reason code detail until } replayJob { id } deadLetter { id } }`;
const byId = `query ($id: String!) { event(eventId: $id) { __typename ... on StoredEvent { ${fields} } ... on EventNotFound { code message remedy unsearchedDays } } }`;
const list = `query ($first: Int! = 50, $after: String, $filter: StoredEventFilter!) { events(first: $first, after: $after, filter: $filter) { unsearchedDays pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { event } } nodes { ${fields} } } }`;
const idsOf = ({ nodes }: any): string[] =>
  nodes.map((node: any) => node.event?.id ?? JSON.parse(node.quarantinedEvent.body).id);

describe('event', () => {
  it('answers how the event came, and what became of it at each Current', async () => {
    expect(await harness.do(byId, { id: 'mail-2' })).toEqual({
      __typename: 'StoredEvent',
      event: expect.objectContaining({ id: 'mail-2', user: { external_user_id: user } }),
      requestPosition: 2,
      storedAt: expect.stringMatching(/Z$/),
      ingestToken: { name: 'sender' },
      quarantinedEvent: null,
      unselectedCurrents: [],
      deliveries: [
        {
          status: 'PENDING',
          code: null,
          detail: null,
          attemptCount: 0,
          firstAttemptAt: null,
          lastAttemptAt: null,
          isReplay: false,
          current: { id: currentId, name: 'To Mixpanel' },
          wait: { reason: 'DUE', code: null, detail: null, until: null },
          replayJob: null,
          deadLetter: null,
        },
      ],
    });
    expect(await harness.do(byId, { id: 'push-0' })).toMatchObject({
      deliveries: [],
      unselectedCurrents: [{ id: currentId }],
    });
    expect(await harness.do(byId, { id: 'pigeon-0' })).toMatchObject({
      event: null,
      quarantinedEvent: { code: 'UNKNOWN_EVENT_TYPE' },
      unselectedCurrents: [],
    });
  });

  it('answers with a problem when there is none, and names the days that are not searched yet', async () => {
    expect(await harness.do(byId, { id: user })).toEqual({
      __typename: 'EventNotFound',
      code: 'EVENT_NOT_FOUND',
      message: 'no event with this id is stored',
      remedy: expect.any(String),
      unsearchedDays: [],
    });
    await harness.sql`insert into index_backfill (stored_on, source) values ('2025-01-31', 'batch'), ('2025-01-31', 'quarantine')`;
    expect(await harness.do(byId, { id: 'not\u0000there' })).toMatchObject({ unsearchedDays: ['2025-01-31'] });
    expect(await harness.do(list, { filter: { externalUserId: user } })).toMatchObject({
      unsearchedDays: ['2025-01-31'],
    });
    await harness.sql`delete from index_backfill`;
  });
});

describe('events', () => {
  it('are listed by user, each once over all pages, the newest first', async () => {
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const page: any = await harness.do(list, { first: 3, after, filter: { externalUserId: user } });
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      expect(page.edges.map((edge: any) => edge.node.event)).toEqual(page.nodes.map((node: any) => node.event));
      seen.push(...idsOf(page));
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    expect(seen).toEqual(['push-0', 'mail-5', 'mail-4', 'mail-3', 'mail-2', 'mail-1', 'mail-0', 'pigeon-0']);
    expect(idsOf(await harness.do(list, { filter: { deviceId: user } }))).toEqual([]);
    const to = new Date(Date.now() - 3_600_000).toISOString();
    expect(idsOf(await harness.do(list, { filter: { externalUserId: user, to } }))).toEqual([]);
  });

  it('need exactly one id, and a cursor of theirs', async () => {
    const error = async (variables: object) => (await harness.ask(list, { ...variables })).body.errors[0].message;
    expect(await error({ filter: {} })).toContain('expected exactly one of');
    expect(await error({ filter: { userId: 'a', deviceId: 'b' } })).toContain('got userId, deviceId');
    expect(await error({ filter: { eventId: '' } })).toContain('not empty');
    expect(await error({ filter: { eventId: 'a' }, after: 'bm8' })).toContain('cursor');
    expect(await error({ filter: { eventId: 'a' }, first: 201 })).toContain('first');
  });

  it('are for operators, cost at least the fields of the answer, and leave no user in the log', async () => {
    const { token } = await harness.do(
      'mutation { createAdminToken(input: { name: "dashboard", role: VIEWER }) { ... on CreateAdminTokenPayload { token } } }',
    );
    const authorization = `Bearer ${token}`;
    const variables = { filter: { externalUserId: user }, first: 10 };
    expect((await harness.ask(list, variables, { authorization })).status).toBe(403);
    expect((await harness.ask(byId, { id: 'mail-0' }, { authorization })).status).toBe(403);
    harness.log.length = 0;
    expect((await harness.ask(list, variables)).status).toBe(200);
    const line = harness.log.find((each) => each.includes('"query.executed"')) ?? '{}';
    const { cost, fieldCount } = JSON.parse(line) as { cost: number; fieldCount: number };
    expect(fieldCount).toBeGreaterThan(100);
    expect(cost).toBeGreaterThanOrEqual(fieldCount);
    expect(harness.log.join('')).not.toContain(user);
    const many = Array.from({ length: 12 }, (_, index) => `e${index}: event(eventId: "mail-0") { __typename }`).join(
      ' ',
    );
    expect((await harness.ask(`{ ${many} }`)).body.errors[0].message).toMatch(/would cost/);
  });
});
