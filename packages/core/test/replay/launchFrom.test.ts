import { findJobs, launchCurrentFrom, startJobRunner, type JobRunner } from '@currents/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packBatch } from '../../src/batch/batch.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { runOperation } from '../admin/runOperation.js';
import { until } from '../deliveryHarness.js';

let harness: CoreHarness;
let runner: JobRunner;
beforeEach(async () => {
  harness = await openCoreHarness();
  runner = startJobRunner({ admin: harness.admin, log: { warn: () => undefined, error: () => undefined } });
});
afterEach(async () => {
  await runner.stop();
  await harness.close();
});

const hourAgo = () => new Date(Date.now() - 3_600_000);

async function launch(draft: string, from = hourAgo()): Promise<string> {
  const launched = await launchCurrentFrom(harness.admin, draft, { from }, undefined);
  if (launched.kind !== 'CurrentLaunched') throw new Error(JSON.stringify(launched));
  runner.wake();
  return launched.backfill?.id ?? '';
}

/** Sends live and backfilled events until the backfill has ended; returns how many events it sent. */
async function sendAll(current: string, jobId: string): Promise<number> {
  const job = await until(
    async () => {
      await harness.attempt(current, () => 'delivered');
      await harness.attempt(current, () => 'delivered', true);
      return (await findJobs(harness.admin, [jobId]))[0];
    },
    (view) => view?.state === 'done',
    30_000,
  );
  await harness.attempt(current, () => 'delivered');
  return (job?.result as unknown as { readonly deliveredCount: number }).deliveredCount;
}

/** How many batches have how many deliveries of the Current. */
async function deliveriesPerBatch(current: string): Promise<Record<string, number>> {
  const rows = await harness.sql<{ deliveries: number; batches: number }[]>`
    select deliveries, count(*)::int as batches from (
      select count(d.id)::int as deliveries from batch b
      left join delivery d on d.stored_on = b.stored_on and d.batch_id = b.id and d.current_id = ${current}
      group by b.id) counted
    group by deliveries`;
  return Object.fromEntries(rows.map(({ deliveries, batches }) => [deliveries, batches]));
}

it('a Current launched from an earlier time gets each event once, while events arrive all the time', async () => {
  await harness.launch('Other');
  let sent = 0;
  let isLaunched = false;
  let after = 0;
  const draft = await harness.draft('New');
  const senders = Array.from({ length: 4 }, async () => {
    while (after < 40) {
      const events = [event(), event(), event()];
      await harness.take(events);
      sent += events.length;
      if (isLaunched) after++;
    }
  });
  await until(
    () => sent,
    (count) => count > 60,
  );
  const jobId = await launch(draft);
  isLaunched = true;
  await Promise.all(senders);
  const backfilled = await sendAll(draft, jobId);
  expect(backfilled).toBeGreaterThan(0);
  expect(backfilled).toBeLessThan(sent);
  const [batches] = await harness.sql<{ n: number }[]>`select count(*)::int as n from batch`;
  expect(await deliveriesPerBatch(draft)).toEqual({ 1: batches?.n });
  expect(await runOperation(harness.admin, 'check_ledger', { currentId: draft })).toMatchObject({
    eventCount: sent,
    differences: [],
  });
}, 60_000);

it('what was being stored while the Current was launched is waited for, and sent', async () => {
  const draft = await harness.draft('New');
  const events = [event(), event()];
  const json = JSON.stringify(events).slice(1, -1);
  const content = await packBatch([{ json: Buffer.from(json), events: events.length }]);
  let commit: () => void = () => undefined;
  const mayCommit = new Promise<void>((resolve) => (commit = resolve));
  let jobId = '';
  // As the api stores a batch: it knows the routes from before the launch.
  const storing = harness.sql.begin(async (tx) => {
    await tx`insert into batch (stored_on, events, content) values (current_date, 2, ${content})`;
    await mayCommit;
  });
  await until(
    () => harness.sql`select from pg_locks where relation = 'batch'::regclass and mode = 'RowExclusiveLock'`,
    ({ length }) => length > 0,
  );
  jobId = await launch(draft);
  const waiting = await until(
    async () =>
      (
        await harness.sql<{ wait: number }[]>`
      select json_array_length((progress->'waitFor')::json) as wait from job where id = ${jobId} and progress is not null`
      )[0],
    (row) => row !== undefined,
  );
  expect(waiting?.wait).toBe(1);
  await harness.take([event()]);
  expect((await findJobs(harness.admin, [jobId]))[0]).toMatchObject({ state: 'running', doneCount: 0 });
  commit();
  await storing;
  expect(await sendAll(draft, jobId)).toBe(2);
  expect(await deliveriesPerBatch(draft)).toEqual({ 1: 2 });
});

it('only what came since that time is sent, and nothing without a time', async () => {
  await harness.take([event(), event()]);
  await harness.sql`update batch set stored_at = now() - interval '2 hours'`;
  await harness.take([event()]);
  const late = await harness.draft('Late');
  expect(await sendAll(late, await launch(late))).toBe(1);
  const plain = await harness.draft('Plain');
  expect(await launchCurrentFrom(harness.admin, plain, {}, undefined)).toMatchObject({ backfill: undefined });
  expect(await launchCurrentFrom(harness.admin, late, { from: hourAgo() }, undefined)).toMatchObject({
    kind: 'CurrentLaunched',
    backfill: undefined,
  });
});

it('a time in the future is refused, and launches nothing', async () => {
  const draft = await harness.draft('New');
  const from = new Date(Date.now() + 60_000);
  expect(await launchCurrentFrom(harness.admin, draft, { from }, undefined)).toMatchObject({ kind: 'InputInvalid' });
  expect(await launchCurrentFrom(harness.admin, draft, {}, undefined)).toMatchObject({ current: { state: 'live' } });
});
