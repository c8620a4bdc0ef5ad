import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledgerOf } from '../endToEnd/ledger.js';
import { startPullHub, type PullHub } from '../endToEnd/pullHub.js';
import { until } from '../endToEnd/until.js';
import { startLoad } from '../faults/load.js';

/** A failover in full load: the database is read-only for five seconds, as a primary that has become a standby. */

const readOnlyMs = 5_000;
/** Within this time of the database's return, everything flows again. */
const backMs = 5_000;

let hub: PullHub;
beforeAll(async () => {
  hub = await startPullHub();
});
// A process that lost its database on the way waits for what it asked, up to its time limits.
afterAll(() => hub?.stop(), 180_000);

/** Pushes one member after another, each until it is acknowledged. */
function startPushes(url: string, key: string) {
  const acknowledged: string[] = [];
  let isOver = false;
  async function push(member: string): Promise<number> {
    const response = await fetch(`${url}/partners/mixpanel/webhook`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`mixpanel:${key}`).toString('base64')}`,
      },
      body: JSON.stringify({
        action: 'add_members',
        parameters: {
          mixpanel_project_id: '1',
          mixpanel_cohort_id: '678',
          mixpanel_cohort_name: 'Big spenders',
          mixpanel_session_id: member,
          page_info: { total_pages: 1, page_count: 1 },
          members: [{ mixpanel_distinct_id: member }],
        },
      }),
    });
    await response.arrayBuffer();
    return response.status;
  }
  const run = (async () => {
    for (let count = 0; !isOver;) {
      if ((await push(`member-${count}`)) === 200) acknowledged.push(`member-${count++}`);
      else await wait(50);
    }
  })();
  return {
    acknowledged,
    async stop() {
      isOver = true;
      await run;
    },
  };
}

/** What the database and the worker say of the cohorts, for people. */
async function describeCohortWork(): Promise<string> {
  const changes = await hub.sql`
    select cohort_id, state, count(*)::int, max(stored_at) as newest from cohort_change group by cohort_id, state`;
  const sessions = await hub.sql`
    select pid, application_name, state, wait_event, left(query, 80) as query, now() - state_change as age
    from pg_stat_activity where datname = current_database()`;
  const pulls = await hub.sql`select * from cohort_pull`;
  const said = hub.logLines.filter((line) => /"level":[56]0|cohort|pull|sweep|connection/.test(line)).slice(-80);
  return [...changes, ...pulls, ...sessions]
    .map((row) => JSON.stringify(row))
    .concat(said)
    .join('\n');
}

it('a failover of five seconds under load loses nothing, and everything flows within five seconds of its end', async () => {
  const { key } = await hub.client.run<{ key: string }>(
    'mutation { createImportKey(input: { partner: "mixpanel", name: "test" }) { __typename ... on CreateImportKeyPayload { key } } }',
    {},
    'CreateImportKeyPayload',
  );
  const token = await hub.client.createIngestToken('load');
  const crowd = Array.from({ length: 1_500 }, (_, index) => `user-${index}`);
  hub.setCohort('amplitude', 'pulled', crowd);
  const [database] = await hub.sql<{ name: string }[]>`select current_database() as name`;
  const outside = connect(hub.databaseUrl.replace(/[^/]*$/, 'postgres'), { max: 1, name: 'operator' });
  const load = startLoad({ url: hub.url, token, requestsPerSecond: 100, eventsPerRequest: 20 });
  const pushes = startPushes(hub.url, key);
  const countOf = () => ({ events: load.sent.acknowledged.size, pushes: pushes.acknowledged.length });
  try {
    await until(countOf, ({ events, pushes }) => events > 2_000 && pushes > 5);
    const pulled = await hub.follow('amplitude', 'pulled');
    await outside.unsafe(`alter database ${database?.name} set default_transaction_read_only = on`);
    await outside`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${database?.name ?? ''}`;
    await wait(readOnlyMs);
    const before = countOf();
    await outside.unsafe(`alter database ${database?.name} set default_transaction_read_only = off`);

    const untilBack = { events: before.events + 500, pushes: before.pushes + 5 };
    await until(countOf, ({ events, pushes }) => events > untilBack.events && pushes > untilBack.pushes, backMs);
    const { acknowledged, troubles } = await load.stop();
    await pushes.stop();
    expect(troubles).toHaveProperty('HTTP 503');
    const ids = [...acknowledged];
    for (const { control } of [hub.mixpanel, hub.amplitude])
      await until(
        () => control.missing(ids).length,
        (missing) => missing === 0,
        60_000,
      );
    for (const current of [1, 2])
      await until(
        () => ledgerOf(hub.sql, current),
        ({ pending }) => pending === 0,
        60_000,
      );
    expect(await hub.applied(pulled, 1)).toMatchObject([{ addedCount: crowd.length }]);
    expect(await hub.members(pulled)).toEqual(crowd.toSorted());
    const [cohort] = await hub.sql<{ id: string }[]>`select id from cohort where partner_id = '678'`;
    await until(
      () => hub.members(`coh_${cohort?.id}`),
      (members) => pushes.acknowledged.every((member) => members.includes(member)),
      30_000,
    );
  } catch (cause) {
    throw new Error(await describeCohortWork(), { cause });
  } finally {
    await outside.unsafe(`alter database ${database?.name} reset default_transaction_read_only`);
    await outside.end();
    await load.stop().catch(() => undefined);
    await pushes.stop();
  }
}, 240_000);
