import { describe, expect, it } from 'vitest';
import { createAdaptiveConcurrency } from '../src/delivery/adaptiveConcurrency.js';

const answers = (pace: ReturnType<typeof createAdaptiveConcurrency>, count: number, ms: number) => {
  for (let index = 0; index < count; index++) pace.onResponse(ms);
};

describe('the pace of a Current', () => {
  it('rises while the partner is fast, up to what the connector declares', () => {
    const pace = createAdaptiveConcurrency();
    expect(pace.limit(10)).toBe(2);
    answers(pace, 200, 20);
    expect(pace.limit(10)).toBe(10);
    expect(pace.limit(4)).toBe(4);
  });

  it('falls by half on trouble, and never below one', () => {
    const pace = createAdaptiveConcurrency();
    answers(pace, 60, 20);
    const before = pace.limit(64);
    pace.onCongestion();
    expect(pace.limit(64)).toBeLessThanOrEqual(Math.ceil(before / 2));
    for (let index = 0; index < 20; index++) pace.onCongestion();
    expect(pace.limit(64)).toBe(1);
  });

  it('falls when answers become slow, and recovers when they are quick again', () => {
    const pace = createAdaptiveConcurrency();
    answers(pace, 60, 20);
    const before = pace.limit(64);
    answers(pace, 60, 400);
    const slowed = pace.limit(64);
    expect(slowed).toBeLessThan(before);
    answers(pace, 100, 20);
    expect(pace.limit(64)).toBeGreaterThan(slowed);
  });

  it('saves nothing up beyond what the connector declares: a partner that slows down is asked less at once', () => {
    const pace = createAdaptiveConcurrency();
    for (let index = 0; index < 1_000; index++) {
      pace.onResponse(20);
      pace.limit(4);
    }
    answers(pace, 2, 400);
    expect(pace.limit(4)).toBe(3);
    pace.onCongestion();
    expect(pace.limit(4)).toBe(1);
  });

  it('takes a partner that is always slow for what it is', () => {
    const pace = createAdaptiveConcurrency();
    answers(pace, 100, 800);
    expect(pace.limit(64)).toBeGreaterThan(8);
  });
});
