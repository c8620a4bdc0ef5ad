import { afterAll, beforeAll, expect, it } from 'vitest';
import { good, openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  await harness.do('mutation ($id: ID!) { launchCurrent(input: { id: $id }) { __typename } }', { id: current });
  const events = Array.from({ length: 3 }, (_, index) => ({
    event_type: 'users.messages.email.Open',
    id: `event-${index}`,
    time: 1_750_000_000,
    user: { external_user_id: `user-${index}` },
    properties: {},
  }));
  await harness.intake.take({
    chunks: [Buffer.from(JSON.stringify({ events }))],
    format: 'json',
    tokenId: harness.tokenId,
  });
  await harness.sql`update delivery set pending = 0, outcomes = decode(repeat('02', events), 'hex')`;
});
afterAll(() => harness.close());

const mutation = `mutation ($input: ReplayEventsInput!) { replayEvents(input: $input) {
  __typename
  ... on ReplayEventsPayload { job { id operation isDryRun state result { ...counts } resultSoFar { ...counts } } }
  ... on InputInvalid { problems { path code } }
  ... on Problem { message }
} }
fragment counts on EventReplayResult {
  eventCount deliveryCount deliveredCount pendingCount cancelledCount
  plan { byteCount recognisedCount repeatedCount estimatedMs basis deduplication { rule windowMs source } warnings { code message } }
}`;
const replay = (input: object) => harness.do(mutation, { input: { currentId: current, ...input } });

/** The job as soon as it has done something; a busy machine may take longer than the answer waits. */
const jobOf = async (answer: { readonly job: { readonly id: string } }): Promise<any> =>
  until(
    () =>
      harness.do(
        'query ($id: ID!) { job(id: $id) { operation isDryRun state result { ... on EventReplayResult { eventCount deliveryCount plan { estimatedMs basis warnings { code } } } } resultSoFar { ... on EventReplayResult { eventCount deliveryCount deliveredCount pendingCount plan { basis } } } } }',
        { id: answer.job.id },
      ),
    ({ isDryRun, state, resultSoFar }) => (isDryRun ? state === 'DONE' : resultSoFar?.eventCount > 0),
  );

it('a replay is planned by default, with what the destination does with repeated events', async () => {
  const job = await jobOf(await replay({ filter: { outcomes: ['DELIVERED'] } }));
  expect(job).toMatchObject({
    operation: 'REPLAY_EVENTS',
    isDryRun: true,
    result: { eventCount: 3, deliveryCount: 0, plan: { basis: 'LIMITS' } },
  });
  expect(job.result.plan.estimatedMs).toBeGreaterThan(0);
});

it('a replay is run once the name of the Current confirms it, and shows how far it has come', async () => {
  const filter = { outcomes: ['DELIVERED'], users: ['user-0', 'user-1'] };
  expect(await replay({ filter, dryRun: false })).toMatchObject({ __typename: 'NotConfirmed' });
  expect(await jobOf(await replay({ filter, dryRun: false, confirmName: good.name }))).toMatchObject({
    isDryRun: false,
    state: 'RUNNING',
    result: null,
    resultSoFar: { eventCount: 2, deliveryCount: 1, deliveredCount: 0, pendingCount: 2, plan: null },
  });
});

it('the audit log keeps how many users were named, and no id', async () => {
  const [entry] = await harness.sql<{ arguments: { input: { filter: { users: unknown } } } }[]>`
    select arguments from audit_entry where action = 'replayEvents' and succeeded order by id desc limit 1`;
  expect(entry?.arguments.input.filter.users).toBe(2);
});

it.each([
  [{ outcomes: [] }, ['filter', 'outcomes']],
  [{ outcomes: ['DELIVERED'], eventTypes: ['users.nothing'] }, ['filter', 'eventTypes']],
  [{ outcomes: ['DELIVERED'], users: [''] }, ['filter', 'users']],
  [{ outcomes: ['DELIVERED'], from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, ['filter', 'to']],
])('a filter that cannot be meant is refused: %j', async (filter, path) => {
  expect(await replay({ filter })).toMatchObject({ __typename: 'InputInvalid', problems: [{ path }] });
});

it('a draft’s replay can be planned, and not run', async () => {
  const draft = await harness.createCurrent({ ...good, name: 'A draft' });
  const filter = { outcomes: ['UNSELECTED'] };
  expect(await jobOf(await harness.do(mutation, { input: { currentId: draft, filter } }))).toMatchObject({
    result: { eventCount: 3, plan: { warnings: [{ code: 'CURRENT_NOT_LIVE' }] } },
  });
  const run = { currentId: draft, filter, dryRun: false, confirmName: 'A draft' };
  expect(await harness.do(mutation, { input: run })).toMatchObject({ __typename: 'CurrentWrongState' });
});
