/** Each bucket is so much wider than the one before it, so an estimate is within 5 % of the true value. */
const growth = 1.1;
const logGrowth = Math.log(growth);

/** Events by bucket. Histograms with the same buckets are merged by adding their counts. */
export type LatencyBuckets = ReadonlyMap<number, number>;

/**
 * The bucket of a latency in milliseconds: a histogram with logarithmic buckets, as DDSketch (Masson, Rim and Lee, 2019)
 * and HdrHistogram have. Bucket 0 is up to 1 ms; bucket n ends at `growth ** n` ms. The buckets are stored, so they stay.
 */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.ceil(Math.log(ms) / logGrowth);
}

/** The latency in milliseconds that this share of the events does not exceed; undefined without events. */
export function quantile(buckets: LatencyBuckets, share: number): number | undefined {
  let events = 0;
  for (const count of buckets.values()) events += count;
  if (events === 0) return undefined;
  let rank = Math.max(1, Math.ceil(share * events));
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    rank -= count;
    // The value of a bucket with the same relative error to both of its ends.
    if (rank <= 0) return bucket === 0 ? 1 : (2 * growth ** bucket) / (growth + 1);
  }
  return undefined;
}
