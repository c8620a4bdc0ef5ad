import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  checkCohortStep,
  isConsistent,
  nothingCounted,
  type CohortCheckProgress,
} from '../../src/cohorts/checkCohort.js';
import { checkCohort } from '../../src/jobs/operations/checkCohort.js';
import { add, openInbox, remove, users, type Inbox } from './cohortHarness.js';

/** More than two statements count. */
const bulk = 450_000;
const counters = { externalIdCount: bulk + 2, deviceIdCount: 1, aliasCount: 1 };

let inbox: Inbox;
let id: string;
beforeAll(async () => {
  inbox = await openInbox();
  const cohort = { id: 'many', name: 'Many' };
  await inbox.push([add([...users(1, 2), { deviceId: 'd' }, { alias: { name: 'n', label: 'l' } }], { cohort })]);
  await inbox.apply();
  const [row] = await inbox.sql<{ id: number; set_id: string }[]>`select id, set_id from cohort`;
  id = String(row?.id);
  await inbox.sql`
    insert into ${inbox.sql(`member_set_${row?.set_id}`)} (member) select 'ebulk-' || n from generate_series(1, ${bulk}::int) n`;
}, 60_000);
beforeEach(() => inbox.sql`update cohort set external_ids = ${bulk + 2}`);
afterAll(() => inbox.close());

/** Runs a check to its end. `onSaved` is awaited each time that progress is saved. */
async function check(onSaved: (saved: CohortCheckProgress) => unknown = () => undefined, signal?: AbortSignal) {
  const save = async (_tx: unknown, saved: CohortCheckProgress): Promise<void> => void (await onSaved(saved));
  let progress = nothingCounted;
  for (;;) {
    const next = await checkCohortStep(inbox, id, progress, save, signal ?? new AbortController().signal);
    if (!next) return progress;
    progress = next;
  }
}

describe('the check of a cohort', () => {
  it('counts its members part by part, and compares the sums with its counters', async () => {
    const saved: number[] = [];
    const checked = await check(({ countedMembers }) => saved.push(countedMembers.externalIdCount));
    expect(checked).toEqual({ countedMembers: counters, memberCounts: counters });
    expect(isConsistent(checked)).toBe(true);
    expect(saved).toEqual([199_998, 399_998, bulk + 2, bulk + 2]);
  });

  it('finds a counter that differs', async () => {
    await inbox.sql`update cohort set external_ids = external_ids + 1`;
    const checked = await check();
    expect(checked).toMatchObject({ countedMembers: counters, memberCounts: { externalIdCount: bulk + 3 } });
    expect(isConsistent(checked)).toBe(false);
  });

  it('is of one moment, while members leave', async () => {
    let left = 0;
    const checked = await check(async () => {
      if (left++ > 0) return;
      await inbox.push([remove(users(1), { cohort: { id: 'many', name: 'Many' } })]);
      await inbox.apply();
    });
    const [now] = await inbox.sql<{ external_ids: number }[]>`select external_ids::int from cohort`;
    expect(now?.external_ids).toBe(bulk + 1);
    expect(checked).toEqual({ countedMembers: counters, memberCounts: counters });
    await inbox.push([add(users(1), { cohort: { id: 'many', name: 'Many' } })]);
    await inbox.apply();
  });

  it('has a result while it is counting', () => {
    const none = { externalIdCount: 0, deviceIdCount: 0, aliasCount: 0 };
    expect(checkCohort.result({ countedMembers: counters }, { cohortId: id })).toEqual({
      cohortId: id,
      countedMembers: counters,
      memberCounts: none,
      isConsistent: false,
    });
  });

  it('ends between two parts when it is cancelled', async () => {
    const abort = new AbortController();
    const saved: CohortCheckProgress[] = [];
    const checking = check((progress) => {
      saved.push(progress);
      abort.abort();
    }, abort.signal);
    await expect(checking).rejects.toThrow('aborted');
    expect(saved).toHaveLength(1);
  });

  it('counts nothing for a cohort that no longer exists', async () => {
    const save = async (): Promise<void> => undefined;
    const checked = await checkCohortStep(inbox, '4711', nothingCounted, save, new AbortController().signal);
    expect(checked).toMatchObject({ countedMembers: { externalIdCount: 0 }, memberCounts: { externalIdCount: 0 } });
  });
});
