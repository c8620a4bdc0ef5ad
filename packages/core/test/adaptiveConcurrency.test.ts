import { describe, expect, it } from 'vitest';
import { createPace } from '../src/delivery/adaptiveConcurrency.js';

const answers = (pace: ReturnType<typeof createPace>, count: number, ms: number) => {
  for (let index = 0; index < count; index++) pace.answered(ms);
};

describe('the pace of a Current', () => {
  it('rises while the partner is fast, up to what the connector declares', () => {
    const pace = createPace();
    expect(pace.requests(10)).toBe(2);
    answers(pace, 200, 20);
    expect(pace.requests(10)).toBe(10);
    expect(pace.requests(4)).toBe(4);
  });

  it('falls by half on trouble, and never below one', () => {
    const pace = createPace();
    answers(pace, 60, 20);
    const before = pace.requests(64);
    pace.troubled();
    expect(pace.requests(64)).toBeLessThanOrEqual(Math.ceil(before / 2));
    for (let index = 0; index < 20; index++) pace.troubled();
    expect(pace.requests(64)).toBe(1);
  });

  it('falls when answers become slow, and recovers when they are quick again', () => {
    const pace = createPace();
    answers(pace, 60, 20);
    const before = pace.requests(64);
    answers(pace, 60, 400);
    const slowed = pace.requests(64);
    expect(slowed).toBeLessThan(before);
    answers(pace, 100, 20);
    expect(pace.requests(64)).toBeGreaterThan(slowed);
  });

  it('saves nothing up beyond what the connector declares: a partner that slows down is asked less at once', () => {
    const pace = createPace();
    for (let index = 0; index < 1_000; index++) {
      pace.answered(20);
      pace.requests(4);
    }
    answers(pace, 2, 400);
    expect(pace.requests(4)).toBe(3);
    pace.troubled();
    expect(pace.requests(4)).toBe(1);
  });

  it('takes a partner that is always slow for what it is', () => {
    const pace = createPace();
    answers(pace, 100, 800);
    expect(pace.requests(64)).toBeGreaterThan(8);
  });
});
