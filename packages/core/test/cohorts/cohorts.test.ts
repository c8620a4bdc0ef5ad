import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '@currents/connector';
import { getCohort, listCohorts, listSyncs, reportCohortSize, updateCohort, type CohortView } from '@currents/core';
import { add, openInbox, page, remove, users, type Inbox } from './cohortHarness.js';

/** A partner with its own display names for cohorts. */
const acme = {
  name: 'acme',
  label: 'Acme',
  cohortImport: { routes: [], displayName: ({ id, name }) => `[Acme] ${name}: ${id}` },
} satisfies Pick<Connector, 'name' | 'label' | 'cohortImport'>;

let inbox: Inbox;
let admin: { readonly db: Inbox['db']; readonly connectors: ReadonlyMap<string, Connector> };
beforeAll(async () => {
  inbox = await openInbox();
  admin = { db: inbox.db, connectors: new Map([['acme', acme as unknown as Connector]]) };
});
afterAll(() => inbox.close());

let made = 0;
async function cohort(...changes: Parameters<Inbox['push']>[0]): Promise<CohortView> {
  await inbox.push(changes);
  await inbox.apply();
  const [row] = await inbox.sql<
    { id: number }[]
  >`select id from cohort where partner_id = ${changes[0]?.cohort.id ?? ''}`;
  return view(String(row?.id));
}
async function view(id: string): Promise<CohortView> {
  const found = await getCohort(admin, id);
  if (found.kind !== 'Cohort') throw new Error(found.message);
  return found;
}
const reference = () => ({ id: `c${++made}`, name: `Cohort ${made}` });

describe('a cohort', () => {
  it('has the display name of its partner, and a size for each kind of id', async () => {
    const own = { ...reference(), description: 'all of them', createdAtMs: 1_700_000_000_000 };
    const shown = await cohort(
      add([...users(1, 2), { deviceId: 'd' }, { alias: { name: 'n', label: 'l' } }], { cohort: own }),
    );
    expect(shown).toMatchObject({
      partner: 'acme',
      partnerId: own.id,
      name: `[Acme] ${own.name}: ${own.id}`,
      description: 'all of them',
      memberCounts: { externalIdCount: 2, deviceIdCount: 1, aliasCount: 1 },
      memberCount: 4,
      pendingChangeCount: 0,
      freshness: { state: 'unknown' },
      createdAtPartner: new Date(1_700_000_000_000),
    });
    expect(shown.listId).toMatch(/^list_[0-9a-f]{24}$/);
  });

  it('is stale when its sync is overdue by the schedule that the admin has set', async () => {
    const { id } = await cohort(add(users(1), { cohort: reference() }));
    expect(await updateCohort(admin, id, { schedule: 'dynamic' })).toMatchObject({
      schedule: 'dynamic',
      freshness: { state: 'fresh' },
    });
    await inbox.sql`update cohort set last_sync_at = now() - interval '2 hours' where id = ${Number(id)}`;
    expect((await view(id)).freshness.state).toBe('stale');
    expect((await updateCohort(admin, id, { schedule: 'daily' })) as CohortView).toMatchObject({
      freshness: { state: 'fresh' },
    });
    expect(await updateCohort(admin, id, { schedule: null })).toMatchObject({
      schedule: undefined,
      freshness: { state: 'unknown' },
    });
  });

  it('is synced by a complete sync without changes, but not by an incomplete one', async () => {
    const own = reference();
    const { id } = await cohort(add([], { cohort: own }));
    expect((await view(id)).lastSyncAt).toBeDefined();
    const lost = reference();
    const half = await cohort(page('s', 1, 2, users(1), lost));
    expect(half).toMatchObject({ lastSyncAt: undefined, memberCount: 0 });
    expect((await listSyncs(admin, half.id, { first: 5 })).nodes).toMatchObject([
      { type: 'replace', state: 'receiving', receivedPageCount: 1, expectedPageCount: 2 },
    ]);
    await inbox.sql`update cohort_sync set last_at = now() - interval '11 minutes' where cohort_id = ${Number(half.id)}`;
    expect((await listSyncs(admin, half.id, { first: 5 })).nodes).toMatchObject([{ state: 'stalled' }]);
  });

  it('has a drift against the count that the partner reported, adjusted by later changes', async () => {
    const own = reference();
    const { id } = await cohort(
      page('s', 1, 2, [...users(1, 2, 2), { externalId: '' }], own),
      page('s', 2, 2, users(3), own),
    );
    expect((await view(id)).drift).toMatchObject({
      reportedCount: 5,
      reportedBy: 'pages',
      expectedCount: 5,
      actualCount: 3,
      difference: -2,
    });
    await cohort(add(users(7, 8), { cohort: own }), remove(users(1), { cohort: own }));
    expect((await view(id)).drift).toMatchObject({
      reportedCount: 5,
      expectedCount: 6,
      actualCount: 4,
      difference: -2,
    });
    await reportCohortSize(admin, id, { memberCount: 4, by: 'partner' });
    await cohort(add(users(9), { cohort: own }));
    expect((await view(id)).drift).toMatchObject({
      reportedCount: 4,
      reportedBy: 'partner',
      expectedCount: 5,
      actualCount: 5,
      difference: 0,
    });
  });

  it('has a reason and a description for each group of refused members', async () => {
    const own = reference();
    const { id } = await cohort(
      add([...users(1), { externalId: '' }, { externalId: 'x'.repeat(601) }], { cohort: own }),
    );
    const [sync] = (await listSyncs(admin, id, { first: 1 })).nodes;
    expect(sync?.refused).toEqual([
      { reason: 'no_id', description: 'The partner sent the member without an id.', memberCount: 1 },
      { reason: 'id_too_long', description: 'The member’s id has more than 600 characters.', memberCount: 1 },
    ]);
  });

  it('is found by a part of its name or id, with pagination', async () => {
    const names = ['Zebra one', 'zebra two', 'Zebra three'];
    for (const [index, name] of names.entries()) await cohort(add(users(1), { cohort: { id: `zoo-${index}`, name } }));
    const first = await listCohorts(admin, { first: 2 }, { search: 'ZEBRA' });
    expect(first.nodes.map(({ partnerId }) => partnerId)).toEqual(['zoo-2', 'zoo-1']);
    const second = await listCohorts(admin, { first: 2, after: first.nextCursor }, { search: 'ZEBRA' });
    expect(second).toMatchObject({ nodes: [{ partnerId: 'zoo-0' }], nextCursor: undefined });
    expect((await listCohorts(admin, { first: 5 }, { search: 'zoo-1' })).nodes).toHaveLength(1);
    expect((await listCohorts(admin, { first: 5 }, { partner: 'nobody' })).nodes).toEqual([]);
    // By the display name.
    expect(
      (await listCohorts(admin, { first: 5 }, { search: '[acme] zebra two: ZOO-1' })).nodes.map(
        ({ partnerId }) => partnerId,
      ),
    ).toEqual(['zoo-1']);
    expect((await listCohorts(admin, { first: 5 }, { search: '[Acme] Zebra' })).nodes).toHaveLength(3);
  });
});
