import { afterEach, beforeEach, expect, it } from 'vitest';
import { event, openHub, until, type Hub } from '../deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePartner } from '../fakeConnector.js';

let hub: Hub;
let partner: FakePartner;
let current: number;
beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner));
  current = await hub.launch();
});
afterEach(() => hub.stop());

const pending = async (condition: 'replayed' | 'live'): Promise<number> => {
  const [row] = await hub.sql<{ n: number }[]>`
    select coalesce(sum(pending), 0)::int as n from delivery where (replay_id is not null) = ${condition === 'replayed'}`;
  return row?.n ?? 0;
};

/** What a job would make: deliveries of everything that is stored. */
async function replayAll(): Promise<void> {
  await hub.sql`
    insert into delivery (stored_on, batch_id, current_id, replay, replay_id, events, pending)
    select stored_on, id, ${current}, true, 1, events, events from batch order by id`;
}

async function store(events: readonly unknown[]): Promise<void> {
  for (let first = 0; first < events.length; first += 500) await hub.take(events.slice(first, first + 500));
}

it('live events overtake replayed ones, which all arrive', async () => {
  const old = Array.from({ length: 3_000 }, () => event('old'));
  await store(old);
  await hub.sql`update delivery set pending = 0, outcomes = decode(repeat('02', events), 'hex')`;
  await replayAll();
  // The replay takes much longer than a live event, so that overtaking shows.
  partner.delay = () => new Promise((resolve) => setTimeout(resolve, 60));
  await hub.startWorker();
  await until(
    () => partner.requests.length,
    (count) => count > 2,
  );
  for (let round = 0; round < 3; round++) {
    await hub.take([event(`live`)]);
    await until(
      () => pending('live'),
      (count) => count === 0,
    );
  }
  const left = await pending('replayed');
  expect(left).toBeGreaterThan(500);
  await until(
    () => pending('replayed'),
    (count) => count === 0,
    60_000,
  );
  expect(old.every(({ id }) => partner.held.get(id as string) === 1)).toBe(true);
  expect([...partner.held.keys()].filter((id) => id.startsWith('live-'))).toHaveLength(3);
}, 90_000);

it('an event of a user does not wait for a replayed one of the same user, and only the replayed one is mapped as such', async () => {
  const user = { external_user_id: 'ana' };
  await hub.take([event('later', { user })]);
  await hub.sql`update delivery set pending = 0, outcomes = decode(repeat('02', events), 'hex')`;
  await replayAll();
  await hub.startWorker();
  // The partner has deferred the replayed one by a minute.
  await until(
    () => hub.sql`select from delivery where replay_id is not null and deferred is not null and lease is null`,
    ({ length }) => length === 1,
  );
  const live = event('good', { user });
  await hub.take([live]);
  await until(
    () => partner.held.get(live['id'] as string),
    (count) => count === 1,
  );
  expect(await pending('replayed')).toBe(1);
  expect([...partner.replayed].map((id) => id.split('-')[0])).toEqual(['later']);
});

it('a replay of a user’s events keeps their order', async () => {
  const user = { external_user_id: 'ana' };
  const events = Array.from({ length: 250 }, () => event('old', { user }));
  for (let first = 0; first < events.length; first += 50) await hub.take(events.slice(first, first + 50));
  await hub.sql`update delivery set pending = 0, outcomes = decode(repeat('02', events), 'hex')`;
  await replayAll();
  await hub.startWorker();
  await until(
    () => pending('replayed'),
    (count) => count === 0,
  );
  expect(partner.requests.flat()).toEqual(events.map(({ id }) => id));
});
