import { describe, expect, it } from 'vitest';
import { createScrape } from '../src/process/scrape.js';

/** A scrape of texts of some length, at a time that the test sets. */
function openScrape(length: number) {
  const state = { nowMs: 0, written: 0 };
  const registry = { metrics: async () => `${++state.written}`.padEnd(length) };
  const scrape = createScrape(registry, () => state.nowMs);
  return Object.assign(state, { scrape: async () => Number((await scrape()).trim()) });
}

describe('a scrape', () => {
  it('writes the metrics anew each time while they are few', async () => {
    const few = openScrape(100_000);
    expect([await few.scrape(), await few.scrape()]).toEqual([1, 2]);
  });

  it('answers the same text to all that come while it is being written', async () => {
    const few = openScrape(10);
    expect(await Promise.all([few.scrape(), few.scrape(), few.scrape()])).toEqual([1, 1, 1]);
    expect(await few.scrape()).toBe(2);
  });

  it('answers a long text for as long as a flood of scrapes needs to be harmless', async () => {
    const many = openScrape(1_000_000);
    expect(await many.scrape()).toBe(1);
    many.nowMs = 999;
    expect(await many.scrape()).toBe(1);
    many.nowMs = 1_000;
    expect(await many.scrape()).toBe(2);
  });

  it('fails as the metrics do, and succeeds once they do', async () => {
    let isBroken = true;
    const scrape = createScrape({
      metrics: async () => {
        if (isBroken) throw new Error('broken');
        return 'fine';
      },
    });
    await expect(scrape()).rejects.toThrow('broken');
    isBroken = false;
    expect(await scrape()).toBe('fine');
  });
});
