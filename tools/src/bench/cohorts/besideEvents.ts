import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Stage } from '../bench.js';
import { openHub } from '../hub/openHub.js';
import { untilApplied } from './hub.js';
import { openGenerator, openSink } from '../programs/open.js';
import type { CohortOptions } from './options.js';

const floodEvents = 50_000;
const warmUpSeconds = 3;
const pageMembers = 1_000;

/** Pages of Mixpanel's webhook at a constant rate, while the same hub ingests and delivers events. */
export async function measureBesideEvents(
  { pagesPerSecond, seconds, eventsPerSecond }: CohortOptions,
  { folder, cleanup }: Pick<Stage, 'folder' | 'cleanup'>,
) {
  const { url: sinkUrl } = await openSink(cleanup);
  const { generator } = await openGenerator(cleanup, { seed: 1, requestEvents: 100 });
  const hub = await openHub({ queue: 'postgres', sinkUrl, folder }, cleanup);
  if (!hub) throw new Error('the hub did not start');
  const { createImportKey: made } = await hub.admin.ask<{ createImportKey: { key: string } }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "bench" }) { ... on CreateImportKeyPayload { key } } }',
  );

  let over = false;
  let events = 0;
  const startedMs = performance.now();
  const target = { url: hub.url, token: hub.token, connections: 64 };
  const sending = (async () => {
    if (eventsPerSecond > 0)
      events = (await generator.call('pace', { ...target, eventsPerSecond, seconds: seconds + warmUpSeconds })).events;
    else while (!over) events += (await generator.call('flood', { ...target, events: floodEvents })).events;
  })();
  // The first seconds are not measured: the hub opens connections, and its code is not yet compiled.
  await wait(warmUpSeconds * 1_000);
  const pool = new Pool(hub.url, { connections: 16 });
  const authorization = `Basic ${Buffer.from(`mixpanel:${made.key}`).toString('base64')}`;
  const answerMs: number[] = [];
  const inFlight: Promise<void>[] = [];
  const pages = pagesPerSecond * seconds;
  for (let page = 0; page < pages; page++) {
    inFlight.push(push(pool, authorization, page, pages).then((ms) => void answerMs.push(ms)));
    await wait(
      Math.max(0, startedMs + warmUpSeconds * 1_000 + ((page + 1) * 1_000) / pagesPerSecond - performance.now()),
    );
  }
  await Promise.all(inFlight);
  over = true;
  await sending;
  const takenPerSecond = (events * 1_000) / (performance.now() - startedMs);
  await pool.close();
  await untilApplied(hub.sql);
  const [row] = await hub.sql<[{ members: string }]>`select sum(external_ids) as members from cohort`;
  return { eventsPerSecond: takenPerSecond, pages, answerMs, members: Number(row.members) };
}

/** Half of the pages form one whole membership, the others add members to a second cohort. */
async function push(pool: Pool, authorization: string, page: number, pages: number): Promise<number> {
  const whole = page % 2 === 0;
  const members = Array.from({ length: pageMembers }, (_, index) => ({
    mixpanel_distinct_id: `user-${page * pageMembers + index}-0123456789abcdef`,
    email: `user-${index}@example.com`,
    first_name: 'Ana',
    last_name: 'Example',
  }));
  const body = JSON.stringify({
    action: whole ? 'members' : 'add_members',
    parameters: {
      mixpanel_project_id: '1',
      mixpanel_cohort_id: whole ? '77' : '78',
      mixpanel_cohort_name: whole ? 'Whole' : 'Entries',
      mixpanel_cohort_description: '',
      mixpanel_session_id: whole ? 'whole' : `entries-${page}`,
      page_info: whole
        ? { total_pages: Math.ceil(pages / 2), page_count: page / 2 + 1 }
        : { total_pages: 1, page_count: 1 },
      members,
    },
  });
  const startedMs = performance.now();
  const response = await pool.request({
    method: 'POST',
    path: '/partners/mixpanel/webhook',
    headers: { authorization, 'content-type': 'application/json' },
    body,
  });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`a page was answered ${response.statusCode}: ${text}`);
  return performance.now() - startedMs;
}
