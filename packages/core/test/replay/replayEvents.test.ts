import {
  cancelJob,
  countDeadLetters,
  findJobs,
  startJobRunner,
  withOpen,
  type JobRunner,
  type JobView,
} from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eraseEvents } from '../../src/batch/eraseEvents.js';
import { endCancelled, hasCancelled } from '../../src/delivery/endCancelled.js';
import type { EventReplayFilter, ReplayOutcome } from '../../src/replay/replayFilter.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { runOperation } from '../admin/runOperation.js';
import { until } from '../deliveryHarness.js';

let harness: CoreHarness;
let current: string;
let runner: JobRunner | undefined;
beforeEach(async () => {
  harness = await openCoreHarness();
  current = await harness.launch('Carrier');
});
afterEach(async () => {
  await runner?.stop();
  runner = undefined;
  await harness.close();
});

const plan = (filter: EventReplayFilter, currentId = current) =>
  runOperation(harness.admin, 'replay_events', { currentId, filter, isDryRun: true });
const planned = async (...outcomes: readonly ReplayOutcome[]): Promise<number> =>
  ((await plan({ outcomes })) as { readonly eventCount: number }).eventCount;

function start(): JobRunner {
  runner ??= startJobRunner({ admin: harness.admin, log: { warn: () => undefined, error: () => undefined } });
  return runner;
}
const replay = (filter: EventReplayFilter, currentId = current): Promise<JobView> =>
  start().create('replay_events', { currentId, filter, isDryRun: false }, undefined);
const now = async (id: string): Promise<JobView> => (await findJobs(harness.admin, [id]))[0] as JobView;

/** Sends what replays have made, until the job has ended. */
async function sendAll(job: JobView, currentId = current): Promise<JobView> {
  return until(
    async () => {
      await harness.attempt(currentId, () => 'delivered', true);
      return now(job.id);
    },
    ({ state }) => state === 'done' || state === 'failed',
  );
}
const balance = (currentId = current) => runOperation(harness.admin, 'check_ledger', { currentId });
const replays = async (): Promise<readonly { events: number; pending: number; outcomes: number[] | undefined }[]> => {
  const rows = await harness.sql<{ events: number; pending: number; outcomes: Buffer | null }[]>`
    select events, pending, outcomes from delivery where replay_id is not null order by id`;
  return rows.map((row) => ({ ...row, outcomes: row.outcomes ? [...row.outcomes] : undefined }));
};

/** Five events with five outcomes: delivered, skipped, rejected, expired, and pending. */
async function fiveFates(): Promise<void> {
  await harness.take(Array.from({ length: 5 }, () => event()));
  await harness.attempt(current, (position) => {
    if (position === 0) return 'delivered';
    if (position === 1) return { skip: 'no_user' };
    if (position === 2) return { outcome: 'rejected', code: 'invalid' };
    if (position === 3) return { outcome: 'expired', code: 'throttled' };
    return 'pending';
  });
}

describe('a plan', () => {
  it('counts events by what became of them, and never those that are pending', async () => {
    await fiveFates();
    expect(await planned('delivered')).toBe(1);
    expect(await planned('skipped')).toBe(1);
    expect(await planned('rejected')).toBe(1);
    expect(await planned('expired')).toBe(1);
    expect(await planned('delivered', 'skipped', 'rejected', 'expired', 'unselected')).toBe(4);
    expect(await replays()).toEqual([]);
  });

  it('takes discarded dead letters for nothing but discarded, until they die anew', async () => {
    await fiveFates();
    const discard = (filter: object) =>
      runOperation(harness.admin, 'discard_dead_letters', {
        ...{ currentId: current, filter, isDryRun: false, reason: 'a test', adminTokenId: undefined },
      });
    await discard({ code: 'invalid' });
    expect(await planned('rejected', 'expired')).toBe(1);
    expect(await planned('discarded')).toBe(1);
    expect(await planned('delivered', 'skipped', 'rejected', 'expired', 'discarded', 'unselected')).toBe(4);
    expect(await plan({ outcomes: ['discarded', 'expired'] })).toMatchObject({
      eventCount: 2,
      plan: { discardedCount: 1, warnings: expect.arrayContaining([expect.objectContaining({ code: 'discarded' })]) },
    });
    const job = await replay({ outcomes: ['discarded'] });
    await until(
      async () => {
        await harness.attempt(current, () => ({ outcome: 'rejected', code: 'invalid' }), true);
        return now(job.id);
      },
      ({ state }) => state === 'done',
    );
    expect(await planned('discarded')).toBe(0);
    expect(await planned('rejected')).toBe(1);
    await runOperation(harness.admin, 'restore_dead_letters', { currentId: current, filter: {}, isDryRun: false });
    expect(await planned('rejected')).toBe(1);
  });

  it('counts by time of acceptance, event type and user', async () => {
    await harness.take([
      event('a', { user: { external_user_id: 'ana' } }),
      event('b', { user: { device_id: 'phone' } }),
      event('c', { event_type: 'users.messages.sms.Send', user: { external_user_id: 'ben' } }),
    ]);
    await harness.attempt(current, () => 'delivered');
    const outcomes = ['delivered'] as const;
    const counted = async (filter: Omit<EventReplayFilter, 'outcomes'>): Promise<number> =>
      ((await plan({ outcomes, ...filter })) as { readonly eventCount: number }).eventCount;
    const hour = 3_600_000;
    expect(await counted({ from: new Date(Date.now() - hour) })).toBe(3);
    expect(await counted({ to: new Date(Date.now() - hour) })).toBe(0);
    expect(await counted({ from: new Date(Date.now() + hour) })).toBe(0);
    expect(await counted({ eventTypes: ['users.messages.sms.Send'] })).toBe(1);
    expect(await counted({ users: ['ana', 'phone', 'nobody'] })).toBe(2);
    expect(await counted({ users: ['ana'], eventTypes: ['users.messages.sms.Send'] })).toBe(0);
  });

  it('says what the connector would not send, what counts twice, and how long it takes', async () => {
    await harness.take([event(), event('skip'), event('unmappable')]);
    await harness.attempt(current, () => 'delivered');
    expect(await plan({ outcomes: ['delivered'] })).toMatchObject({
      eventCount: 3,
      plan: {
        skippedCount: 1,
        rejectedCount: 1,
        repeatedCount: 3,
        recognisedCount: 0,
        basis: 'limits',
        warnings: [{ code: 'counted_twice' }, { code: 'sent_in_vain' }],
      },
    });
    const { plan: verdict } = await plan({ outcomes: ['delivered'] });
    expect(verdict.byteCount).toBeGreaterThan(300);
    expect(verdict.estimatedMs).toBeGreaterThan(0);
  });

  it('of a draft counts what the Current would get', async () => {
    await harness.take([event(), event()]);
    const draft = await harness.draft('Draft');
    expect(await plan({ outcomes: ['unselected'] }, draft)).toMatchObject({
      eventCount: 2,
      plan: { warnings: [{ code: 'current_not_live' }] },
    });
  });
});

describe('a replay', () => {
  it('sends exactly what its plan counted, and the ledger balances', async () => {
    await fiveFates();
    const job = await sendAll(await replay({ outcomes: ['rejected', 'expired'] }));
    expect(job).toMatchObject({
      state: 'done',
      result: { eventCount: 2, deliveryCount: 1, deliveredCount: 2, pendingCount: 0 },
    });
    expect(await replays()).toEqual([{ events: 5, pending: 0, outcomes: [0, 0, 2, 2, 0] }]);
    const letters = await countDeadLetters(harness.admin);
    expect(letters.map(({ replayedCount }) => replayedCount)).toEqual([1, 1]);
    // What was delivered at last is no longer what it was before.
    expect([await planned('rejected', 'expired'), await planned('delivered')]).toEqual([0, 3]);
    expect(await balance()).toMatchObject({ differences: [] });
  });

  it('has few deliveries pending at once, and goes on as they are sent', async () => {
    for (let request = 0; request < 230; request++) await harness.take([event()]);
    for (let attempt = 0; attempt < 2; attempt++) await harness.attempt(current, () => 'delivered');
    const job = await replay({ outcomes: ['delivered'] });
    await until(replays, (made) => made.length >= 200);
    await until(
      () => now(job.id),
      ({ resultSoFar }) => resultSoFar !== undefined,
    );
    expect((await replays()).filter(({ pending }) => pending > 0)).toHaveLength(200);
    expect(await sendAll(job)).toMatchObject({ state: 'done', result: { eventCount: 230, deliveredCount: 230 } });
    expect(await balance()).toMatchObject({ differences: [] });
  }, 60_000);

  it('leaves out the events of a user whose data was deleted', async () => {
    await harness.take([event('kept'), event('gone', { user: { external_user_id: 'ana' } })]);
    await harness.attempt(current, () => 'delivered');
    const [stored] = await harness.sql<{ content: Buffer }[]>`select content from batch`;
    const { content } = await eraseEvents(stored?.content ?? Buffer.alloc(0), ({ id }) => id.startsWith('gone'));
    await harness.sql`update batch set content = ${content ?? Buffer.alloc(0)}`;
    expect(await planned('delivered')).toBe(1);
    expect(await sendAll(await replay({ outcomes: ['delivered'] }))).toMatchObject({ result: { eventCount: 1 } });
    expect(await replays()).toEqual([{ events: 2, pending: 0, outcomes: [2, 0] }]);
  });

  it('takes no event twice, however many are asked for at once', async () => {
    await harness.take(Array.from({ length: 20 }, () => event()));
    await harness.attempt(current, () => 'delivered');
    const jobs = await Promise.all([1, 2, 3].map(() => replay({ outcomes: ['delivered'] })));
    await until(replays, (made) => made.length > 0);
    const ended = await Promise.all(jobs.map((job) => sendAll(job)));
    const made = ended.map(({ result }) => (result as unknown as { readonly eventCount: number }).eventCount);
    expect(made.sort()).toEqual([0, 0, 20]);
  });

  it('that is cancelled makes nothing more, and ends within two seconds what is not in a request', async () => {
    for (let request = 0; request < 205; request++) await harness.take([event(), event()]);
    for (let attempt = 0; attempt < 2; attempt++) await harness.attempt(current, () => 'delivered');
    const job = await replay({ outcomes: ['delivered'] });
    await until(replays, (made) => made.length >= 200);
    const [inFlight] = await harness.sql<{ id: string }[]>`
      update delivery set lease = 7, due_at = now() + interval '1 minute'
      where id = (select min(id) from delivery where replay_id is not null) returning id`;
    const cancelledMs = performance.now();
    await cancelJob(harness.admin, job.id);
    const worker = { sql: harness.sql, shard: 9, workerLeases: { newLease: () => '11' }, isStopping: () => false };
    const [due] = await harness.sql.unsafe<{ due: boolean }[]>(`select ${hasCancelled} as due`);
    expect(due?.due).toBe(true);
    await endCancelled(worker);
    const ended = await until(
      () => now(job.id),
      ({ state }) => state === 'cancelled',
    );
    expect(performance.now() - cancelledMs).toBeLessThan(2_000);
    const result = await withOpen(harness.admin, ended.resultSoFar as never);
    expect(result).toMatchObject({ eventCount: 400, cancelledCount: 398, pendingCount: 2, deliveredCount: 0 });
    // The request that was under way is recorded, and the rest is not sent.
    await harness.sql`update delivery set lease = null where id = ${inFlight?.id ?? ''}`;
    await endCancelled(worker);
    expect((await replays()).every(({ pending }) => pending === 0)).toBe(true);
    expect(await balance()).toMatchObject({ differences: [] });
    // A replay that was not sent changes nothing about what became of the events.
    expect([await planned('delivered'), await planned('skipped')]).toEqual([410, 0]);
  }, 60_000);

  it('rests between its steps, so that other jobs run', async () => {
    await harness.take([event()]);
    await harness.attempt(current, () => 'delivered');
    const jobs = [];
    for (let count = 0; count < 4; count++) jobs.push(await replay({ outcomes: ['delivered'] }));
    expect(await start().create('check_ledger', { currentId: current }, undefined)).toMatchObject({ state: 'done' });
    await Promise.all(jobs.map((job) => sendAll(job)));
  });

  it('of a Current that is deleted meanwhile ends', async () => {
    await harness.take([event()]);
    await harness.attempt(current, () => 'delivered');
    await harness.sql`update current set state = 'deleted' where id = ${current}`;
    const job = await replay({ outcomes: ['delivered'] });
    expect(job).toMatchObject({ state: 'done', result: { eventCount: 0, deliveryCount: 0 } });
  });
});

it('goes on after batches that were stored while the clock of the database was ahead', async () => {
  await harness.take([event('ahead')]);
  await harness.take([event('after')]);
  await harness.attempt(current, () => 'delivered');
  expect(await planned('delivered')).toBe(2);
  await harness.sql`update batch set stored_at = now() + interval '1 hour' where id = (select min(id) from batch)`;
  expect(await planned('delivered')).toBe(1);
});
