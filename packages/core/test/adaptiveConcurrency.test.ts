import { describe, expect, it } from 'vitest';
import { createAdaptiveConcurrency } from '../src/delivery/adaptiveConcurrency.js';

/** Answers while as many requests are in flight as may be. */
const answers = (concurrency: ReturnType<typeof createAdaptiveConcurrency>, count: number, ms: number) => {
  for (let index = 0; index < 64; index++) concurrency.onRequest();
  for (let index = 0; index < count; index++) {
    concurrency.onResponse(ms);
    concurrency.onRequest();
  }
};

describe('the concurrency limit of a Current', () => {
  it('rises to the declared maximum while the partner is fast', () => {
    const concurrency = createAdaptiveConcurrency();
    expect(concurrency.limit(10)).toBe(2);
    answers(concurrency, 200, 20);
    expect(concurrency.limit(10)).toBe(10);
    expect(concurrency.limit(4)).toBe(4);
  });

  it('halves on each failure, down to a minimum of one', () => {
    const concurrency = createAdaptiveConcurrency();
    answers(concurrency, 60, 20);
    const before = concurrency.limit(64);
    concurrency.onCongestion();
    expect(concurrency.limit(64)).toBeLessThanOrEqual(Math.ceil(before / 2));
    for (let index = 0; index < 20; index++) concurrency.onCongestion();
    expect(concurrency.limit(64)).toBe(1);
  });

  it('falls when responses become slow, and recovers when they are fast again', () => {
    const concurrency = createAdaptiveConcurrency();
    answers(concurrency, 60, 20);
    const before = concurrency.limit(64);
    answers(concurrency, 60, 400);
    const slowed = concurrency.limit(64);
    expect(slowed).toBeLessThan(before);
    answers(concurrency, 100, 20);
    expect(concurrency.limit(64)).toBeGreaterThan(slowed);
  });

  it('never grows past the declared maximum, so that it falls at once when a partner slows down', () => {
    const concurrency = createAdaptiveConcurrency();
    for (let index = 0; index < 1_000; index++) {
      answers(concurrency, 1, 20);
      concurrency.limit(4);
    }
    answers(concurrency, 2, 400);
    expect(concurrency.limit(4)).toBe(3);
    concurrency.onCongestion();
    expect(concurrency.limit(4)).toBe(1);
  });

  it('does not fall when a partner is always slow', () => {
    const concurrency = createAdaptiveConcurrency();
    answers(concurrency, 100, 800);
    expect(concurrency.limit(64)).toBeGreaterThan(8);
  });

  it('does not rise while fewer requests are in flight than may be, because the worker is busy', () => {
    const concurrency = createAdaptiveConcurrency();
    for (let index = 0; index < 1_000; index++) {
      concurrency.onRequest();
      concurrency.onRequest();
      concurrency.onResponse(20);
      concurrency.onResponse(20);
    }
    expect(concurrency.limit(64)).toBeLessThanOrEqual(4);
  });

  it('tells whether an attempt waits longer than it works', () => {
    const concurrency = createAdaptiveConcurrency();
    concurrency.onRequest();
    concurrency.onResponse(20);
    for (let count = 0; count < 50; count++) concurrency.onMapped(5);
    expect(concurrency.isPartnerSlower()).toBe(true);
    for (let count = 0; count < 50; count++) concurrency.onMapped(40);
    expect(concurrency.isPartnerSlower()).toBe(false);
  });
});
