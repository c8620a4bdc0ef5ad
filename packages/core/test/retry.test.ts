import { describe, expect, it } from 'vitest';
import { backoffMs, probeWaitsMs, decideRetry, type RetryTerms, type RetryableFailure } from '../src/retry.js';

const hourMs = 3_600_000;
const terms: RetryTerms = { nowMs: 10 * hourMs, keptSinceMs: 9 * hourMs, windowMs: 48 * hourMs, random: 0 };
const failure: RetryableFailure = { code: 'http_503', detail: 'HTTP 503', afterMs: undefined, tries: 1 };

describe('9. one retry policy', () => {
  it('waits 2 s, doubled each time up to a minute, plus 1 to 5 s of jitter', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1_000_000].map((tries) => backoffMs(tries, 0))).toEqual([
      3_000, 5_000, 9_000, 17_000, 33_000, 61_000, 61_000, 61_000,
    ]);
    expect(backoffMs(1, 0.5) - backoffMs(1, 0)).toBe(2_000);
  });

  it('retries after that wait, or after the wait that the partner requested, even a wait of zero', () => {
    expect(decideRetry(failure, terms)).toEqual({ again: true, dueAtMs: terms.nowMs + 3_000 });
    expect(decideRetry({ ...failure, tries: 3 }, terms)).toEqual({ again: true, dueAtMs: terms.nowMs + 9_000 });
    for (const afterMs of [0, 90_000])
      expect(decideRetry({ ...failure, afterMs }, terms)).toEqual({ again: true, dueAtMs: terms.nowMs + afterMs });
  });

  it('makes a last attempt at the end of the retry window when the wait would exceed it', () => {
    const endMs = terms.keptSinceMs + terms.windowMs;
    expect(decideRetry({ ...failure, afterMs: 72 * hourMs }, terms)).toEqual({ again: true, dueAtMs: endMs });
    expect(decideRetry(failure, { ...terms, nowMs: endMs - 1 })).toEqual({ again: true, dueAtMs: endMs });
  });

  it('gives up once the window is over, with the last failure as the reason', () => {
    const nowMs = terms.keptSinceMs + terms.windowMs;
    expect(decideRetry(failure, { ...terms, nowMs })).toEqual({
      again: false,
      code: 'http_503',
      detail: 'kept for the whole retry window of 48 h; last: HTTP 503',
    });
  });

  it('is a pure function of failure, time and random number', () => {
    expect(decideRetry(failure, terms)).toEqual(decideRetry({ ...failure }, { ...terms }));
  });

  it('probes a blocked Current at least every 5 minutes for the first four hours, then every 15', () => {
    const minutes = probeWaitsMs.map((ms) => ms / 60_000);
    expect(minutes.slice(0, 5)).toEqual([1, 2, 4, 5, 5]);
    const frequent = minutes.filter((wait) => wait <= 5);
    expect(frequent.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(4 * 60);
    expect(minutes.slice(frequent.length)).toEqual([15]);
  });
});
