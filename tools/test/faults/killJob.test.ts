import { afterAll, beforeAll, expect, it } from 'vitest';
import { event } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { openApiHarness, type ApiHarness } from './apiHarness.js';

/** A long job of an admin, while the only process of the api is killed twice: once at work, once when the job is paused. */

let harness: ApiHarness;
beforeAll(async () => {
  harness = await openApiHarness();
}, 90_000);
afterAll(() => harness?.stop());

interface Job {
  readonly id: string;
  readonly state: string;
  readonly doneCount: number;
  readonly totalCount: number | null;
  readonly result: { readonly eventCount: number } | null;
}
const fields = 'id state doneCount totalCount result { ... on ReleaseResult { eventCount } }';
const find = async (id: string): Promise<Job> =>
  (await harness.client().ask<{ job: Job }>(`query ($id: ID!) { job(id: $id) { ${fields} } }`, { id })).job;
const change = (name: string, id: string) =>
  harness.client().ask(`mutation ($id: ID!) { ${name}(input: { id: $id }) { ... on Problem { code } } }`, { id });

/** Forty steps or more, so that the job is under way when it is killed and paused. */
const rows = 4_000;

it('a job goes on after a kill, stays paused through another, and does everything once', async () => {
  const { sql, client, restart } = harness;
  const token = await client().createIngestToken('platform');
  const response = await fetch(`${harness.url()}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event({ event_type: 'users.messages.pigeon.Open' })] }),
  });
  expect(response.status).toBe(200);
  // The catalogue knows the type by now. So few events are stored as they are.
  await sql`
    update quarantine_batch set content = convert_to(replace(convert_from(content, 'UTF8'), 'pigeon', 'email'), 'UTF8')`;
  await sql`
    insert into quarantine_batch
      (stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content)
    select stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, content
    from quarantine_batch, generate_series(2, ${rows}::int)`;

  const { releaseQuarantinedEvents: asked } = await client().ask<{ releaseQuarantinedEvents: { job: Job } }>(
    `mutation { releaseQuarantinedEvents(input: { dryRun: false }) { ... on ReleaseQuarantinedEventsPayload { job { ${fields} } } } }`,
  );
  const { id } = asked.job;
  const atKill = await until(
    () => find(id),
    ({ doneCount }) => doneCount > 0,
    30_000,
  );
  await restart();
  expect((await find(id)).state).toBe('RUNNING');
  const goingOn = await until(
    () => find(id),
    ({ doneCount }) => doneCount > atKill.doneCount,
    60_000,
  );
  expect(goingOn).toMatchObject({ state: 'RUNNING', totalCount: rows });

  expect(await change('pauseJob', id)).toEqual({ pauseJob: {} });
  const paused = await find(id);
  expect(paused).toMatchObject({ state: 'PAUSED', result: null });
  await restart();
  // A job that is asked for later ends, and the paused one has not moved.
  const { purgeQuarantinedEvents: other } = await client().ask<{ purgeQuarantinedEvents: { job: Job } }>(
    `mutation { purgeQuarantinedEvents(input: { dryRun: true }) { ... on PurgeQuarantinedEventsPayload { job { id state } } } }`,
  );
  await until(
    () => find(other.job.id),
    ({ state }) => state === 'DONE',
    30_000,
  );
  expect(await find(id)).toEqual(paused);

  expect(await change('resumeJob', id)).toEqual({ resumeJob: {} });
  const ended = await until(
    () => find(id),
    ({ state }) => state !== 'RUNNING' && state !== 'QUEUED',
    150_000,
  );
  expect(ended).toMatchObject({ state: 'DONE', doneCount: rows, result: { eventCount: rows } });
  const [stored] = await sql`select sum(events)::int as events from batch`;
  const [left] = await sql`select count(*)::int as rows from quarantine_batch where states is null`;
  expect([stored?.['events'], left?.['rows']]).toEqual([rows, 0]);
}, 300_000);
