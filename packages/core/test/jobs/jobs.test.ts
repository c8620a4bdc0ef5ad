import {
  cancelJob,
  findJobs,
  listJobs,
  pauseJob,
  resumeJob,
  startJobRunner,
  type JobRunner,
  type JobView,
} from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJob, isFinished, pruneJobs } from '../../src/jobs/jobs.js';
import { packContent } from '../../src/quarantine/content.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { until } from '../deliveryHarness.js';

let harness: CoreHarness;
let runners: JobRunner[];
const logged: { readonly event: string; readonly [field: string]: unknown }[] = [];
const note = (fields: unknown): void => void logged.push(fields as (typeof logged)[number]);
const log = { warn: note, error: note };

beforeEach(async () => {
  harness = await openCoreHarness();
  runners = [];
  logged.length = 0;
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await harness.close();
});

function start(admin = harness.admin): JobRunner {
  const runner = startJobRunner({ admin, log });
  runners.push(runner);
  return runner;
}

const everything = { filter: {}, isDryRun: false };
const now = async (id: string): Promise<JobView> => (await findJobs(harness.admin, [id]))[0] as JobView;
/** A step commits twice, so hundreds of them take a while on a busy machine. */
const ended = (id: string) => until(() => now(id), isFinished, 90_000);

/** Rows of the quarantine with events that the catalogue accepts by now. */
async function fill(rows: number, events = 2): Promise<void> {
  await harness.take(Array.from({ length: events }, () => event('new', { event_type: 'users.messages.pigeon.Open' })));
  const kept = Array.from({ length: events }, () => ({
    detail: '',
    body: JSON.stringify(event('new')),
    isCut: false,
  }));
  await harness.sql`update quarantine_batch set content = ${await packContent(kept)}`;
  await harness.sql`
    insert into quarantine_batch
      (stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content)
    select stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content
    from quarantine_batch, generate_series(2, ${rows}::int)`;
}
const held = async (): Promise<number> => {
  const [row] = await harness.sql<{ n: number }[]>`
    select count(*) filter (where states is null)::int as n from quarantine_batch`;
  return row?.n ?? 0;
};
const storedEvents = async (): Promise<number> => {
  const [row] = await harness.sql<{ n: number }[]>`select coalesce(sum(events), 0)::int as n from batch`;
  return row?.n ?? 0;
};

describe('a job', () => {
  it('that is short has ended in the answer, with its result, who asked and what it did', async () => {
    await fill(3);
    const job = await start().create('release_quarantined_events', everything, undefined);
    expect(job).toMatchObject({
      operation: 'release_quarantined_events',
      state: 'done',
      isDryRun: false,
      doneCount: 6,
      totalCount: 6,
      result: { eventCount: 6, stillRefused: [] },
    });
    expect([job.startedAt, job.finishedAt]).toEqual([expect.any(Date), expect.any(Date)]);
    expect([await held(), await storedEvents()]).toEqual([0, 6]);
    const { nodes } = await listJobs(harness.admin, { first: 10 }, { state: 'done' });
    expect(nodes).toEqual([job]);
  });

  it('that is a dry run changes nothing', async () => {
    await fill(3);
    const runner = start();
    for (const operation of ['release_quarantined_events', 'purge_quarantined_events'] as const)
      expect(await runner.create(operation, { filter: {}, isDryRun: true }, undefined)).toMatchObject({
        state: 'done',
        isDryRun: true,
        result: { eventCount: 6 },
      });
    expect([await held(), await storedEvents()]).toEqual([3, 0]);
  });

  it('is run once by several processes, and shared between them', async () => {
    await fill(20);
    const jobs = await Promise.all(
      [start(), start(), start()].map((runner) => runner.create('release_quarantined_events', everything, undefined)),
    );
    const done = await Promise.all(jobs.map(({ id }) => ended(id)));
    expect(done.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect([await held(), await storedEvents()]).toEqual([0, 40]);
  });

  it('goes on in another process where the one that died has left it, and does nothing twice', async () => {
    await fill(10);
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    const whole = start();
    await ended(id);
    await whole.stop();
    // As a process leaves it that dies after its third step.
    const [third] = await harness.sql<{ stored_on: string; id: string }[]>`
      select stored_on, id from quarantine_batch order by id offset 2 limit 1`;
    const progress = {
      after: { storedOn: third?.stored_on, id: third?.id },
      readCount: 6,
      eventCount: 6,
      stillRefused: [],
      unreadableCount: 0,
      until: new Date().toISOString(),
    };
    await harness.sql`
      update job set state = 'running', progress = ${harness.sql.json(progress)}, done_count = 6, result = null,
        finished_at = null, lease = 7, due_at = now() - interval '1 second'`;
    // The fourth step was made, too, but its commit was lost: what it stored is not stored again.
    await harness.sql`
      update quarantine_batch set states = null, releases = null, released_counts = purged_counts where id > ${third?.id ?? ''}`;
    start();
    expect(await ended(id)).toMatchObject({ state: 'done', doneCount: 20, result: { eventCount: 20 } });
    expect([await held(), await storedEvents()]).toEqual([0, 20]);
  });

  it('is handed over by a process that stops', async () => {
    await fill(1_000);
    const first = start();
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    first.wake();
    await until(
      () => now(id),
      ({ doneCount }) => doneCount > 0,
    );
    await first.stop();
    const left = await now(id);
    expect(left).toMatchObject({ state: 'running' });
    expect(left.doneCount).toBeLessThan(2_000);
    start();
    expect(await ended(id)).toMatchObject({ state: 'done', doneCount: 2_000 });
    expect([await held(), await storedEvents()]).toEqual([0, 2_000]);
  }, 120_000);

  it('ends within two seconds of being cancelled, and keeps what it has done', async () => {
    await fill(3_000);
    const runner = start();
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    runner.wake();
    await until(
      () => now(id),
      ({ doneCount }) => doneCount > 0,
    );
    const cancelledMs = performance.now();
    expect(await cancelJob(harness.admin, id)).toMatchObject({ isCancelRequested: true });
    const job = await ended(id);
    expect(performance.now() - cancelledMs).toBeLessThan(2_000);
    expect(job).toMatchObject({ state: 'cancelled', result: undefined, finishedAt: expect.any(Date) });
    expect(job.doneCount).toBe(await storedEvents());
    expect(await held()).toBeGreaterThan(0);
    // Cancelling what has ended changes nothing.
    expect(await cancelJob(harness.admin, id)).toMatchObject({ state: 'cancelled', finishedAt: job.finishedAt });
    expect(await cancelJob(harness.admin, '4711')).toMatchObject({ kind: 'JobNotFound' });
  }, 120_000);

  it('stops before its next step when it is paused, through restarts, and goes on when it is resumed', async () => {
    await fill(1_000);
    const first = start();
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    first.wake();
    await until(
      () => now(id),
      ({ doneCount }) => doneCount > 0,
    );
    expect((await now(id)).estimatedEndAt?.getTime()).toBeGreaterThan(0);
    const paused = await pauseJob(harness.admin, id);
    expect(paused).toMatchObject({ kind: 'Job', state: 'paused', finishedAt: undefined, estimatedEndAt: undefined });
    // Another job of the same runner ends after it: the step under way was not committed.
    expect(await first.create('check_ledger', { currentId: '1' }, undefined)).toMatchObject({ state: 'done' });
    await first.stop();
    const second = start();
    expect(await second.create('check_ledger', { currentId: '1' }, undefined)).toMatchObject({ state: 'done' });
    const still = await now(id);
    expect(still).toEqual(paused);
    expect(still.doneCount).toBeLessThan(2_000);
    expect(await pauseJob(harness.admin, id)).toEqual(paused);

    expect(await resumeJob(harness.admin, id)).toMatchObject({ state: 'queued', doneCount: still.doneCount });
    second.wake();
    expect(await ended(id)).toMatchObject({ state: 'done', doneCount: 2_000, result: { eventCount: 2_000 } });
    expect([await held(), await storedEvents()]).toEqual([0, 2_000]);
  }, 120_000);

  it('that is queued is paused before it begins; a paused one is cancelled at once; neither is possible at the end', async () => {
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    expect(await resumeJob(harness.admin, id)).toMatchObject({ state: 'queued' });
    expect(await pauseJob(harness.admin, id)).toMatchObject({ state: 'paused', startedAt: undefined });
    expect(await cancelJob(harness.admin, id)).toMatchObject({ state: 'cancelled', finishedAt: expect.any(Date) });
    for (const change of [pauseJob, resumeJob]) {
      expect(await change(harness.admin, id)).toMatchObject({ kind: 'JobFinished', state: 'cancelled' });
      expect(await change(harness.admin, '4711')).toMatchObject({ kind: 'JobNotFound' });
    }
  });

  it('that is paused often does not count as one that fails', async () => {
    await fill(2);
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    await harness.sql`update job set attempts = 5`;
    await pauseJob(harness.admin, id);
    await resumeJob(harness.admin, id);
    start();
    expect(await ended(id)).toMatchObject({ state: 'done', doneCount: 4 });
  });

  it('that was not begun is cancelled at once', async () => {
    const { id } = await createJob(harness.admin, 'check_ledger', { currentId: '1' }, undefined);
    expect(await cancelJob(harness.admin, id)).toMatchObject({ state: 'cancelled', finishedAt: expect.any(Date) });
  });

  it('repeats a step that failed, and fails when it goes on failing, without what is secret', async () => {
    await fill(1);
    const broken = { ...harness.admin, store: { ...harness.admin.store, store: () => Promise.reject(new Error('x')) } };
    start(broken);
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    const failed = await until(() => now(id), isFinished, 30_000);
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('the log of the api') });
    expect(logged.filter((line) => line.event === 'job.step_failed')).toHaveLength(5);
    expect(await held()).toBe(1);
  }, 40_000);

  it.each([
    ['has no disk', Object.assign(new Error('could not extend file'), { code: '53100' })],
    ['is a standby', new Error('Failed query', { cause: Object.assign(new Error('read-only'), { code: '25006' }) })],
  ])('outlasts a database that %s', async (_what, error) => {
    await fill(1);
    const { store } = harness.admin.store;
    const failedSteps = () => logged.filter((line) => line.event === 'job.step_failed').length;
    const failing: typeof store = (request) => (failedSteps() < 6 ? Promise.reject(error) : store(request));
    start({ ...harness.admin, store: { ...harness.admin.store, store: failing } });
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    expect(await until(() => now(id), isFinished, 25_000)).toMatchObject({ state: 'done' });
    expect(failedSteps()).toBe(6);
    expect(await held()).toBe(0);
  });

  it('fails when its process has died in each attempt at a step', async () => {
    await fill(1);
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    await harness.sql`update job set state = 'running', lease = 7, attempts = 5`;
    start();
    expect(await ended(id)).toMatchObject({ state: 'failed' });
    expect(await held()).toBe(1);
  });

  it('that only checks something lets jobs that do something go first', async () => {
    await fill(1);
    for (let count = 1; count <= 5; count++)
      await createJob(harness.admin, 'check_ledger', { currentId: String(count) }, undefined);
    await createJob(harness.admin, 'check_cohort', { cohortId: '1' }, undefined);
    const { id } = await createJob(harness.admin, 'release_quarantined_events', everything, undefined);
    start();
    await ended(id);
    const [first] = await harness.sql<{ id: number }[]>`select id from job order by started_at limit 1`;
    expect(first?.id).toBe(Number(id));
  });

  it('that checks something stands for all that ask for the same until it begins', async () => {
    const stopped = start();
    await stopped.stop();
    const ask = (currentId: string) => stopped.create('check_ledger', { currentId }, undefined);
    const jobs = await Promise.all(['1', '1', '1', '2', '1', '2'].map(ask));
    expect(jobs.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'queued'));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(2);
    await harness.sql`update job set state = 'running'`;
    const later = await ask('1');
    expect(jobs.map(({ id }) => id)).not.toContain(later.id);
    await cancelJob(harness.admin, later.id);
    expect((await ask('1')).id).not.toBe(later.id);
    const acts = [1, 2].map(() => stopped.create('release_quarantined_events', everything, undefined));
    expect(new Set((await Promise.all(acts)).map(({ id }) => id)).size).toBe(2);
  });

  it('of a later release waits for a process of that release', async () => {
    await harness.sql`insert into job (operation, input) values ('later_operation', '{}')`;
    // Created after it, and run by the process that leaves it.
    expect(await start().create('purge_quarantined_events', everything, undefined)).toMatchObject({ state: 'done' });
    const [later] = await harness.sql`select state, attempts from job where operation = 'later_operation'`;
    expect(later).toEqual({ state: 'queued', attempts: 0 });
    expect(await listJobs(harness.admin, { first: 10 })).toMatchObject({
      nodes: [{ operation: 'purge_quarantined_events' }],
    });
  });

  it('is deleted once the retention period after its end is over', async () => {
    const job = await start().create('purge_quarantined_events', everything, undefined);
    await pruneJobs({ sql: harness.sql }, 7);
    expect(await now(job.id)).toMatchObject({ state: 'done' });
    await harness.sql`update job set finished_at = finished_at - interval '8 days'`;
    await pruneJobs({ sql: harness.sql }, 7);
    expect(await findJobs(harness.admin, [job.id])).toEqual([undefined]);
  });
});
