import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BatchUnreadable } from '../src/batch/batch.js';
import { createBatchReader } from '../src/batch/batchReader.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, type Hub } from './deliveryHarness.js';

type Key = { readonly storedOn: string; readonly batchId: string; readonly events: number };

let hub: Hub;
let keys: Key[];
let ids: string[][];
beforeAll(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
});
afterAll(() => hub.stop());

/** Three batches of three events each. */
beforeEach(async () => {
  await hub.launch().catch(() => undefined);
  await hub.sql`delete from batch`;
  ids = [];
  for (let batch = 0; batch < 3; batch++) {
    const events = [event(), event(), event()];
    ids.push(events.map(({ id }) => String(id)));
    await hub.take(events);
  }
  keys = await hub.sql<Key[]>`select stored_on as "storedOn", id as "batchId", events from batch order by id`;
});

const open = (maxEvents: number, isShared = true) => {
  const reader = createBatchReader(hub.sql, maxEvents, () => isShared);
  return async (...which: number[]): Promise<string[][]> =>
    (await reader.read(which.map((index) => keys[index] as Key))).map((segments) =>
      segments instanceof BatchUnreadable
        ? [segments.reason]
        : segments.flatMap((segment) => segment.read().map(({ id }) => id)),
    );
};

const forget = () => hub.sql`delete from batch`;

it('a batch for several Currents is read once, and each gets all of it', async () => {
  const read = open(100);
  expect(await Promise.all([read(0, 1), read(1, 0), read(2)])).toEqual([[ids[0], ids[1]], [ids[1], ids[0]], [ids[2]]]);
  await forget();
  expect(await read(2, 0)).toEqual([ids[2], ids[0]]);
});

it('one Current can read the same batch twice at once, as in a replay', async () => {
  expect(await open(100)(1, 1)).toEqual([ids[1], ids[1]]);
  expect(await open(100, false)(1, 1)).toEqual([ids[1], ids[1]]);
});

it('a change that one Current makes to an event is not visible to another', async () => {
  const reader = createBatchReader(hub.sql, 100, () => true);
  const first = async () => {
    const [segments] = await reader.read(keys.slice(0, 1));
    return segments instanceof BatchUnreadable ? undefined : segments?.flatMap((segment) => segment.read())[0];
  };
  const event = (await first()) as { id: string };
  event.id = 'spoiled';
  expect((await first())?.id).toBe(ids[0]?.[0]);
});

it('the cache evicts the oldest batches beyond its limit of events, and holds none for a single Current', async () => {
  const [few, alone] = [open(6), open(100, false)];
  await few(0, 1, 2);
  await alone(0);
  await forget();
  expect(await few(1, 2)).toEqual([ids[1], ids[2]]);
  expect(await few(0)).toEqual([['missing']]);
  expect(await alone(0)).toEqual([['missing']]);
});

it('a batch whose content is known already is not read again', async () => {
  const [row] = await hub.sql<{ content: Buffer }[]>`select content from batch where id = ${keys[0]!.batchId}`;
  await hub.sql`delete from batch where id = ${keys[0]!.batchId}`;
  const reader = createBatchReader(hub.sql, 100, () => false);
  const read = await reader.read(keys.slice(0, 2), new Map([[keys[0]!.batchId, row!.content]]));
  const found = read.map((slices) =>
    slices instanceof BatchUnreadable ? [slices.reason] : slices.flatMap((slice) => slice.read().map(({ id }) => id)),
  );
  expect(found).toEqual([ids[0], ids[1]]);
});

it('fifty Currents that want all batches get them, though the cache has room for two', async () => {
  const read = open(6);
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2],
    [2, 0, 1],
  ];
  const wanted = Array.from({ length: 50 }, (_, current) => orders[current % orders.length] as number[]);
  const batches = await Promise.all(wanted.map((which) => read(...which)));
  expect(batches).toEqual(wanted.map((which) => which.map((index) => ids[index])));
});

it('a failed read is not cached', async () => {
  const read = open(100);
  await hub.sql`alter table batch rename to batch_away`;
  await expect(read(0)).rejects.toThrow();
  await hub.sql`alter table batch_away rename to batch`;
  expect(await read(0)).toEqual([ids[0]]);
});
