/** The smallest value that at least this share of all values does not exceed (nearest rank). NaN without values. */
export function percentile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A confidence interval of a median: two of the values, the `rank`th smallest and the `rank`th largest. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly rank: number;
  /** The exact probability that the interval contains the median. */
  readonly coverage: number;
}

/**
 * The narrowest interval of order statistics that contains the median with at least this probability, for any
 * distribution (Conover, Practical Nonparametric Statistics, section 3.2). Undefined with too few values.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): Interval | undefined {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let found: Interval | undefined;
  let choose = 1;
  let tail = 0;
  for (let rank = 1; rank <= n / 2; rank++) {
    // P(fewer than `rank` of n values lie below the median), from the binomial distribution with p = 1/2.
    tail += choose / 2 ** n;
    choose = (choose * (n - rank + 1)) / rank;
    const coverage = 1 - 2 * tail;
    if (coverage < confidence) break;
    found = { low: sorted[rank - 1] ?? NaN, high: sorted[n - rank] ?? NaN, rank, coverage };
  }
  return found;
}
