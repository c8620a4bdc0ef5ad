import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createSeal, runOnce, startJobRunner, type JobView } from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyHashOf } from '../../src/budget/buckets.js';
import { createJob, isFinished } from '../../src/jobs/jobs.js';
import { findJobs } from '../../src/index.js';
import { operationOf } from '../../src/jobs/operations.js';
import { unpackBatch } from '../../src/batch/batch.js';
import { createUserDeletion, listUserDeletions } from '../../src/privacy/userDeletions.js';
import { runOperation } from '../admin/runOperation.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { until } from '../deliveryHarness.js';
import { tracesOf } from './traces.js';

const gone = {
  externalUserIds: ['person-to-forget'],
  deviceIds: ['device-to-forget'],
  userIds: ['platform-to-forget'],
};
const texts = [...gone.externalUserIds, ...gone.deviceIds, ...gone.userIds];
const kept = 'person-to-keep';

let harness: CoreHarness;
let currentId: string;
beforeEach(async () => {
  harness = await openCoreHarness();
  currentId = await harness.launch('everything');
});
afterEach(() => harness.close());

let made = 0;
const eventOf = (user: object, more: object = {}) => event(`event-${made++}`, { user, ...more });
const theirs = () =>
  eventOf({ external_user_id: 'person-to-forget', device_id: 'device-to-forget', user_id: 'platform-to-forget' });
const others = () => eventOf({ external_user_id: kept });
const byDevice = () => eventOf({ device_id: 'device-to-forget' });

/** Events of both in batches with all outcomes, and the ids wherever else the hub may have them. */
async function fill(): Promise<void> {
  const { sql, admin } = harness;
  await harness.take([theirs(), others(), byDevice(), others()]);
  const fates = ['delivered', { outcome: 'rejected', code: 'invalid' }, { skip: 'not_taken' }, 'delivered'] as const;
  await harness.attempt(currentId, (position) => fates[position] ?? 'delivered');
  await harness.take([others(), theirs(), byDevice()]);
  const deferred = [
    {
      dueAtMs: Date.now() + 3_600_000,
      code: 'throttled',
      detail: 'wait, said the partner of "device-to-forget"',
      attempts: 1,
      positions: [1, 2],
      users: [
        ['person-to-forget', 1],
        ['device-to-forget', 2],
      ],
      budget: { name: 'device', key: 'device-to-forget', terms: 't', sinceMs: 1 },
    },
    {
      dueAtMs: Date.now() + 3_600_000,
      code: 'later',
      detail: 'later',
      attempts: 1,
      positions: [0],
      users: [[kept, 0]],
    },
  ];
  await sql`update delivery set deferred = ${sql.json(deferred)}, due_at = now() + interval '1 hour' where pending = 3`;
  await harness.take([others(), theirs()]);
  await harness.take([
    eventOf({ external_user_id: 'person-to-forget' }, { event_type: 'users.messages.pigeon.Open' }),
    others(),
  ]);
  await sql`update dead_letter set detail = 'no such user: person-to-forget'`;
  await sql`update request set refused = ${JSON.stringify([{ detail: 'person-to-forget' }])}`;
  await sql`create table member_set_7001 (member text collate "C" primary key, computed_at_ms bigint)`;
  await sql`create table member_set_7002 (member text collate "C" primary key, computed_at_ms bigint)`;
  await sql`create table member_set_7003 (member text collate "C" primary key, computed_at_ms bigint)`;
  for (const set of ['member_set_7001', 'member_set_7002', 'member_set_7003'])
    await sql`insert into ${sql(set)} (member) values ('eperson-to-forget'), ('ddevice-to-forget'), (${`e${kept}`})`;
  await sql`insert into unreferenced_set (set_id) values (7003)`;
  const [cohort] = await sql<{ id: number }[]>`
    insert into cohort (partner, partner_id, list_id, name, set_id, external_ids, device_ids) values ('amplitude', 'c', 'l', 'c', 7001, 2, 1) returning id`;
  const [segment] = await sql<{ id: number }[]>`
    insert into segment (name, definition, set_id, external_ids, device_ids) values ('s', '{"includes":"1"}', 7002, 2, 1) returning id`;
  const [cohortId, segmentId] = [cohort?.id ?? 0, segment?.id ?? 0];
  await sql`insert into cohort_tombstone values (${cohortId}, 'eperson-to-forget', 1)`;
  await sql`
    insert into cohort_change (cohort_id, position, kind, members, received_count)
    values (${cohortId}, 0, 'add', ${[`e${kept}`, 'eperson-to-forget']}, 2)`;
  await sql`insert into segment_candidate (segment_id, member) values (${segmentId}, 'eperson-to-forget'), (${segmentId}, ${`e${kept}`})`;
  await sql`
    insert into segment_change (segment_id, entered, member) values (${segmentId}, true, 'eperson-to-forget'), (${segmentId}, true, ${`e${kept}`})`;
  await sql`
    insert into segment_webhook (segment_id, url, delivered_change_id, batch_last_change_id)
    values (${segmentId}, 'https://example.com', 0, (select min(id) from segment_change))`;
  const [sync] = await sql<{ id: number }[]>`
    insert into segment_sync (segment_id, destination, settings, account, object_name, walk, walk_after, change_count)
    values (${segmentId}, 'lists', '{}', 'a', 'o', 'changed', 'eperson-to-forget', 3) returning id`;
  const syncId = sync?.id ?? 0;
  for (const [index, member] of ['eperson-to-forget', `e${kept}`].entries()) {
    await sql`
      insert into segment_sync_member (sync_id, member, is_member, state, code, detail)
      values (${syncId}, ${member}, true, 'refused', 'unclear', 'of person-to-forget')`;
    await sql`
      insert into segment_sync_refusal (sync_id, place, member, is_member, code, detail)
      values (${syncId}, ${index + 1}, ${member}, true, 'unclear', 'of person-to-forget')`;
  }
  await sql`
    insert into segment_sync_request (id, sync_id, entered, gone)
    values (1, ${syncId}, ${[`e${kept}`, 'eperson-to-forget']}, ${['ddevice-to-forget']})`;
  await sql`insert into audit_entry (action, arguments, result, succeeded) values ('replayEvents', '{"input":{"users":["person-to-forget"]}}', 'x', true)`;
  await sql`insert into job (operation, input, state) values ('replay_events', '{"filter":{"users":["person-to-forget", "other"]}}', 'done')`;
  await sql`
    insert into quota_usage (current_id, budget, key, hour, used, quota_limit, expires_at)
    values (${currentId}, 'device', 'device-to-forget', now(), 1, 2, now()), (${currentId}, 'device', 'a', now(), 1, 2, now())`;
  const bucket = `1:device:30 events in 1000 ms:${keyHashOf('device-to-forget')}:gate`;
  await sql`insert into budget_bucket values (${bucket}, now() + interval '1 hour', 1, 1, 1)`;
  await sql`insert into current_warning (current_id, code, detail, events) values (${currentId}, 'answers_unconfirmed', 'of person-to-forget', 1)`;
  const [token] = await sql<{ id: number }[]>`insert into admin_token (name, hash) values ('a', '\\x00') returning id`;
  const request = { adminTokenId: String(token?.id), mutation: 'createSegment', args: {} };
  await runOnce(
    admin,
    { ...request, key: 'k1' },
    async () => ({ user: 'person-to-forget' }),
    () => true,
  );
  await runOnce(
    admin,
    { ...request, key: 'k2' },
    async () => ({ user: kept }),
    () => true,
  );
}

async function start(isDryRun = false): Promise<string> {
  const deletionKey = await createUserDeletion(harness.admin, gone, isDryRun);
  return (await createJob(harness.admin, 'delete_user_data', { deletionKey, isDryRun }, undefined)).id;
}

async function run(): Promise<() => Promise<void>> {
  const silent = {
    warn: () => undefined,
    error: (fields: unknown) => {
      throw new Error(JSON.stringify(fields));
    },
  };
  const runner = startJobRunner({ admin: harness.admin, log: silent });
  return () => runner.stop();
}

const ended = (id: string): Promise<JobView> =>
  until(async () => (await findJobs(harness.admin, [id]))[0] as JobView, isFinished, 60_000);

async function finish(id: string): Promise<JobView> {
  const stop = await run();
  try {
    return await ended(id);
  } finally {
    await stop();
  }
}

const traces = (): Promise<readonly string[]> => tracesOf(harness.sql, harness.seal, texts);
const isBalanced = async (): Promise<unknown> => {
  const { differences } = await runOperation(harness.admin, 'check_ledger', { currentId });
  return differences;
};

describe('a deletion of one user', () => {
  it('leaves no trace of the ids in any table, and the counts balance', async () => {
    await fill();
    // What the test looks for is there, or it would prove nothing.
    expect((await traces()).length).toBeGreaterThan(15);
    const before = await harness.sql`select id, events from batch order by id`;
    const job = await finish(await start());
    expect(job).toMatchObject({
      state: 'done',
      result: { eventCount: 5, skippedCount: 3, quarantinedCount: 1, membershipCount: 4, unreadableCount: 0 },
    });
    expect(await traces()).toEqual([]);
    expect(await isBalanced()).toEqual([]);
    expect(await harness.sql`select id, events from batch order by id`).toEqual(before);
    const [skipped] = await harness.sql<{ n: number }[]>`
      select sum(events)::int as n from tally where outcome = 'skipped' and code = 'user_deleted'`;
    expect(skipped?.n).toBe(3);
  });

  it('leaves what is of others: events in their places, deferrals, members, changes, usage and answers', async () => {
    await fill();
    await finish(await start());
    const { sql } = harness;
    const batches = await sql<{ content: Buffer }[]>`select content from batch order by id`;
    const users = await Promise.all(
      batches.map(async ({ content }) => (await unpackBatch(content)).map(({ user }) => user.external_user_id)),
    );
    expect(users).toEqual([
      [undefined, kept, undefined, kept],
      [kept, undefined, undefined],
      [kept, undefined],
      [kept],
    ]);
    const [waiting] = await sql<
      { deferred: unknown; pending: number }[]
    >`select deferred, pending from delivery where deferred is not null`;
    expect(waiting).toMatchObject({ pending: 1, deferred: [{ code: 'later', positions: [0], users: [[kept, 0]] }] });
    expect(
      await sql`select external_ids::int, device_ids::int from cohort union all select external_ids::int, device_ids::int from segment`,
    ).toEqual([
      { external_ids: 1, device_ids: 0 },
      { external_ids: 1, device_ids: 0 },
    ]);
    for (const set of ['member_set_7001', 'member_set_7002', 'member_set_7003'])
      expect(await sql`select member from ${sql(set)}`).toEqual([{ member: `e${kept}` }]);
    expect(await sql`select member from segment_change`).toEqual([{ member: `e${kept}` }]);
    expect(await sql`select members from cohort_change`).toEqual([{ members: [`e${kept}`] }]);
    expect(await sql`select key from quota_usage`).toEqual([{ key: 'a' }]);
    expect(await sql`select key from budget_bucket`).toEqual([]);
    expect(await sql`select key from idempotency_key`).toEqual([{ key: 'k2' }]);
    expect(await sql`select input from job where operation = 'replay_events'`).toEqual([
      { input: { filter: { users: ['[deleted]', 'other'] } } },
    ]);
    expect(await sql`select member, detail from segment_sync_member`).toEqual([
      { member: `e${kept}`, detail: 'of [deleted]' },
    ]);
    expect(await sql`select member, detail from segment_sync_refusal`).toEqual([
      { member: `e${kept}`, detail: 'of [deleted]' },
    ]);
    expect(await sql`select entered, gone from segment_sync_request`).toEqual([{ entered: [`e${kept}`], gone: [] }]);
    expect(await sql`select walk_after, change_count::int from segment_sync`).toEqual([
      { walk_after: '', change_count: 1 },
    ]);
    expect(await sql`select batch_last_change_id from segment_webhook`).toEqual([{ batch_last_change_id: null }]);
  });

  it('only counts in a dry run', async () => {
    await fill();
    const before = await traces();
    const job = await finish(await start(true));
    expect(job.result).toMatchObject({ eventCount: 5, quarantinedCount: 1, membershipCount: 4 });
    // Nothing is kept of a dry run, either.
    expect(await traces()).toEqual(before);
    expect(await harness.sql`select from user_deletion`).toHaveLength(0);
  });

  it('goes on after each step at which its process may die, and does nothing twice', async () => {
    await fill();
    const { admin } = harness;
    const deletionKey = await createUserDeletion(admin, gone, false);
    const input = { deletionKey, isDryRun: false } as never;
    const operation = operationOf('delete_user_data');
    const { signal } = new AbortController();
    let { progress } = await operation.start(admin, input);
    for (;;) {
      // The step is made, its commit is lost to the job, and another process repeats it.
      const lost = async (): Promise<void> => Promise.reject(new Error('killed'));
      await operation.step(admin, input, progress, lost, signal, '1').catch(() => undefined);
      const next = await operation.step(admin, input, progress, async () => undefined, signal, '1');
      if (next === undefined) break;
      progress = JSON.parse(JSON.stringify(next)) as never;
    }
    expect(await traces()).toEqual([]);
    expect(await isBalanced()).toEqual([]);
  });

  it('goes on in another process when its own is killed with SIGKILL in the middle', async () => {
    const masterKey = randomBytes(32);
    const admin = harness.open({ seal: createSeal(masterKey) });
    await harness.take([theirs(), others()]);
    await harness.sql`
      insert into batch (stored_on, stored_at, events, content)
      select stored_on, stored_at, events, content from batch, generate_series(1, 800)`;
    const deletionKey = await createUserDeletion(admin, gone, false);
    const { id } = await createJob(admin, 'delete_user_data', { deletionKey, isDryRun: false }, undefined);
    const program = `
      import { connect, createSeal, openAdmin, startJobRunner } from '@currents/core';
      const databaseUrl = process.env.TEST_DATABASE_URL;
      const admin = openAdmin({ databaseUrl, sql: connect(databaseUrl, { max: 2, name: 'test' }), connectors: new Map(),
        seal: createSeal(Buffer.from(process.env.TEST_KEY, 'hex')), allowBaseUrl: false, http: {}, wake() {}, wakePull() {} });
      startJobRunner({ admin, log: { warn() {}, error() {} } });`;
    const env = { ...process.env, TEST_DATABASE_URL: harness.databaseUrl, TEST_KEY: masterKey.toString('hex') };
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: 'inherit' });
    const exited = once(child, 'exit');
    const view = async (): Promise<JobView> => (await findJobs(admin, [id]))[0] as JobView;
    await until(view, ({ doneCount }) => doneCount > 0);
    child.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    const left = await view();
    expect(left).toMatchObject({ state: 'running' });
    expect(left.doneCount).toBeLessThan(801);
    // As if its lease had expired.
    await harness.sql`update job set due_at = now()`;
    const runner = startJobRunner({ admin, log: { warn: () => undefined, error: () => undefined } });
    try {
      expect(await ended(id)).toMatchObject({ state: 'done', result: { batchCount: 801, eventCount: 801 } });
    } finally {
      await runner.stop();
    }
    expect(await traces()).toEqual([]);
    expect(await isBalanced()).toEqual([]);
  });

  it('waits for an attempt under way, and takes the ids out of what it has deferred', async () => {
    await harness.take([theirs(), others()]);
    const { sql } = harness;
    await sql`update delivery set lease = 9, due_at = now() + interval '10 minutes'`;
    const id = await start();
    const stop = await run();
    try {
      await until(
        async () => (await findJobs(harness.admin, [id]))[0]?.progressedAt,
        (at) => at !== undefined,
      );
      await until(
        () =>
          sql<
            { n: number }[]
          >`select count(*)::int as n from job where progress ? 'hits' and (progress->>'isBehind')::boolean is not null`,
        ([row]) => row?.n === 1,
      );
      const deferred = [
        {
          dueAtMs: Date.now() + 3_600_000,
          code: 'c',
          detail: '',
          attempts: 1,
          positions: [0],
          users: [['person-to-forget', 0]],
        },
      ];
      await sql`update delivery set lease = null, due_at = stored_at, deferred = ${sql.json(deferred)}`;
      expect((await ended(id)).result).toMatchObject({ eventCount: 1, skippedCount: 1 });
    } finally {
      await stop();
    }
    expect(await traces()).toEqual([]);
    expect(await isBalanced()).toEqual([]);
  });

  it('leaves what is stored after its beginning, and shows hashes only', async () => {
    await harness.take([theirs()]);
    const id = await start();
    await harness.take([theirs(), others()]);
    expect((await finish(id)).result).toMatchObject({ eventCount: 1 });
    expect(await traces()).toEqual(['batch.content']);
    const { nodes } = await listUserDeletions(harness.admin, { first: 10 });
    expect(nodes).toMatchObject([
      { hashes: [expect.stringMatching(/^[\da-f]{64}$/), expect.any(String), expect.any(String)] },
    ]);
  });

  it('is repeated on a restored backup, which knows only the hashes', async () => {
    await fill();
    const { sql, admin } = harness;
    // As a dump from before the deletion, restored beside the list of deletions.
    const deletionKey = await createUserDeletion(admin, gone, false);
    await sql`update user_deletion set sealed = null, finished_at = now() where id = ${Number(deletionKey)}`;
    await harness.take([others()]);
    const { id } = await createJob(admin, 'repeat_user_deletions', { isDryRun: false }, undefined);
    expect(await finish(id)).toMatchObject({
      state: 'done',
      result: { idCount: 3, eventCount: 5, quarantinedCount: 1 },
    });
    expect(await traces()).toEqual([]);
    expect(await isBalanced()).toEqual([]);
    const [row] = await sql<{ progress: object }[]>`select progress from job where id = ${Number(id)}`;
    expect(row?.progress).not.toHaveProperty('sealed');
  });
});
