import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim } from '../src/delivery/claim.js';
import type { Deferral } from '../src/batch/deferral.js';
import { createFakePartner, fakeConnector, type FakeLimits, type FakePartner } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

/** 60 events at once and 168 a minute of one user; five events beyond the burst wait for at least 15 s. */
const strict = { limit: 240, periodMs: 60_000 };

let hub: Hub;
let partner: FakePartner;
let limits: FakeLimits;
let current: number;
beforeEach(async () => {
  partner = createFakePartner();
  limits = { user: strict };
  hub = await openHub(fakeConnector(partner, limits));
  current = await hub.launch();
});
afterEach(() => hub.stop());

const of = (user: string, count: number) =>
  Array.from({ length: count }, () => event('good', { user: { external_user_id: user } }));
const waiting = async (): Promise<readonly Deferral[]> =>
  (await hub.sql<{ deferred: Deferral[] | null }[]>`select deferred from delivery order by id`).flatMap(
    ({ deferred }) => deferred ?? [],
  );
const hot = 100;

/** Makes events of the hot user wait, and no others. */
async function overheat(): Promise<void> {
  await hub.take([...of('hot', hot), ...of('calm', 20)]);
  await until(waiting, (deferred) => deferred.length > 0);
}

describe('events that wait for a budget', () => {
  it('wait for their own key, with the start of the wait; the others are delivered', async () => {
    await hub.startWorker();
    await overheat();
    const { delivered = 0 } = await hub.tally(current);
    const deferred = await waiting();
    expect(new Set(deferred.map(({ code, budget }) => [code, budget?.name, budget?.key].join(' ')))).toEqual(
      new Set(['over_budget user hot']),
    );
    expect(delivered + deferred.reduce((sum, { positions }) => sum + positions.length, 0)).toBe(hot + 20);
    expect([...partner.held.keys()]).toHaveLength(delivered);
    expect(deferred.every(({ dueAtMs, budget }) => budget !== undefined && budget.sinceMs < dueAtMs)).toBe(true);
  });

  it('wait also for a key with a character that Postgres cannot store', async () => {
    await hub.startWorker();
    const odd = 'a\0user';
    await hub.take([...of(odd, hot), ...of('calm', 20)]);
    const deferred = await until(waiting, (list) => list.length > 0);
    expect(new Set(deferred.map(({ budget }) => budget?.key))).toEqual(new Set(['a\uFFFDuser']));
    // They keep their places while others are attempted.
    await hub.take(of('calm', 5));
    await until(
      () => hub.tally(current),
      ({ delivered = 0 }) => delivered >= 25,
    );
  });

  it('are sent at once when the limits change', async () => {
    await hub.startWorker();
    await overheat();
    limits.user = { limit: 240_000, periodMs: 60_000 };
    await hub.sql`update current set version = version + 1 where id = ${current}`;
    await hub.take(of('calm', 1));
    expect(
      await until(
        () => hub.tally(current),
        ({ delivered }) => delivered === hot + 21,
      ),
    ).toEqual({ selected: hot + 21, delivered: hot + 21 });
    expect([...partner.held.values()].every((times) => times === 1)).toBe(true);
  });

  it('are sent at once when a newer connector declares other limits', async () => {
    const engine = await hub.startWorker();
    await overheat();
    await engine.stop();
    limits.user = { limit: 240_000, periodMs: 60_000 };
    await hub.startWorker();
    await hub.take(of('calm', 1));
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === hot + 21,
    );
  });

  it('keep their places while their Current is paused and resumed', async () => {
    await hub.startWorker();
    await overheat();
    const before = await waiting();
    await hub.sql`update current set state = 'paused' where id = ${current}`;
    await hub.sql`update delivery set due_at = now()`;
    // The sweep that starts the second Current has passed over the first.
    const second = await hub.launch('second');
    await hub.take(of('calm', 1));
    await until(
      () => hub.tally(second),
      ({ delivered }) => delivered === 1,
    );
    expect(await waiting()).toEqual(before);
    const { delivered = 0 } = await hub.tally(current);
    await hub.sql`update current set state = 'live', live_since = now() where id = ${current}`;
    await until(
      () => hub.tally(current),
      (tally) => (tally['delivered'] ?? 0) > delivered,
    );
    const places = (deferred: readonly Deferral[]) =>
      new Map(deferred.flatMap(({ dueAtMs, positions }) => positions.map((position) => [position, dueAtMs])));
    const after = places(await waiting());
    for (const [position, dueAtMs] of after) expect(dueAtMs).toBe(places(before).get(position));
  });

  it('expire at once when their Current is deleted', async () => {
    await hub.startWorker();
    await overheat();
    const { delivered = 0 } = await hub.tally(current);
    await hub.sql`update current set state = 'deleted' where id = ${current}`;
    const tally = await until(
      () => hub.tally(current),
      ({ expired }) => expired !== undefined,
    );
    expect(tally).toEqual({ selected: hot + 20, delivered, expired: hot + 20 - delivered });
    const letters = await hub.sql<{ code: string }[]>`select distinct code from dead_letter`;
    expect(letters.map(({ code }) => code)).toEqual(['current_deleted']);
  });

  it('keep their places while the buckets are unreachable, and events of other keys are sent', async () => {
    await hub.startWorker();
    await overheat();
    const waitingEvents = (await waiting()).reduce((sum, { positions }) => sum + positions.length, 0);
    await hub.sql`alter table budget_bucket rename to budget_away`;
    await hub.take([...of('another', 100), ...of('hot', 10)]);
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === hot + 20 - waitingEvents + 100,
    );
    expect((await waiting()).flatMap(({ positions }) => positions)).toHaveLength(waitingEvents + 10);
    await hub.sql`alter table budget_away rename to budget_bucket`;
  });
});

it('deliveries with deferred events are claimed by one attempt at a time, new ones by any', async () => {
  for (let batch = 0; batch < 4; batch++) await hub.take(of(`user ${batch}`, 10));
  const workerId = 7;
  await hub.sql`insert into worker_lease (id) values (${workerId})`;
  await hub.sql`insert into current_owner (current_id, worker_id) values (${current}, ${workerId})`;
  await hub.sql`update delivery set due_at = stored_at + interval '1 microsecond', deferred = ${hub.sql.json([{ dueAtMs: 1, code: 'later', detail: '', attempts: 1, positions: [0] }])} where id in (select id from delivery order by id limit 3)`;
  const batchesOf = async (lease: string, events: number) =>
    (await claim(hub.sql, { currentId: current, workerId, lease, leaseMs: 60_000, events })).deliveries.map(
      ({ batchId }) => batchId,
    );
  const all = (await hub.sql<{ batch_id: string }[]>`select batch_id from delivery order by id`).map(
    ({ batch_id }) => batch_id,
  );
  expect(await batchesOf('1', 20)).toEqual(all.slice(0, 2));
  expect(await batchesOf('2', 20)).toEqual(all.slice(3));
  expect(await batchesOf('3', 20)).toEqual([]);
  await hub.sql`update delivery set lease = null, pending = 0 where lease = 1`;
  expect(await batchesOf('4', 20)).toEqual(all.slice(2, 3));
});

it('a claim returns the contents of small batches when asked, and leaves large and missing ones to be read', async () => {
  await hub.take(of('one', 1));
  // Random names, which do not become smaller.
  const large = Array.from({ length: 500 }, () => of(randomBytes(32).toString('hex'), 1)).flat();
  await hub.take(large);
  await hub.take(of('gone', 1));
  const stored = await hub.sql<
    { id: string; content: Buffer }[]
  >`select id, content from batch order by id desc limit 3`;
  const [gone, tooLarge, small] = [stored[0]!, stored[1]!, stored[2]!];
  expect(tooLarge.content.length).toBeGreaterThan(8 * 1024);
  await hub.sql`delete from batch where id = ${gone.id}`;
  const workerId = 9;
  await hub.sql`insert into worker_lease (id) values (${workerId})`;
  await hub.sql`insert into current_owner (current_id, worker_id) values (${current}, ${workerId})`;
  const request = { currentId: current, workerId, leaseMs: 60_000, events: 1_000 };
  const claimed = await claim(hub.sql, { ...request, lease: '1', withContents: true });
  expect(claimed.deliveries.map(({ batchId }) => batchId)).toEqual([small.id, tooLarge.id, gone.id]);
  expect([...claimed.contents]).toEqual([[small.id, small.content]]);
  await hub.sql`update delivery set due_at = stored_at, lease = null`;
  const plain = await claim(hub.sql, { ...request, lease: '2' });
  expect(plain.deliveries).toHaveLength(3);
  expect(plain.contents.size).toBe(0);
});

it('events that fail together are retried together', async () => {
  delete limits.user;
  await hub.startWorker();
  await hub.take(Array.from({ length: 100 }, () => event('silent')));
  const deferred = await until(waiting, (list) => list.length > 0);
  expect(deferred.map(({ code, positions }) => [code, positions.length])).toEqual([['unanswered', 100]]);
});
