import { describe, expect, it } from 'vitest';
import { joinJson, wholeChunkAt, type Item, type JsonChunk } from '../src/index.js';

type Payload = { readonly n: number };

function runOf(...numbers: number[]): Item<Payload>[] {
  const chunk: JsonChunk = { json: Buffer.from(numbers.map((n) => `{"n":${n}}`).join(',')), ids: numbers.map(String) };
  return numbers.map((n) => ({ id: `${n}`, payload: { n }, json: `{"n":${n}}`, chunk }));
}

const alone = (n: number): Item<Payload> => ({ id: `${n}`, payload: { n }, json: `{"n":${n}}` });
const joined = (items: readonly Item<Payload>[]): string =>
  joinJson(items)
    .map((piece) => Buffer.from(piece).toString())
    .join('');
const numbersIn = (items: readonly Item<Payload>[]): number[] =>
  (JSON.parse(`[${joined(items)}]`) as Payload[]).map(({ n }) => n);

describe('a chunk of items', () => {
  const [a, b, c] = runOf(1, 2, 3) as [Item<Payload>, Item<Payload>, Item<Payload>];
  const [d, e] = runOf(4, 5) as [Item<Payload>, Item<Payload>];

  it.each([
    { name: 'nothing', items: [], whole: undefined },
    { name: 'the whole of it', items: [a, b, c], whole: a.chunk },
    { name: 'two', items: [a, b, c, d, e], whole: a.chunk },
    { name: 'a part of it', items: [a, c], whole: undefined },
    { name: 'its beginning', items: [a, b], whole: undefined },
    { name: 'its end', items: [b, c, d, e], whole: undefined },
    { name: 'another order', items: [b, a, c], whole: undefined },
    { name: 'something in between', items: [a, d, b, c], whole: undefined },
    { name: 'items without a chunk', items: [alone(7), a, b, c, alone(8)], whole: undefined },
  ])('is joined like its items one by one: $name', ({ items, whole }) => {
    expect(joined(items)).toBe(items.map(({ json }) => json).join(','));
    expect(numbersIn(items)).toStrictEqual(items.map(({ payload }) => payload.n));
    expect(wholeChunkAt(items, 0)).toBe(whole);
  });

  it('is joined from its text, not from its items', () => {
    const mute = [a, b, c].map((item) => ({
      ...item,
      get json(): string {
        throw new Error('asked');
      },
    }));
    expect(numbersIn(mute)).toStrictEqual([1, 2, 3]);
  });
});
