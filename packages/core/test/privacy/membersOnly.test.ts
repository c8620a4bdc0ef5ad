import { startJobRunner } from '@currents/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findJobs } from '../../src/index.js';
import { createJob, isFinished } from '../../src/jobs/jobs.js';
import { memberTables } from '../../src/privacy/memberTables.js';
import { storedData } from '../../src/privacy/storedData.js';
import { createUserDeletion } from '../../src/privacy/userDeletions.js';
import { openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { until } from '../deliveryHarness.js';
import { tracesOf } from './traces.js';

/** Every column with members, as `table.column`. */
const columns = Object.entries(storedData).flatMap(([table, treatments]) =>
  Object.entries(treatments)
    .filter(([, treatment]) => treatment === 'members')
    .map(([column]) => `${table}.${column}`),
);
const idOf = (column: string): string => `only-in-${column}`;
const memberOf = (column: string): string => `e${idOf(column)}`;

let harness: CoreHarness;
beforeEach(async () => {
  harness = await openCoreHarness();
});
afterEach(() => harness.close());

/** A user for each column, of whom nothing else is stored. */
async function fill(): Promise<void> {
  const { sql } = harness;
  const [cohort] = await sql<{ id: number }[]>`
    insert into cohort (partner, partner_id, list_id, name) values ('amplitude', 'c', 'l', 'c') returning id`;
  const [segment] = await sql<{ id: number }[]>`
    insert into segment (name, definition) values ('s', '{"includes":"1"}') returning id`;
  const [cohortId, segmentId] = [cohort?.id ?? 0, segment?.id ?? 0];
  await sql`
    insert into cohort_change (cohort_id, position, kind, members, received_count)
    values (${cohortId}, 0, 'add', null, 1), (${cohortId}, 1, 'add', ${[memberOf('cohort_change.members')]}, 1)`;
  await sql`insert into cohort_tombstone values (${cohortId}, ${memberOf('cohort_tombstone.member')}, 1)`;
  await sql`
    insert into segment_candidate (segment_id, member) values (${segmentId}, null), (${segmentId}, ${memberOf('segment_candidate.member')})`;
  await sql`
    insert into segment_change (segment_id, entered, member) values (${segmentId}, true, ${memberOf('segment_change.member')})`;
  const [sync] = await sql<{ id: number }[]>`
    insert into segment_sync (segment_id, destination, settings, account, object_name, walk, walk_after)
    values (${segmentId}, 'lists', '{}', 'a', 'o', 'changed', ${memberOf('segment_sync.walk_after')}) returning id`;
  const syncId = sync?.id ?? 0;
  await sql`
    insert into segment_sync_member (sync_id, member, is_member, state)
    values (${syncId}, ${memberOf('segment_sync_member.member')}, true, 'delivered')`;
  await sql`
    insert into segment_sync_refusal (sync_id, place, member, is_member, code, detail)
    values (${syncId}, 1, ${memberOf('segment_sync_refusal.member')}, true, 'unclear', 'unclear')`;
  await sql`
    insert into segment_sync_request (id, sync_id, entered, gone)
    values (1, ${syncId}, ${[memberOf('segment_sync_request.entered')]}, ${[memberOf('segment_sync_request.gone')]})`;
}

const traces = async (): Promise<readonly string[]> => {
  const found = await tracesOf(harness.sql, harness.seal, columns.map(idOf));
  return [...found].sort();
};

it('deletes users again on a restored backup of whom only one table has something', async () => {
  const { sql, admin } = harness;
  await fill();
  expect(await traces()).toEqual([...columns].sort());
  const deletionKey = await createUserDeletion(admin, { externalUserIds: columns.map(idOf) }, false);
  await sql`update user_deletion set sealed = null, finished_at = now() where id = ${Number(deletionKey)}`;

  const { id } = await createJob(admin, 'repeat_user_deletions', { isDryRun: false }, undefined);
  const runner = startJobRunner({ admin, log: { warn: () => undefined, error: () => undefined } });
  try {
    const job = await until(
      async () => (await findJobs(admin, [id]))[0],
      (found) => found !== undefined && isFinished(found),
    );
    expect(job).toMatchObject({ state: 'done', result: { idCount: columns.length } });
  } finally {
    await runner.stop();
  }
  expect(await traces()).toEqual([]);
});

it('looks for deleted users in every table with members', () => {
  expect(Object.keys(memberTables).sort()).toEqual([...new Set(columns.map((column) => column.split('.')[0]))].sort());
});
