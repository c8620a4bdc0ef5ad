import { openStoredTap, openTailReaders, type TailFilter, type TailItem, type TailUpdate } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { event, openHub, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

const errors: unknown[] = [];
const onError = (error: unknown): void => void errors.push(error);

let hub: Hub;
let readers: ReturnType<typeof openTailReaders>;
let currentId: number;
beforeAll(async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  readers = openTailReaders({ sql: hub.sql, onError });
  currentId = await hub.launch();
  await hub.startWorker();
});
afterAll(async () => {
  await readers?.stop();
  await hub?.stop();
});

/** Takes events in until a reader with this filter has got an item. */
async function firstItem(filter: TailFilter, content = 'good'): Promise<TailItem> {
  const reader = readers.open(filter)!;
  let found: TailItem | undefined;
  const reading = (async () => {
    for (let update = await reader.next(); update && !found; update = found ? update : await reader.next())
      found = update.items[0];
  })();
  for (const endMs = Date.now() + 20_000; !found && Date.now() < endMs;) {
    await hub.take([event(content), event(content)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  reader.close();
  await reading;
  if (!found) throw new Error(`expected an item for ${JSON.stringify(filter)} within 20 s, got none`);
  return found;
}

it('shows outcomes of a worker with the id and the type of the event, read from its batch', async () => {
  expect(await firstItem({ kinds: ['delivered'], currentId })).toEqual({
    kind: 'delivered',
    currentId,
    tokenId: null,
    eventType: expect.stringMatching(/^users\./),
    eventId: expect.any(String),
    code: null,
    occurredAtMs: expect.any(Number),
  });
});

it('finds the few outcomes that a filter asks for, with their code', async () => {
  expect(await firstItem({ kinds: ['rejected'] }, 'reject')).toMatchObject({
    kind: 'rejected',
    code: expect.any(String),
  });
});

it('finds events of one type among outcomes', async () => {
  const { eventType } = await firstItem({ kinds: ['delivered'] });
  expect(await firstItem({ kinds: ['delivered'], eventType: eventType! })).toMatchObject({ eventType });
});

it('asks nothing of the hot path once no reader is left', async () => {
  const tap = await openStoredTap({ sql: hub.sql, onError });
  expect(tap.isWanted).toBe(false);
  const reader = readers.open({})!;
  const wanted = async (isWanted: boolean) => {
    for (const endMs = Date.now() + 10_000; tap.isWanted !== isWanted;) {
      if (Date.now() > endMs) throw new Error(`expected isWanted to become ${isWanted}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await wanted(true);
  reader.close();
  await wanted(false);
  await tap.stop();
});

it('holds a bounded number of items for a reader that takes none, and counts the rest', async () => {
  const tap = await openStoredTap({ sql: hub.sql, onError });
  const reader = readers.open({ kinds: ['quarantined'] })!;
  const request = {
    hash: Buffer.alloc(32),
    tokenId: 7,
    types: [],
    refused: Array.from({ length: 1_000 }, (_, position) => ({ position, code: 'x', detail: '', raw: '' })),
    fingerprints: [],
    json: Buffer.from('[]'),
  };
  const updates: TailUpdate[] = [];
  for (const endMs = Date.now() + 20_000; updates.length < 1 && Date.now() < endMs;) {
    for (let count = 0; count < 200 && tap.isWanted; count++) tap.stored([request]);
    const update = await Promise.race([
      reader.next(),
      new Promise<undefined>((resolve) => setTimeout(resolve, 600, undefined)),
    ]);
    if (update) updates.push(update);
  }
  const [update] = updates;
  expect(update!.items.length).toBeLessThanOrEqual(20);
  expect(update!.leftOutCount).toBeGreaterThan(10_000);
  reader.close();
  await tap.stop();
});

it('makes no error', () => expect(errors).toEqual([]));
