import { randomBytes, randomInt } from 'node:crypto';
import { fingerprint } from '@currents/schema';
import { connect, findEventPlaces, type EventQuestion, type Sql } from '@currents/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backfillIndex, unsearchedDays } from '../src/lookup/backfillIndex.js';
import { mergeFingerprints } from '../src/eventIndex/mergeFingerprints.js';
import { packFingerprints } from '../src/eventIndex/packFingerprints.js';
import { searchIndex } from '../src/lookup/searchIndex.js';
import type { Db } from '../src/admin/admin.js';
import { event, openHub, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
let pool: Sql;
let db: Db['db'];
beforeEach(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  pool = connect(hub.databaseUrl, { max: 2, name: 'test' });
  db = drizzle(pool);
});
afterEach(async () => {
  await pool.end();
  await hub.stop();
});

const merge = async (): Promise<void> => {
  while (await mergeFingerprints(hub.sql, { all: true }));
};
const idsOf = async (question: EventQuestion, limit = 100) => {
  const { places, hasMore } = await findEventPlaces({ db }, question, limit);
  return { ids: places.map((place) => place.event?.id ?? `${place.source} ${place.position}`), hasMore };
};
const made = (id: string, user: object) => ({ ...event(), id, user });

it('finds an event by its id, and by each id of its user, before and after its fingerprints are merged', async () => {
  const kim = { external_user_id: 'kim', user_id: 'b1', device_id: 'phone' };
  await hub.take([made('a', kim), made('b', { external_user_id: 'lou' }), made('c', { device_id: 'kim' })]);
  await hub.take([made('d', kim)]);
  for (const state of ['unmerged', 'merged']) {
    expect(await idsOf({ kind: 'eventId', id: 'b' }), state).toEqual({ ids: ['b'], hasMore: false });
    for (const [kind, id] of Object.entries({ externalUserId: 'kim', userId: 'b1', deviceId: 'phone' }))
      expect(await idsOf({ kind, id } as EventQuestion), `${state} ${kind}`).toEqual({
        ids: ['d', 'a'],
        hasMore: false,
      });
    expect(await idsOf({ kind: 'deviceId', id: 'kim' }), state).toEqual({ ids: ['c'], hasMore: false });
    expect(await idsOf({ kind: 'eventId', id: 'kim' }), state).toEqual({ ids: [], hasMore: false });
    await merge();
  }
  expect(await hub.sql`select from unmerged_fingerprints`).toHaveLength(0);
});

it('tells with which token and at which place of its request an event came, also of a shared batch', async () => {
  const [other] = await hub.sql<{ id: number }[]>`
    insert into ingest_token (name, hash, hint) values ('other', ${randomBytes(32)}, 'test') returning id`;
  const take = (tokenId: number, ...ids: readonly string[]) =>
    hub.intake.take({
      chunks: [Buffer.from(JSON.stringify({ events: ids.map((id) => made(id, {})) }))],
      format: 'json',
      tokenId,
    });
  await Promise.all([take(hub.tokenId, 'a', 'b'), take(other!.id, 'c', 'd', 'e'), take(hub.tokenId, 'f')]);
  const place = async (id: string) => {
    const { places } = await findEventPlaces({ db }, { kind: 'eventId', id }, 1);
    return [places[0]?.tokenId, places[0]?.requestPosition];
  };
  expect([await place('b'), await place('e'), await place('f')]).toEqual([
    [hub.tokenId, 1],
    [other!.id, 2],
    [hub.tokenId, 0],
  ]);
});

it('finds quarantined events whose text is JSON', async () => {
  await hub.take([
    { event_type: 'nonsense', id: 'q', user: { external_user_id: 'kim' } },
    made('a', { external_user_id: 'kim' }),
  ]);
  for (let turn = 0; turn < 2; turn++) {
    expect(await idsOf({ kind: 'externalUserId', id: 'kim' })).toEqual({ ids: ['a', 'quarantine 0'], hasMore: false });
    expect((await idsOf({ kind: 'eventId', id: 'q' })).ids).toEqual(['quarantine 0']);
    await merge();
  }
});

it('pages through the events of a user, and opens at most 20 rows for a page', async () => {
  const all: string[] = [];
  for (let batch = 0; batch < 25; batch++) {
    const ids = [`${batch} first`, `${batch} second`];
    all.unshift(...ids.toReversed());
    await hub.take(ids.map((id) => made(id, { external_user_id: 'kim' })));
    if (batch === 12) await merge();
  }
  const seen: string[] = [];
  const question: EventQuestion = { kind: 'externalUserId', id: 'kim' };
  const sizes: number[] = [];
  for (let page = await findEventPlaces({ db }, question, 47); ;) {
    sizes.push(page.places.length);
    seen.push(...page.places.map((place) => place.event!.id));
    if (!page.hasMore) break;
    page = await findEventPlaces({ db }, question, 3, page.places.at(-1));
  }
  expect(seen).toEqual(all);
  expect(sizes).toEqual([40, 3, 3, 3, 1]);
});

it.each([
  ['plain characters', 'kim-1 of {all}', '"kim-1 of {all}"'],
  ['escapes of plain characters', 'kim', '"\\u006bim"'],
  ['a quote and a slash', 'a"/b', '"a\\"\\/b"'],
  ['other letters', 'Zoë', '"Zo\\u00eb"'],
])('finds an id that its sender has written with %s', async (_, id, json) => {
  const text = JSON.stringify({ events: [made('a', { external_user_id: '?' }), made('b', {})] }).replace('"?"', json);
  await hub.intake.take({ chunks: [Buffer.from(text)], format: 'json', tokenId: hub.tokenId });
  expect((await idsOf({ kind: 'externalUserId', id })).ids).toEqual(['a']);
});

it('finds events of many days, the newest first, and none where there is none', async () => {
  const days = 11;
  for (let ago = days; ago >= 0; ago--) {
    await hub.take([made(`${ago} days ago`, { external_user_id: 'kim' })]);
    if (ago % 2 === 0) await merge();
    if (ago === 0) break;
    for (const table of ['batch', 'unmerged_fingerprints', 'fingerprint_block']) {
      const [row] = await hub.sql<{ name: string; day: string }[]>`
        select to_char(current_date - ${ago}::int, 'YYYYMMDD') as name, (current_date - ${ago}::int)::text as day`;
      await hub.sql.unsafe(`
        create table if not exists ${table}_${row!.name} partition of ${table}
        for values from ('${row!.day}') to (date '${row!.day}' + 1)`);
      await hub.sql.unsafe(`update ${table} set stored_on = '${row!.day}' where stored_on = current_date`);
    }
  }
  const all = Array.from({ length: days + 1 }, (_, ago) => `${ago} days ago`);
  expect(await idsOf({ kind: 'externalUserId', id: 'kim' })).toEqual({ ids: all, hasMore: false });
  expect(await idsOf({ kind: 'externalUserId', id: 'lou' })).toEqual({ ids: [], hasMore: false });
  const question = { kind: 'externalUserId', id: 'kim' } as const;
  const first = await findEventPlaces({ db }, question, 5);
  const rest = await findEventPlaces({ db }, question, 100, first.places.at(-1));
  expect([...first.places, ...rest.places].map((place) => place.event?.id)).toEqual(all);
  expect((await findEventPlaces({ db }, { kind: 'eventId', id: '9 days ago' }, 20)).openedRows).toBe(1);
});

it('restricts by the time of arrival', async () => {
  await hub.take([made('a', {})]);
  const now = Date.now();
  const around = { from: new Date(now - 60_000), to: new Date(now + 60_000) };
  expect((await idsOf({ kind: 'eventId', id: 'a', ...around })).ids).toEqual(['a']);
  expect((await idsOf({ kind: 'eventId', id: 'a', from: around.to })).ids).toEqual([]);
  expect((await idsOf({ kind: 'eventId', id: 'a', to: around.from })).ids).toEqual([]);
});

it('a search in blocks finds the rows that a comparison of all finds, also where ids are anything but evenly spread', async () => {
  const [row] = await hub.sql<{ day: string }[]>`select current_date as day`;
  const day = row!.day;
  const hot = fingerprint('deviceId', 'hot');
  const rows = Array.from({ length: 9_000 }, (_, index) => ({
    id: index + 1,
    fingerprints: [
      ...(index % 3 === 0 ? [hot] : []),
      ...Array.from({ length: 20 }, () => (index % 2 ? randomInt(2 ** 32) | 0 : randomInt(5_000))),
    ],
  }));
  for (let start = 0; start < rows.length; start += 1_000) {
    const some = rows.slice(start, start + 1_000);
    await hub.sql`
      insert into unmerged_fingerprints (stored_on, source, row_id, fingerprints)
      select ${day}, 'batch', id, decode(packed, 'hex')
      from unnest(${some.map(({ id }) => id)}::bigint[], ${some.map((each) => packFingerprints([each]).toString('hex'))}::text[]) r (id, packed)`;
    await mergeFingerprints(hub.sql, { all: true });
  }
  await merge();
  const [blocks] = await hub.sql<{ n: number; level: number }[]>`
    select count(*)::int as n, max(level)::int as level from fingerprint_block`;
  expect(blocks).toEqual({ n: 2, level: 2 });
  const questions = [hot, 17, 4_999, 5_000, 0, -1, ...[1, 3, 77].map((index) => rows[index]!.fingerprints.at(-1)!)];
  for (const sought of questions) {
    const having = rows.filter(({ fingerprints }) => fingerprints.includes(sought)).map(({ id }) => id);
    for (const [before, limit] of [
      [undefined, 20],
      [4_500, 20],
      [2, 20],
    ] as const) {
      const expected = having
        .filter((id) => id < (before ?? Infinity))
        .reverse()
        .slice(0, limit);
      const found = await searchIndex(db, { day, source: 'batch', fingerprint: sought, before, limit });
      expect(found, `${sought} before ${before}`).toEqual(expected);
    }
  }
});

it('indexes what an earlier release has stored, and names its day until then', async () => {
  await hub.take([made('a', { external_user_id: 'kim' }), { event_type: 'nonsense', id: 'q' }]);
  await hub.sql`delete from unmerged_fingerprints`;
  await hub.sql`update batch set token_ids = null, request_events = null, stored_at = now() - interval '2 minutes'`;
  await hub.sql`update quarantine_batch set is_indexed = false, stored_at = now() - interval '2 minutes'`;
  await hub.sql`insert into index_backfill (stored_on, source) values (current_date, 'batch'), (current_date, 'quarantine')`;
  const [row] = await hub.sql<{ day: string }[]>`select current_date as day`;
  expect(await unsearchedDays(db)).toEqual([row!.day]);
  expect((await idsOf({ kind: 'eventId', id: 'a' })).ids).toEqual([]);
  while (await backfillIndex(hub.sql));
  expect(await unsearchedDays(db)).toEqual([]);
  expect((await idsOf({ kind: 'eventId', id: 'a' })).ids).toEqual(['a']);
  expect((await idsOf({ kind: 'eventId', id: 'q' })).ids).toEqual(['quarantine 0']);
  const { places } = await findEventPlaces({ db }, { kind: 'eventId', id: 'a' }, 1);
  expect(places[0]?.tokenId).toBeUndefined();
});

it('a worker merges fingerprints by itself', async () => {
  await hub.take([made('a', {})]);
  await hub.sql`update unmerged_fingerprints set stored_at = now() - interval '2 minutes'`;
  await hub.startWorker();
  await expect.poll(() => hub.sql`select from fingerprint_block`, { timeout: 15_000 }).toHaveLength(1);
  expect((await idsOf({ kind: 'eventId', id: 'a' })).ids).toEqual(['a']);
});
