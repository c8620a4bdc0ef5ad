import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeBraze, type FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

let hub: TestHub;
let braze: FakeBraze;
beforeAll(async () => {
  braze = await startFakeBraze({ mode: 'lean', projects: [{ workspaceId: 'shop', keys: ['key'] }] });
  hub = await startTestHub({ projects: [], environment: { REQUEST_TIMEOUT_SECONDS: '30' } });
}, 120_000);
afterAll(async () => {
  await hub.stop();
  await braze.close();
});

/** Makes a segment that is evaluated already, and returns its id. */
async function makeSegment(name: string, setId: number, members: number): Promise<string> {
  const { sql } = hub;
  const table = `member_set_${setId}`;
  await sql`create table ${sql(table)} (member text collate "C" not null, computed_at_ms bigint)`;
  await sql`insert into ${sql(table)} (member) select ${`e${name}-`}::text || i from generate_series(1, ${members}::int) i`;
  await sql`alter table ${sql(table)} add primary key (member)`;
  await sql`analyze ${sql(table)}`;
  const [row] = await sql<{ id: number }[]>`
    insert into segment (name, definition, set_id, external_ids, evaluated_at, evaluated_version, changes_complete_since)
    values (${name}, '{"includes":"1"}', ${setId}, ${members}, now(), 1, now()) returning id`;
  return `seg_${row?.id}`;
}

/** Launches a sync, and returns the milliseconds until all members are sent. */
async function sync(segmentId: string, attribute: string, members: number, settings: object): Promise<number> {
  const { run } = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  const { segmentSync } = await run<{ segmentSync: { id: string } }>(
    `mutation ($input: CreateSegmentSyncInput!) {
      createSegmentSync(input: $input) { __typename ... on CreateSegmentSyncPayload { segmentSync { id } } ... on Problem { message } }
    }`,
    {
      input: {
        segmentId,
        destination: 'braze',
        settings: { restEndpoint: 'https://rest.iad-01.braze.com', baseUrl: braze.url, attribute, ...settings },
        credentials: { restApiKey: 'key' },
      },
    },
    'CreateSegmentSyncPayload',
  );
  await run(
    `mutation ($input: LaunchSegmentSyncInput!) { launchSegmentSync(input: $input) { __typename ... on Problem { message } } }`,
    { input: { id: segmentSync.id } },
    'LaunchSegmentSyncPayload',
  );
  const startedMs = performance.now();
  await until(
    () => braze.control.countsOf('shop', attribute),
    ({ memberCount }) => memberCount === members,
    1_500_000,
  );
  return performance.now() - startedMs;
}

/** The most memory that the worker ever held, in megabytes. */
function peakMegabytes(): number {
  const [, kilobytes = '0'] =
    /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${hub.hub.workers[0]?.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}

it('the requests of a sync keep to the rate of its settings', async () => {
  const perSecond = 20;
  // Three seconds' worth, and one request for the moments at the ends of the period.
  braze.control.setProfile({ requestLimit: 3 * perSecond + 1 });
  const segmentId = await makeSegment('slow', 9_000_001, 2_000);
  const tookMs = await sync(segmentId, 'slow', 2_000, { objectsPerRequest: 10, requestsPerSecond: perSecond });
  expect(tookMs).toBeGreaterThan((200 / perSecond) * 1_000 * 0.95);
  expect(braze.control.summary().violations).toEqual({});
  braze.control.setProfile({ requestLimit: 3_000 });
}, 120_000);

it('a million members are sent once, at the documented rate at most, by a worker of less than 300 MB', async () => {
  const members = 1_000_000;
  const before = braze.control.countsOf('shop', 'large').dataPoints;
  const segmentId = await makeSegment('large', 9_000_002, members);
  const tookMs = await sync(segmentId, 'large', members, { requestsPerSecond: 1_000 });
  const { dataPoints, unchanged } = braze.control.countsOf('shop', 'large');
  const peak = peakMegabytes();
  process.stdout.write(
    `a million members in ${Math.round(tookMs / 1_000)} s, peak of the worker ${Math.round(peak)} MB\n`,
  );
  expect({ dataPoints: dataPoints - before, unchanged }).toEqual({ dataPoints: members, unchanged: 0 });
  expect(braze.control.summary().violations).toEqual({});
  expect(peak).toBeLessThan(300);
}, 1_800_000);
