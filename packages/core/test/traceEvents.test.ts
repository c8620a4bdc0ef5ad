import { connect, traceEvent, traceEvents, type Sql, type TracedEvent } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Db } from '../src/admin/admin.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';

let hub: Hub;
let pool: Sql;
let db: Db['db'];
let partner: FakePartner;
beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner));
  pool = connect(hub.databaseUrl, { max: 2, name: 'test' });
  db = drizzle(pool);
});
afterEach(async () => {
  await pool.end();
  await hub.stop();
});

async function found(eventId: string): Promise<TracedEvent> {
  const traced = await traceEvent({ db }, eventId);
  if (traced.kind !== 'StoredEvent') throw new Error(traced.message);
  return traced;
}
const made = (id: string) => ({ ...event(), id, user: { external_user_id: id } });

it('tells of each event of a batch what became of it, with the reason and the attempts', async () => {
  const currentId = String(await hub.launch());
  await hub.take(['good-a', 'skip-a', 'reject-a', 'later-a', 'agent-a'].map(made));
  await hub.startWorker();
  const settled = await until(
    () => found('reject-a'),
    ({ deliveries }) => deliveries[0]?.status === 'rejected',
  );
  expect(settled.deliveries).toEqual([
    {
      currentId,
      status: 'rejected',
      code: 'invalid',
      detail: 'field `colour` is not one',
      wait: undefined,
      attemptCount: 1,
      firstAttemptAt: expect.any(Date),
      lastAttemptAt: expect.any(Date),
      isReplay: false,
      replayJobId: undefined,
      deadLetterId: expect.stringMatching(/^\d{8}-\d+-2$/),
    },
  ]);
  const delivered = await found('good-a');
  expect(delivered).toMatchObject({ tokenId: String(hub.tokenId), requestPosition: 0, unselectedCurrentIds: [] });
  expect(delivered.deliveries).toMatchObject([
    { status: 'delivered', code: undefined, wait: undefined, attemptCount: 1 },
  ]);
  expect((await found('skip-a')).deliveries).toMatchObject([{ status: 'skipped', code: 'no_user' }]);
  const [later] = (await found('later-a')).deliveries;
  expect(later).toMatchObject({ status: 'pending', wait: { reason: 'event_deferred', code: 'throttled' } });
  expect(later?.wait?.until?.getTime()).toBeGreaterThan(Date.now());
});

it('says what a pending event waits for: its turn, a pause, a block, or the partner', async () => {
  const currentId = await hub.launch();
  await hub.take([made('good-b')]);
  const wait = async () => (await found('good-b')).deliveries[0]?.wait;
  expect(await wait()).toEqual({ reason: 'due', code: undefined, detail: undefined, until: undefined });
  await hub.sql`update current set deferral_until = now() + interval '1 hour', deferral_code = 'down', deferral_detail = 'it is'
    where id = ${currentId}`;
  expect(await wait()).toMatchObject({ reason: 'current_deferred', code: 'down', until: expect.any(Date) });
  await hub.sql`update current set state = 'paused' where id = ${currentId}`;
  expect(await wait()).toMatchObject({ reason: 'paused' });
  await hub.sql`update current set state = 'blocked', blocked_code = 'bad_key', blocked_detail = 'no', deferral_until = null
    where id = ${currentId}`;
  expect(await wait()).toEqual({ reason: 'blocked', code: 'bad_key', detail: 'no', until: undefined });
  await hub.sql`update current set state = 'live' where id = ${currentId}`;
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    partner.delay = () => new Promise((release) => ((answer = release), resolve()));
  });
  await hub.startWorker();
  await asked;
  expect(await wait()).toMatchObject({ reason: 'in_flight' });
  answer();
  await until(wait, (each) => each === undefined);
});

it('names Currents that were there and did not select the event, and those alone', async () => {
  const before = await hub.launch('before');
  const draft = await hub.launch('draft');
  await hub.sql`update current set state = 'draft' where id = ${draft}`;
  await hub.sql`update current set selection = ${hub.sql.json({ eventTypes: ['users.messages.push.Open'], channels: [], groups: [] })}, created_at = now() - interval '1 minute'
    where id = ${before}`;
  await hub.sql`update route_table set version = version + 1`;
  await hub.take([made('good-c')]);
  await hub.launch('after');
  expect(await found('good-c')).toMatchObject({ deliveries: [], unselectedCurrentIds: [String(before)] });
});

it('pages without counting, and refuses a filter without exactly one id', async () => {
  await hub.take([1, 2, 3].map((n) => ({ ...made(`good-${n}x`), user: { external_user_id: 'kim' } })));
  const first = await traceEvents({ db }, { first: 2 }, { externalUserId: 'kim' });
  expect(first.nodes.map((node) => node.event?.id)).toEqual(['good-3x', 'good-2x']);
  const second = await traceEvents({ db }, { first: 2, after: first.nextCursor }, { externalUserId: 'kim' });
  expect(second.nodes.map((node) => node.event?.id)).toEqual(['good-1x']);
  expect([second.nextCursor, second.hasPreviousPage, second.unsearchedDays]).toEqual([undefined, true, []]);
  for (const filter of [{}, { eventId: '' }, { eventId: 'a', deviceId: 'b' }])
    await expect(traceEvents({ db }, { first: 2 }, filter)).rejects.toThrow('expected exactly one of');
  await expect(traceEvents({ db }, { first: 2, after: 'bm8' }, { eventId: 'a' })).rejects.toThrow('cursor');
});

it('says that no event with an id is stored', async () => {
  await hub.take([made('good-d')]);
  expect(await traceEvent({ db }, 'good')).toEqual({
    kind: 'EventNotFound',
    message: 'no event with this id is stored',
    unsearchedDays: [],
  });
});
