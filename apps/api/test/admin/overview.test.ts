import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKey, good, openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  const { sql, intake, tokenId } = harness;
  current = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id }) { __typename } }', { id: current });
  const event = {
    event_type: 'users.messages.email.Open',
    id: 'e',
    time: 1_750_000_000,
    user: { external_user_id: 'u' },
  };
  const events = [event, { event_type: 'nonsense' }];
  const taken = await intake.take({ chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json', tokenId });
  expect(taken.outcome).toBe('stored');
  await sql`
    update current set state = 'blocked', blocked_code = 'credentials_refused', blocked_detail = 'no such token'
    where id = ${databaseKey(current)}`;
  await sql`insert into quarantine_usage values (current_date, ${tokenId}, 9, 480000)`;
});
afterAll(() => harness.close());

const query = `{ overview {
  itemCount checkedAt deadLetterCount quarantinedEventCount liveWorkerCount
  quarantineUsage { usedByteCount maxByteCount }
  totals { currentsByState { state currentCount } pendingCount oldestPendingAt selectedTodayCount deliveredTodayCount }
  items { kind severity startedAt message remedy count node { __typename id ... on Current { name } ... on IngestToken { name } } }
} }`;

describe('the overview', () => {
  it('lists what is wrong, the worst first, each with its object', async () => {
    const overview = await harness.do(query);
    expect(overview.items).toMatchObject([
      { kind: 'NO_WORKER', severity: 'CRITICAL', startedAt: null, count: null, node: null },
      {
        kind: 'CURRENT_BLOCKED',
        severity: 'CRITICAL',
        startedAt: expect.any(String),
        message: `The Current "${good.name}" is blocked (credentials_refused): no such token.`,
        count: 1,
        node: { __typename: 'Current', id: current, name: good.name },
      },
      {
        kind: 'QUARANTINE_NEAR_BUDGET',
        severity: 'WARNING',
        node: { __typename: 'IngestToken', id: `tok_${harness.tokenId}`, name: 'sender' },
      },
      { kind: 'QUARANTINED_EVENTS', severity: 'WARNING', count: 1, node: null },
    ]);
    expect(overview).toMatchObject({ itemCount: 4, deadLetterCount: 0, quarantinedEventCount: 1, liveWorkerCount: 0 });
    expect(overview.quarantineUsage.maxByteCount).toBe(1_000_000);
    expect(overview.quarantineUsage.usedByteCount).toBeGreaterThan(480_000);
  });

  it('has totals over all Currents', async () => {
    const { totals } = await harness.do(query);
    expect(totals).toEqual({
      currentsByState: [
        { state: 'DRAFT', currentCount: 0 },
        { state: 'LIVE', currentCount: 0 },
        { state: 'PAUSED', currentCount: 0 },
        { state: 'BLOCKED', currentCount: 1 },
      ],
      pendingCount: 1,
      oldestPendingAt: expect.any(String),
      selectedTodayCount: 1,
      deliveredTodayCount: 0,
    });
  });

  it('lists as many items as were asked for, and says how many there are', async () => {
    expect(await harness.do('{ overview { itemCount items(first: 1) { kind } } }')).toEqual({
      itemCount: 4,
      items: [{ kind: 'NO_WORKER' }],
    });
    const { body } = await harness.ask('{ overview { items(first: 201) { kind } } }');
    expect(body.errors[0]).toMatchObject({
      message: 'first: expected a whole number from 1 to 200, got 201',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('no longer lists what was repaired, a moment later', async () => {
    await harness.do('mutation ($id: ID!) { pauseCurrent(input: { id: $id }) { __typename } }', { id: current });
    const items = await until(
      async () => (await harness.do('{ overview { items { kind severity } } }')).items as readonly { kind: string }[],
      (listed) => listed.every(({ kind }) => kind !== 'CURRENT_BLOCKED'),
    );
    expect(items).toContainEqual({ kind: 'CURRENT_PAUSED', severity: 'INFO' });
  });

  it('may be read by a viewer', async () => {
    const { token } = await harness.do(
      'mutation { createAdminToken(input: { name: "viewer", role: VIEWER }) { ... on CreateAdminTokenPayload { token } } }',
    );
    const { body } = await harness.ask(query, {}, { authorization: `Bearer ${token}` });
    expect(body.errors).toBeUndefined();
    expect(body.data.overview.items.length).toBeGreaterThan(0);
  });
});
