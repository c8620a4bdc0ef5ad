import { describe, expect, it } from 'vitest';
import type { DeliveryItem } from '../src/delivery/deliveryItem.js';
import { SerializedChunk } from '../src/delivery/serializedChunk.js';
import { hashOf } from '../src/delivery/hashOf.js';
import { UserIndex } from '../src/delivery/userIndex.js';

const itemOf = (user: string | undefined, userHash = user === undefined ? 0 : hashOf(user)): DeliveryItem =>
  ({ user, userHash, before: undefined }) as DeliveryItem;

function allOf(index: UserIndex, user: string, hash = hashOf(user)): DeliveryItem[] {
  const found: DeliveryItem[] = [];
  for (let item = index.lastOf(user, hash); item; item = item.before) found.unshift(item);
  return found;
}

describe('an index of items by user', () => {
  it.each([0, 1, 2, 3, 100, 5_000])('finds the items of each user in order, of %d items', (count) => {
    const items = Array.from({ length: count }, (_, n) => itemOf(n % 7 === 0 ? undefined : `user ${n % 900}`));
    const index = new UserIndex(items);
    for (let user = 0; user < 1_000; user++)
      expect(allOf(index, `user ${user}`)).toEqual(items.filter((item) => item.user === `user ${user}`));
  });

  it('tells users of the same hash apart', () => {
    const items = Array.from({ length: 50 }, (_, n) => itemOf(`user ${n % 5}`, 1));
    const index = new UserIndex(items);
    for (let user = 0; user < 5; user++) expect(allOf(index, `user ${user}`, 1)).toHaveLength(10);
    expect(index.lastOf('user 5', 1)).toBeUndefined();
  });
});

it('a chunk gives each of its payloads back', () => {
  const payloads = [
    { quoted: 'a "word", {b} [c] \\', 'key,"': '\\"' },
    [1, [2, 'é,€😀'], {}],
    'a, "b"',
    '',
    null,
    -1.5e30,
    true,
    { deep: [{ deeper: [[], {}] }], end: '\\' },
  ];
  const idsOf = (values: readonly unknown[]): string[] => values.map((_, n) => String(n));
  const chunk = new SerializedChunk(idsOf(payloads), payloads);
  payloads.forEach((payload, index) => expect(chunk.jsonAt(index)).toBe(JSON.stringify(payload)));
  for (const payload of payloads) expect(new SerializedChunk(['0'], [payload]).jsonAt(0)).toBe(JSON.stringify(payload));
});
