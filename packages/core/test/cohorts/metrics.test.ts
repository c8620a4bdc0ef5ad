import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMetrics } from '@currents/core';
import { startCohortWork } from '../../src/cohorts/cohortWork.js';
import { startSweeps } from '../../src/sweeps.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { add, openInbox, page, remove, users, type Inbox } from './cohortHarness.js';

let inbox: Inbox;
beforeAll(async () => {
  inbox = await openInbox();
});
afterAll(() => inbox.close());

it('metrics count added and removed members, and measure how long changes waited', async () => {
  const metrics = createMetrics();
  await inbox.push([add(users(1, 2, 3))]);
  await inbox.push([remove(users(1, 9))]);
  await inbox.push([page('s', 1, 2, users(2, 4))]);
  await inbox.sql`update cohort_change set stored_at = stored_at - interval '100 seconds' where kind = 'replace'`;
  const log = pino({ level: 'silent' });
  const sweeps = startSweeps(inbox.sql, log, sweepMs);
  const work = startCohortWork({ databaseUrl: inbox.url, sweeps, log, metrics, retentionDays: 14 });
  await until(
    async () => (await inbox.sql`select from cohort_change where state = 'pending'`).count,
    (waiting) => waiting === 0,
  );
  await inbox.push([page('s', 2, 2, users(5))]);
  await until(
    async () => (await inbox.syncs('77')).at(-1)?.['state'],
    (state) => state === 'applied',
  );
  await Promise.all([sweeps.stop(), work.stop()]);
  const text = await metrics.registry.metrics();
  // One of the first three was removed before the first application: it never became a member.
  expect(text).toMatch(/^currents_cohort_member_changes_total\{partner="acme",change="added"\} 4$/m);
  expect(text).toMatch(/^currents_cohort_member_changes_total\{partner="acme",change="removed"\} 1$/m);
  expect(text).toMatch(/^currents_cohort_change_wait_seconds_count 4$/m);
  const bucket = (seconds: number) =>
    Number(new RegExp(`^currents_cohort_change_wait_seconds_bucket\\{le="${seconds}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  expect([bucket(60), bucket(300)]).toEqual([3, 4]);
});
