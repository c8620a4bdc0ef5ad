import { describe, expect, it } from 'vitest';
import { createClock } from '../../src/fakes/clock.js';
import { createRandom, shuffle } from '../../src/fakes/random.js';
import { addTo, createRollingCount, totalOf } from '../../src/fakes/rollingCount.js';
import { decodeText, findDuplicateKeys } from '../../src/fakes/strictJson.js';

describe('the virtual clock', () => {
  it('can be set and advanced', () => {
    const clock = createClock(1000, 0);
    clock.advance(5);
    expect(clock.now()).toBe(1005);
    clock.set(1);
    clock.advance(2);
    expect(clock.now()).toBe(3);
  });
});

describe('the random generator', () => {
  it('is repeatable by its seed, and uniform', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 2000 }, () => random());
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    const tenths = new Set(draw(3).map((value) => Math.floor(value * 10)));
    expect(tenths.size).toBe(10);
    expect(shuffle([1, 2, 3, 4, 5, 6, 7, 8], createRandom(3)).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('a rolling count', () => {
  it('keeps the newest buckets and drops the others', () => {
    const count = createRollingCount();
    addTo(count, 10, 3);
    addTo(count, 10, 1);
    addTo(count, 12, 5);
    expect([totalOf(count, 12, 3), totalOf(count, 13, 3), totalOf(count, 15, 3)]).toEqual([9, 5, 0]);
    expect(count.ring).toEqual([]);
  });

  it('equals a sum over all events', () => {
    const random = createRandom(5);
    const count = createRollingCount();
    const all: [number, number][] = [];
    for (let bucket = 0; bucket < 300; bucket += Math.floor(random() * 4)) {
      const amount = Math.floor(random() * 9);
      addTo(count, bucket, amount);
      all.push([bucket, amount]);
      const expected = all.filter(([at]) => at > bucket - 30).reduce((sum, [, more]) => sum + more, 0);
      expect(totalOf(count, bucket, 30)).toBe(expected);
    }
  });
});

describe('text and JSON', () => {
  it.each([
    [[0x61], 'a', true],
    [[0xc3, 0xa4, 0xf0, 0x9f, 0x99, 0x82], 'ä🙂', true],
    [[0x61, 0xff, 0x62], 'a\udcffb', false],
    [[0xe2, 0x82], '\udce2\udc82', false],
    [[0xc3, 0xa4, 0xed, 0xa0, 0x80, 0xc3, 0xa4], 'ä\udced\udca0\udc80ä', false],
    [[0xc0, 0xaf, 0xf5], '\udcc0\udcaf\udcf5', false],
  ])('invalid UTF-8 %j becomes lone surrogates', (bytes, text, wellFormed) => {
    expect(decodeText(new Uint8Array(bytes))).toEqual({ text, wellFormed });
  });

  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', []],
    ['{"a":1,"a":2}', ['a']],
    ['[{"x":"a,\\"b\\":","y":{"k":1,"k":[],"k":{}}}]', ['k', 'k']],
    ['{"\\u0061":1,"a":2}', ['a']],
    ['["a","a"]', []],
    ['"a"', []],
    ['{"a\\\\":1,"b\\"":{"a\\\\":2},"b\\"":3}', ['b"']],
  ])('duplicate keys of an object are found in %s', (json, keys) => {
    expect(findDuplicateKeys(json)).toEqual(keys);
  });
});
