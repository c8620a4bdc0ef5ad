import { afterEach, describe, expect, it } from 'vitest';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { redisForTest } from '../faults/redis.js';
import { events } from './events.js';
import { ledgerOf } from './ledger.js';
import { onceEach, shownAt } from './shown.js';
import { tokenOf } from './testEnvironment.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

let hub: TestHub | undefined;
afterEach(async () => {
  await hub?.stop();
  hub = undefined;
});

const queues = [
  ['Postgres', () => ({})],
  ['Redis', () => ({ redisUrl: redisForTest() })],
] as const;

describe.each(queues)('with the queue in %s', (_name, queue) => {
  it('a Current launched from an hour ago gets every event once, and a replay that is cancelled ends within two seconds', async () => {
    const started = await startTestHub({ projects: ['old', 'new'], ...queue() });
    hub = started;
    const client = createAdminClient(started.hub.api.url, started.hub.adminToken ?? '');
    await started.launch('old');
    const sent: string[] = [];
    const post = async (count: number): Promise<void> => {
      const posted = events(count);
      sent.push(...posted.map(({ id }) => id));
      expect((await started.post(posted)).status).toBeLessThan(300);
    };
    for (let request = 0; request < 20; request++) await post(25);

    const { current } = await client.run<{ current: { id: string } }>(
      'mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { __typename ... on CreateCurrentPayload { current { id } } ... on Problem { message } } }',
      {
        input: {
          name: 'new',
          contactEmail: 'admin@example.com',
          destination: 'mixpanel',
          settings: { region: 'us', baseUrl: started.mixpanel.url },
          credentials: { kind: 'projectToken', token: tokenOf('new') },
          selection: { groups: ['behaviour', 'campaign', 'canvas', 'message', 'other'] },
        },
      },
      'CreateCurrentPayload',
    );
    // Events arrive before, during and after the launch.
    let isPosting = true;
    const posting = (async () => {
      while (isPosting) await post(5);
    })();
    const launch = await client.run<{ backfill: { id: string } }>(
      'mutation ($input: LaunchCurrentInput!) { launchCurrent(input: $input) { __typename ... on LaunchCurrentPayload { backfill { id } } ... on Problem { message } } }',
      { input: { id: current.id, skipTest: true, from: new Date(Date.now() - 3_600_000).toISOString() } },
      'LaunchCurrentPayload',
    );
    const before = sent.length;
    await until(
      () => sent.length,
      (count) => count > before + 50,
    );
    isPosting = false;
    await posting;
    const jobOf = async (id: string) =>
      (
        await client.ask<{ job: { state: string; resultSoFar: Record<string, number> | null } }>(
          'query ($id: ID!) { job(id: $id) { state resultSoFar { ... on EventReplayResult { eventCount deliveredCount cancelledCount pendingCount } } } }',
          { id },
        )
      ).job;
    const backfill = await until(
      () => jobOf(launch.backfill.id),
      ({ state }) => state === 'DONE',
      30_000,
    );
    const shown = () => shownAt(started.mixpanel.control.ledger(), 'new');
    await until(shown, (ids) => ids.size === sent.length, 30_000);
    expect(shown()).toEqual(onceEach(sent));
    expect(backfill.resultSoFar?.['deliveredCount']).toBeGreaterThanOrEqual(500);
    expect(backfill.resultSoFar?.['deliveredCount']).toBe(backfill.resultSoFar?.['eventCount']);
    const key = databaseKey(current.id);
    await until(
      async () => (await ledgerOf(started.sql, key)).pending,
      (pending) => pending === 0,
    );
    expect(await ledgerOf(started.sql, key)).toMatchObject({ selected: sent.length, delivered: sent.length });

    // Paused, so that the replay is not through before it is cancelled.
    await started.admin.pause(key);
    const replay = await client.run<{ job: { id: string } }>(
      'mutation ($input: ReplayEventsInput!) { replayEvents(input: $input) { __typename ... on ReplayEventsPayload { job { id } } ... on Problem { message } } }',
      {
        input: { currentId: current.id, filter: { outcomes: ['DELIVERED'] }, dryRun: false, confirmName: 'new' },
      },
      'ReplayEventsPayload',
    );
    await until(
      () => jobOf(replay.job.id),
      ({ resultSoFar }) => resultSoFar?.['pendingCount'] === sent.length,
    );
    const cancelledMs = performance.now();
    await client.run(
      'mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename ... on Problem { message } } }',
      { id: replay.job.id },
      'CancelJobPayload',
    );
    const cancelled = await until(
      () => jobOf(replay.job.id),
      ({ state, resultSoFar }) => state === 'CANCELLED' && resultSoFar?.['pendingCount'] === 0,
    );
    expect(performance.now() - cancelledMs).toBeLessThan(2_000);
    expect(cancelled.resultSoFar).toMatchObject({ cancelledCount: sent.length, deliveredCount: 0 });
    expect(await ledgerOf(started.sql, key)).toMatchObject({ pending: 0, skipped: sent.length });
    expect(started.complaints).toEqual([]);
  }, 120_000);
});
