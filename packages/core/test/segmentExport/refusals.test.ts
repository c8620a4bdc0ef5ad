import { afterEach, describe, expect, it } from 'vitest';
import {
  countSyncRefusals,
  countUnlistedRefusals,
  deleteSync,
  findSyncRefusals,
  listSyncRefusals,
  maxRefusals,
  resendSync,
  type SyncRefusal,
} from '@currents/core';
import { deleteRemembered } from '../../src/segmentExport/finishClearing.js';
import { pruneRefusals } from '../../src/segmentExport/refusals.js';
import { openSyncHarness, type SyncHarness } from './syncHarness.js';

let harness: SyncHarness;
let worker: ReturnType<SyncHarness['start']>;
afterEach(() => harness.close());

const names = (count: number) => Array.from({ length: count }, (_, index) => `user-${100 + index}`);
const page = { first: 50 };
const list = async (id: string, filter = {}) => (await listSyncRefusals(harness.admin, id, page, filter)).nodes;
const users = (refusals: readonly SyncRefusal[]) =>
  refusals.map(({ member }) => ('externalId' in member ? member.externalId : JSON.stringify(member))).sort();

/** A sync to a destination that refuses some users, after its first pass. */
async function launch(members: readonly string[], refused: readonly string[]) {
  harness = await openSyncHarness({}, members);
  harness.lists.answer(
    async () => (user) =>
      refused.includes(user)
        ? { outcome: 'rejected', code: 'blocked_id', detail: 'this id is blocked' }
        : { outcome: 'delivered' },
  );
  const id = await harness.launch();
  worker = harness.start();
  await harness.quiet(id);
  return id;
}

describe('the list of refusals', () => {
  it('says who was refused, when and why: by the destination, and before a request', async () => {
    harness = await openSyncHarness({}, names(3));
    await harness.push([
      {
        kind: 'add',
        cohort: { id: 'held', name: 'Held' },
        members: [{ deviceId: 'a-device' }, { alias: { label: 'crm', name: 'x' } }],
      },
    ]);
    await harness.settle();
    harness.lists.answer(
      async () => (user) =>
        user === 'user-101'
          ? { outcome: 'rejected', code: 'blocked_id', detail: 'this id is blocked' }
          : { outcome: 'delivered' },
    );
    const id = await harness.launch();
    harness.start();
    const { refusedCount } = await harness.quiet(id);
    const listed = await listSyncRefusals(harness.admin, id, page);
    expect(await listed.count()).toBe(refusedCount);
    expect(refusedCount).toBe(3);
    expect(listed.nodes).toContainEqual({
      kind: 'SegmentSyncRefusal',
      id: expect.stringMatching(new RegExp(`^${id}-[123]$`)) as string,
      segmentSyncId: id,
      member: { externalId: 'user-101' },
      type: 'entered',
      code: 'blocked_id',
      detail: 'this id is blocked',
      refusedAt: expect.any(Date) as Date,
      isSuperseded: false,
    });
    const [first] = listed.nodes;
    expect(await findSyncRefusals(harness.admin, ['0-0', first?.id ?? '', 'x'])).toEqual([undefined, first, undefined]);
    const devices = await list(id, { code: 'device_id_only' });
    expect(devices.map(({ member }) => member)).toEqual(
      expect.arrayContaining([{ deviceId: 'a-device' }, { alias: { label: 'crm', name: 'x' } }]),
    );
    expect(await countSyncRefusals(harness.admin, await harness.view(id))).toEqual([
      {
        code: 'device_id_only',
        description: 'Devices are not taken.',
        refusalCount: 2,
        lastAt: expect.any(Date) as Date,
      },
      { code: 'blocked_id', description: undefined, refusalCount: 1, lastAt: expect.any(Date) as Date },
    ]);
    expect(await countUnlistedRefusals(harness.admin, id)).toBe(0);
  });

  it('has every refusal of requests that are recorded at once, and reads them in pages', async () => {
    const everyone = names(43);
    const id = await launch(everyone, everyone);
    expect(await harness.view(id)).toMatchObject({ refusedCount: 43 });
    const read: SyncRefusal[] = [];
    let after: string | undefined;
    do {
      const part = await listSyncRefusals(harness.admin, id, { first: 10, after });
      read.push(...part.nodes);
      after = part.nextCursor;
    } while (after !== undefined);
    expect(users(read)).toEqual(everyone);
    expect(read.map((refusal) => refusal.id)).toEqual(names(43).map((_, index) => `${id}-${43 - index}`));
  });

  it('tells what was sent later of the user from what stands', async () => {
    const id = await launch(names(3), ['user-101', 'user-102']);
    harness.lists.answer(
      async () => (user) =>
        user === 'user-102'
          ? { outcome: 'rejected', code: 'blocked_id', detail: 'still blocked' }
          : { outcome: 'delivered' },
    );
    await resendSync(harness.admin, id, { mode: 'all', isDryRun: false, confirmName: 'held' });
    await harness.quiet(id);
    expect(users(await list(id, { isSuperseded: true }))).toEqual(['user-101', 'user-102']);
    const standing = await list(id, { isSuperseded: false });
    expect(standing.map(({ member, detail }) => [member, detail])).toEqual([
      [{ externalId: 'user-102' }, 'still blocked'],
    ]);
    await harness.leave('user-102');
    await harness.quiet(id);
    const [newest] = await list(id);
    expect(newest).toMatchObject({ type: 'left', member: { externalId: 'user-102' }, isSuperseded: false });
  });

  it('keeps the newest of a sync, for the retention, and says how many it does not list', async () => {
    const id = await launch(names(4), ['user-100', 'user-101', 'user-102']);
    // Its first clean-up may still be to come, and would find the old one.
    await worker.stop();
    await harness.sql`
      update segment_sync_refusal set refused_at = now() - interval '15 days'
      where place = (select place from segment_sync_refusal where member = 'euser-101')`;
    const [{ place = 0 } = {}] = await harness.sql<{ place: number }[]>`
      select place::int from segment_sync_refusal where member = 'euser-100'`;
    // As if so many more were refused since: this one is beyond the bound, and the others are not.
    await harness.sql`update segment_sync_refusal set place = place + ${maxRefusals} where place <> ${place}`;
    await harness.sql`update segment_sync set refused_count = ${maxRefusals + 3}, change_count = change_count + ${maxRefusals}`;
    expect(users(await list(id))).toEqual(['user-101', 'user-102']);
    expect(await countUnlistedRefusals(harness.admin, id)).toBe(maxRefusals + 1);
    expect(await findSyncRefusals(harness.admin, [`${id}-${place}`])).toEqual([undefined]);
    await pruneRefusals(harness.sql, 14);
    expect(await harness.sql`select member from segment_sync_refusal`).toEqual([{ member: 'euser-102' }]);
    expect(await countUnlistedRefusals(harness.admin, id)).toBe(maxRefusals + 2);
  });

  it('goes with its sync', async () => {
    const id = await launch(names(2), ['user-100']);
    await deleteSync(harness.admin, id, { confirmName: 'held', isClearing: false, isDryRun: false });
    while (await deleteRemembered(harness.sql));
    expect(await harness.sql`select from segment_sync_refusal`).toHaveLength(0);
  });
});
