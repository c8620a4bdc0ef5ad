import { describe, expect, it, vi } from 'vitest';
import { createCachedRead } from '../../src/status/cachedRead.js';

/** A read that the test answers by hand, at a time that it sets. */
function openRead() {
  const waiting: { readonly resolve: (value: string) => void; readonly reject: (error: Error) => void }[] = [];
  const state = { nowMs: 0, begun: 0 };
  const read = (): Promise<string> => {
    state.begun++;
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return Object.assign(state, {
    get: createCachedRead(read, 60_000, () => state.nowMs),
    answer: (value: string) => waiting.shift()?.resolve(value),
    fail: () => waiting.shift()?.reject(new Error('away')),
  });
}

describe('a cached read', () => {
  it('is made once for all who ask meanwhile, and again once it is too old', async () => {
    const read = openRead();
    const both = [read.get(5_000), read.get(5_000)];
    read.answer('first');
    expect(await Promise.all(both)).toEqual(Array(2).fill({ value: 'first', failureCount: 0 }));
    read.nowMs = 4_999;
    expect((await read.get(5_000)).value).toBe('first');
    expect(read.begun).toBe(1);
    read.nowMs = 5_000;
    const next = read.get(5_000);
    read.answer('second');
    expect((await next).value).toBe('second');
    expect(read.begun).toBe(2);
  });

  it('rests twenty times as long as it took, however often it is called', async () => {
    const read = openRead();
    const slow = read.get(0);
    read.nowMs = 1_000;
    read.answer('costly');
    await slow;
    read.nowMs = 20_999;
    expect((await read.get(0)).value).toBe('costly');
    expect(read.begun).toBe(1);
    read.nowMs = 21_000;
    const next = read.get(0);
    read.answer('costlier');
    expect((await next).value).toBe('costlier');
  });

  it('has no value after a failure, counts it, and is made again without rest', async () => {
    const read = openRead();
    const good = read.get(0);
    read.answer('value');
    await good;
    const bad = read.get(0);
    read.nowMs = 500;
    read.fail();
    expect(await bad).toEqual({ value: undefined, failureCount: 1 });
    const next = read.get(0);
    read.answer('back');
    expect(await next).toEqual({ value: 'back', failureCount: 1 });
  });

  it('that takes too long goes on, and its result serves those who ask later', async () => {
    const read = openRead();
    const [get, answer] = [createCachedRead(() => read.get(0).then(({ value }) => value ?? ''), 1), read.answer];
    expect((await get(60_000)).value).toBeUndefined();
    answer('late');
    await vi.waitFor(async () => expect((await get(60_000)).value).toBe('late'));
    expect(read.begun).toBe(1);
  });
});
