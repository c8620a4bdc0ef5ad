import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CohortChange, CohortReference } from '@currents/connector';
import { pullSession } from '../../src/cohorts/pullSession.js';
import {
  add as addTo,
  keys,
  openInbox,
  page as pageOf,
  remove as removeFrom,
  user,
  users,
  type Inbox,
} from './cohortHarness.js';

let inbox: Inbox;
beforeAll(async () => {
  inbox = await openInbox();
});
afterAll(() => inbox.close());

let made = 0;
/** Helpers that create changes of a new cohort. */
function cohort() {
  const reference: CohortReference = { id: `cohort-${++made}`, name: `Cohort ${made}` };
  return {
    id: reference.id,
    add: (ids: readonly number[], computedAtMs?: number) =>
      addTo(users(...ids), { cohort: reference, ...(computedAtMs !== undefined && { computedAtMs }) }),
    remove: (ids: readonly number[], computedAtMs?: number) =>
      removeFrom(users(...ids), { cohort: reference, ...(computedAtMs !== undefined && { computedAtMs }) }),
    page: (session: string, at: number, of: number, ids: readonly number[]) =>
      pageOf(session, at, of, users(...ids), reference),
    members: () => inbox.members(reference.id),
    syncs: () => inbox.syncs(reference.id),
    reference,
  };
}

/** Pushes each change; applies after each one, or once at the end. */
async function pushAll(changes: readonly CohortChange[], when: 'each' | 'end'): Promise<void> {
  for (const change of changes) {
    await inbox.push([change]);
    if (when === 'each') await inbox.apply();
  }
  await inbox.apply();
}

describe.each(['each', 'end'] as const)('changes applied at the %s', (when) => {
  it('take effect in their order of arrival', async () => {
    const { id, add, remove, members, syncs } = cohort();
    await pushAll([add([1, 2, 3]), remove([2]), add([2]), remove([2, 3]), add([4])], when);
    expect(await members()).toEqual(keys(1, 4));
    expect(
      await inbox.sql`select last_sync_at is not null as synced from cohort where partner_id = ${id}`,
    ).toMatchObject([{ synced: true }]);
    const [sync, ...more] = await syncs();
    expect(more).toEqual([]);
    expect(Number(sync?.['added']) - Number(sync?.['removed'])).toBe(2);
  });

  it('never undo changes that the partner computed later', async () => {
    const { add, remove, members } = cohort();
    await pushAll(
      [
        add([1, 2], 2_000),
        remove([1], 1_000),
        remove([2, 3], 3_000),
        add([2, 3], 2_500),
        add([4], 5_000),
        remove([4], 5_000),
      ],
      when,
    );
    expect(await members()).toEqual(keys(1));
  });

  it('follow a change whose time is in another unit', async () => {
    const { add, remove, members } = cohort();
    const now = Date.now();
    await pushAll([add([1, 2], now * 1_000), remove([1], now), add([3], now + 60_000), remove([3], now)], when);
    expect(await members()).toEqual(keys(2, 3));
  });

  it('replace a membership once all pages have arrived, in any order', async () => {
    const { add, page, members, syncs } = cohort();
    await pushAll([add([1, 2, 9]), page('s', 3, 3, [5]), page('s', 1, 3, [1, 2])], when);
    expect(await members()).toEqual(keys(1, 2, 9));
    expect((await syncs()).at(-1)).toMatchObject({
      kind: 'replace',
      state: 'receiving',
      pages_received: 2,
      pages_expected: 3,
    });
    await pushAll([page('s', 2, 3, [3, 4, 5])], when);
    expect(await members()).toEqual(keys(1, 2, 3, 4, 5));
    expect((await syncs()).at(-1)).toMatchObject({
      state: 'applied',
      pages_received: 3,
      given: 6,
      added: 3,
      removed: 1,
      unchanged: 2,
    });
  });

  it('replace a page that arrives again with another body', async () => {
    const { page, members } = cohort();
    await pushAll([page('s', 1, 2, [1, 2]), page('s', 1, 2, [3]), page('s', 1, 2, [4])], when);
    expect(await members()).toEqual([]);
    await pushAll([page('s', 2, 2, [5])], when);
    expect(await members()).toEqual(keys(4, 5));
  });

  it('supersede an unfinished session when a new one starts, and ignore its late pages', async () => {
    const { page, members, syncs } = cohort();
    await pushAll([page('a', 1, 2, [1]), page('b', 2, 2, [3]), page('b', 1, 2, [2])], when);
    expect(await members()).toEqual(keys(2, 3));
    await pushAll([page('a', 2, 2, [7]), page('b', 1, 2, [8])], when);
    expect(await members()).toEqual(keys(2, 3));
    expect((await syncs()).map(({ session, state }) => [session, state])).toEqual([
      ['a', 'superseded'],
      ['b', 'applied'],
    ]);
  });

  it('keep the membership of the later of two concurrent sessions', async () => {
    for (const last of ['a', 'b']) {
      const { page, members } = cohort();
      const first = last === 'a' ? 'b' : 'a';
      await pushAll([page('a', 1, 2, [1]), page('b', 1, 2, [2]), page(first, 2, 2, [3]), page(last, 2, 2, [3])], when);
      expect(await members()).toEqual(keys(2, 3));
    }
  });

  it('complete a session by its latest number of pages', async () => {
    const { page, members } = cohort();
    await pushAll([page('s', 1, 2, [1]), page('s', 2, 3, [2])], when);
    expect(await members()).toEqual([]);
    await pushAll([page('s', 3, 3, [3])], when);
    expect(await members()).toEqual(keys(1, 2, 3));
    const shrunk = cohort();
    await pushAll([shrunk.page('s', 3, 3, [3]), shrunk.page('s', 1, 3, [1]), shrunk.page('s', 2, 2, [2])], when);
    expect(await shrunk.members()).toEqual(keys(1, 2));
  });

  it('empty the cohort when the only page is empty', async () => {
    const { add, page, members } = cohort();
    await pushAll([add([1]), page('s', 1, 1, [])], when);
    expect(await members()).toEqual([]);
  });

  it('count the same id of three kinds as three members', async () => {
    const { reference, members } = cohort();
    const alias = (label: string, name: string) => ({ alias: { label, name } });
    const all = [user(1), { deviceId: '1' }, alias('a', '1'), alias('b', '1'), alias('a\u00e9', 'x\u001fy')];
    await pushAll([addTo(all, { cohort: reference })], when);
    expect((await members()).length).toBe(5);
    await pushAll(
      [removeFrom([{ deviceId: '1' }, alias('b', '1'), alias('nobody', '1')], { cohort: reference })],
      when,
    );
    expect(await members()).toEqual(['aa\u001f1', 'a\u0061\u00e9\u001fx\u001fy', 'e1'].sort());
  });
});

describe('the history of syncs', () => {
  it('shows the effect of each sync and page, and a sync that lacks a page', async () => {
    const { reference, members, syncs } = cohort();
    const session = (kind: 'add' | 'remove', at: number, ids: readonly number[]): CohortChange => ({
      kind,
      cohort: reference,
      members: users(...ids),
      session: { id: 'run', page: at, pages: 2 },
    });
    await pushAll([session('add', 1, [1, 2]), session('add', 2, [2, 3]), session('remove', 1, [2, 8])], 'end');
    expect(await members()).toEqual(keys(1, 3));
    expect(await syncs()).toMatchObject([
      { kind: 'add', state: 'applied', pages_received: 2, pages_expected: 2, given: 4, added: 3, removed: 0 },
      {
        kind: 'remove',
        state: 'receiving',
        pages_received: 1,
        pages_expected: 2,
        given: 2,
        added: 0,
        removed: 1,
        unchanged: 1,
      },
    ]);
  });

  it('counts late changes and changes without effect', async () => {
    const { add, remove, syncs } = cohort();
    await pushAll([add([1, 2, 3], 2_000), remove([1, 9], 1_000)], 'each');
    expect(await syncs()).toMatchObject([
      { added: 3, removed: 0, unchanged: 0, late: 0 },
      { added: 0, removed: 0, unchanged: 1, late: 1 },
    ]);
  });
});

describe('a deleted cohort', () => {
  it.each([
    ['is restored when its partner sends the whole membership', 'a partner’s session', keys(3), null],
    ['stays deleted when a late page of a pull arrives', pullSession('7'), [], expect.any(Date)],
  ])('%s', async (_name, session, members, deletedAt) => {
    const { id, add, page } = cohort();
    await pushAll([add([1, 2])], 'each');
    await inbox.sql`update cohort set deleted_at = now(), set_id = null, external_ids = 0 where partner_id = ${id}`;
    await pushAll([page(session, 1, 1, [3])], 'each');
    expect(await inbox.members(id)).toEqual(members);
    expect((await inbox.sql`select deleted_at from cohort where partner_id = ${id}`)[0]).toEqual({
      deleted_at: deletedAt,
    });
  });
});
