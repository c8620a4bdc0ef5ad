import { setTimeout as wait } from 'node:timers/promises';
import { databaseKey } from '../../hub/adminClient.js';
import type { Hub } from '../hub/openHub.js';

/** What a replay counted, at its end. */
export interface ReplayCounts {
  readonly eventCount: number;
  readonly deliveredCount: number;
  readonly cancelledCount: number;
  readonly pendingCount: number;
}

interface JobAnswer {
  readonly id: string;
  readonly state: string;
  readonly result: ReplayCounts | null;
  readonly resultSoFar: ReplayCounts | null;
}

const lookMs = 50;
const counts = '{ ... on EventReplayResult { eventCount deliveredCount cancelledCount pendingCount } }';
const jobFields = `id state result ${counts} resultSoFar ${counts}`;

/** The time in which stored events were accepted. */
export interface StoredTime {
  readonly from: Date;
  readonly to: Date;
}

/** Replays what the hub accepted in this time, by the admin API. A job that takes longer than `withinMs` is an error. */
export function createReplays(
  { admin, sql, currentId }: Pick<Hub, 'admin' | 'sql' | 'currentId'>,
  { from, to }: StoredTime,
  withinMs: number,
) {
  /** Returns the id of the job: when it has ended, or a second later. */
  async function start({ dryRun }: { readonly dryRun: boolean }): Promise<string> {
    const { job } = await admin.run<{ readonly job: { readonly id: string } }>(
      `mutation ($input: ReplayEventsInput!) {
        replayEvents(input: $input) { __typename ... on ReplayEventsPayload { job { id } } ... on Problem { message } }
      }`,
      {
        input: {
          currentId: `cur_${currentId}`,
          // Live events, which are accepted later, are not among them.
          filter: { outcomes: ['DELIVERED'], from, to },
          dryRun,
          ...(!dryRun && { confirmName: 'mixpanel' }),
        },
      },
      'ReplayEventsPayload',
    );
    return job.id;
  }

  /** Waits until a job has ended and none of its deliveries has a pending event. */
  async function untilEnded(id: string): Promise<void> {
    for (const endMs = Date.now() + withinMs; Date.now() < endMs; await wait(lookMs)) {
      const key = databaseKey(id);
      const [job] = await sql<{ hasEnded: boolean }[]>`
        select state in ('done', 'failed', 'cancelled') and not exists (
          select from delivery where current_id = ${currentId} and replay_id = ${key} and pending > 0) as "hasEnded"
        from job where id = ${key}`;
      if (job?.hasEnded) return;
    }
    throw new Error(`expected the replay to end within ${withinMs / 1_000} s`);
  }

  /** Waits until a worker has claimed a delivery of a job: its request is under way, or about to be. */
  async function untilClaimed(id: string): Promise<void> {
    for (const endMs = Date.now() + withinMs; Date.now() < endMs; await wait(lookMs)) {
      const claimed = await sql`
        select from delivery
        where current_id = ${currentId} and replay_id = ${databaseKey(id)} and pending > 0 and lease is not null limit 1`;
      if (claimed.length > 0) return;
    }
    throw new Error(`expected an attempt at the replay within ${withinMs / 1_000} s`);
  }

  /** Throws when the job is not in this state. */
  async function countsOf(id: string, state: 'DONE' | 'CANCELLED'): Promise<ReplayCounts> {
    const { job } = await admin.ask<{ readonly job: JobAnswer }>(
      `query ($id: ID!) { job(id: $id) { ... on Job { ${jobFields} } } }`,
      { id },
    );
    const counted = job.result ?? job.resultSoFar;
    if (job.state !== state || !counted) throw new Error(`expected a replay that is ${state}, got ${job.state}`);
    return counted;
  }

  return {
    /** Counts the events of a plan, or sends them and waits until all are final. */
    async run(options: { readonly dryRun: boolean }): Promise<ReplayCounts> {
      const id = await start(options);
      await untilEnded(id);
      return countsOf(id, 'DONE');
    },
    /** Starts a replay and cancels it during a request. `ms`: from the mutation until no event of it is pending. */
    async cancel(): Promise<ReplayCounts & { readonly ms: number }> {
      const id = await start({ dryRun: false });
      await untilClaimed(id);
      const startedMs = performance.now();
      await admin.run(
        'mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename ... on Problem { message } } }',
        { id },
        'CancelJobPayload',
      );
      await untilEnded(id);
      const ms = performance.now() - startedMs;
      return { ...(await countsOf(id, 'CANCELLED')), ms };
    },
  };
}
