import type { Budget } from '@currents/connector';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findJobs, startJobRunner, type JobView } from '../../src/index.js';
import { createBuckets } from '../../src/budget/buckets.js';
import { openPostgresBuckets } from '../../src/budget/postgresBuckets.js';
import { createJob, isFinished } from '../../src/jobs/jobs.js';
import { createUserDeletion, type UserIds } from '../../src/privacy/userDeletions.js';
import { createUserMatcher } from '../../src/privacy/userIds.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { until } from '../deliveryHarness.js';

let harness: CoreHarness;
beforeEach(async () => {
  harness = await openCoreHarness();
  await harness.launch('everything');
});
afterEach(() => harness.close());

const eventOf = (id: string, user: string) => event(id, { user: { external_user_id: user } });

/** Deletes users' data as an admin does. Rejects when a step fails. */
async function deleteUsers(ids: UserIds): Promise<JobView> {
  const { admin } = harness;
  const deletionKey = await createUserDeletion(admin, ids, false);
  const { id } = await createJob(admin, 'delete_user_data', { deletionKey, isDryRun: false }, undefined);
  let failure: Error | undefined;
  const note = ({ err }: { readonly err?: Error }): void => void (failure ??= err);
  const runner = startJobRunner({ admin, log: { warn: note, error: note } as never });
  try {
    return await until(
      async () => {
        if (failure !== undefined) throw failure;
        return (await findJobs(admin, [id]))[0] as JobView;
      },
      isFinished,
      15_000,
    );
  } finally {
    await runner.stop();
  }
}

/** Deferrals as deliveries store them: of one event of each user. */
const deferralsOf = (users: readonly string[], detail = 'later') => [
  {
    dueAtMs: Date.now() + 3_600_000,
    code: 'later',
    detail,
    attempts: 1,
    positions: users.map((_, position) => position),
    users: users.map((user, position) => [user, position]),
  },
];

describe('a deletion of a user whose id is a small number', () => {
  it('leaves deferrals alone whose positions look like it', async () => {
    const { sql } = harness;
    await harness.take([eventOf('a', 'x'), eventOf('b', 'y')]);
    const deferred = deferralsOf(['x', 'y']);
    await sql`update delivery set deferred = ${sql.json(deferred)}, due_at = now() + interval '1 hour'`;
    const before = await sql`select deferred, due_at, lease from delivery`;
    expect(await deleteUsers({ externalUserIds: ['1'] })).toMatchObject({ state: 'done' });
    expect(await sql`select deferred, due_at, lease from delivery`).toEqual(before);
  });

  it('leaves jobs their keys, days and filters, so that they go on where they are', async () => {
    const { sql } = harness;
    const input = { currentId: '1', filter: { ids: ['20261201-12-3'], outcomes: ['rejected'] }, isDryRun: true };
    const progress = {
      until: '2026-12-01T00:00:00.000Z',
      after: { storedOn: '2026-12-01', batchId: '12' },
      hits: { 12: [3] },
    };
    await sql`
      insert into job (operation, state, input, progress, result)
      values ('replay_dead_letters', 'paused', ${sql.json(input)}, ${sql.json(progress)}, '{"cohortId": "1"}')`;
    const ids = { externalUserIds: ['1', '12', '2026', 'rejected', 'isDryRun'] };
    const { id } = await deleteUsers(ids);
    expect(await sql`select input, progress, result from job where state = 'paused'`).toEqual([
      { input, progress, result: { cohortId: '1' } },
    ]);
    // Of the first deletion, the key looks like one of the ids.
    expect(await sql`select input from job where id = ${id}`).toEqual([
      { input: { deletionKey: '1', isDryRun: false } },
    ]);
  });

  it('takes it out of what people and partners say in jobs', async () => {
    const { sql } = harness;
    const input = { currentId: '12', filter: { users: ['12', 'x'] }, reason: 'asked for by deleted and 12' };
    const progress = { stillRefused: [{ code: 'invalid', detail: 'no user 12' }] };
    await sql`
      insert into job (operation, state, input, progress)
      values ('release_quarantined_events', 'done', ${sql.json(input)}, ${sql.json(progress)})`;
    await deleteUsers({ externalUserIds: ['12', 'deleted'] });
    expect(await sql`select input, progress from job where state = 'done' and progress ? 'stillRefused'`).toEqual([
      {
        input: {
          currentId: '12',
          filter: { users: ['[deleted]', 'x'] },
          reason: 'asked for by [deleted] and [deleted]',
        },
        progress: { stillRefused: [{ code: 'invalid', detail: 'no user [deleted]' }] },
      },
    ]);
  });

  it('leaves the audit log the objects and times of its entries', async () => {
    const { sql } = harness;
    const given = {
      input: { currentId: 'cur_12', filter: { ids: ['dlq_20261201-12-3'], from: '2026-12-01T00:00:00Z' } },
    };
    await sql`
      insert into audit_entry (action, target_id, arguments, result, succeeded)
      values ('replayDeadLetters', 'cur_12', ${sql.json(given)}, 'x', true)`;
    await deleteUsers({ externalUserIds: ['12', '2026'] });
    expect(await sql`select target_id, arguments from audit_entry`).toEqual([
      { target_id: 'cur_12', arguments: given },
    ]);
  });

  it('leaves the answer to a repeated request readable', async () => {
    const send = () => harness.take([eventOf('a', 'x'), { ...eventOf('b', 'x'), event_type: 'users.messages.7.Open' }]);
    await send();
    await deleteUsers({ externalUserIds: ['1', '7', 'position'] });
    const [row] = await harness.sql<{ refused: string }[]>`select refused from request`;
    expect(JSON.parse(row?.refused ?? '')).toEqual([
      { position: 1, code: expect.any(String), detail: expect.stringContaining('users.messages.[deleted].Open') },
    ]);
    await send();
  });

  it('leaves the rate limits of a Current with that number, and deletes those of the user', async () => {
    const { sql } = harness;
    const budget: Budget<unknown> = { name: 'device', key: () => '1', unit: 'events', limit: 10, periodMs: 1_000 };
    const moves = ['1', 'x'].map((key) => ({ usage: { budget, key, items: [], weight: 1 }, bucket: 'gate' as const }));
    await createBuckets(1, openPostgresBuckets(sql), (error) => {
      throw error;
    }).advance(moves.map((move) => ({ ...move, minAheadMs: 0, maxAheadMs: 3_600_000 })));
    await sql`insert into budget_bucket values ('call:test_event:1', now(), 1, 1, 1)`;
    await deleteUsers({ deviceIds: ['1'] });
    expect(await sql`select count(*)::int as n from budget_bucket`).toEqual([{ n: 2 }]);
  });
});

it('a deletion takes the ids out of all deferrals, however many there are beside them', async () => {
  const { sql } = harness;
  await harness.take([eventOf('a', 'x')]);
  // More than one step reads, all of which a short id seems to stand in.
  await sql`
    insert into delivery (stored_on, current_id, batch_id, stored_at, events, pending, outcomes, due_at, deferred)
    select stored_on, current_id, batch_id, stored_at, events, pending, outcomes, now() + interval '1 hour', ${sql.json(deferralsOf(['x']))}
    from delivery, generate_series(1, 250)`;
  const last = sql`id = (select max(id) from delivery)`;
  await sql`update delivery set deferred = ${sql.json(deferralsOf(['x'], 'no person-to-forget'))} where ${last}`;
  await deleteUsers({ externalUserIds: ['person-to-forget', '1'] });
  expect(await sql`select deferred->0->>'detail' as detail from delivery where ${last}`).toEqual([
    { detail: 'no [deleted]' },
  ]);
});

it('a deletion finds an id with NUL, which texts of the database hold as another character', async () => {
  const { sql } = harness;
  const id = 'nul\0to-forget';
  await harness.take([eventOf('a', 'x'), eventOf('b', id)]);
  const deferred = deferralsOf(['x'], 'no nul\uFFFDto-forget');
  await sql`update delivery set deferred = ${sql.json(deferred)}, due_at = now() + interval '1 hour'`;
  expect(await deleteUsers({ externalUserIds: [id], deviceIds: ['half of a character: \ud800'] })).toMatchObject({
    state: 'done',
    result: { eventCount: 1, skippedCount: 1 },
  });
  expect(await sql`select deferred->0->>'detail' as detail from delivery`).toEqual([{ detail: 'no [deleted]' }]);
});

it('a deletion finds a hundred ids of a thousand characters, each of which is longer in a URL', async () => {
  const ids = Array.from({ length: 100 }, (_, at) => `${at}-${'ü'.repeat(990)}`);
  const { patterns } = createUserMatcher(ids.map((id) => ({ kind: 'e', id, untilMs: 0 })));
  const texts = [ids[99] ?? '', encodeURIComponent(ids[50] ?? ''), 'another'];
  const found = await harness.sql`
    select exists (select from unnest(${[...patterns]}::text[]) p where t ~ p) as "isFound"
    from unnest(${texts}::text[]) with ordinality u (t, place) order by place`;
  expect(found).toEqual([{ isFound: true }, { isFound: true }, { isFound: false }]);
});
