import type { Registry } from 'prom-client';
import { registerComputed, type Sample } from './computedMetric.js';

interface Series {
  readonly labels: Readonly<Record<string, string | number>>;
  /** Observations by bucket, not cumulative; the last one is above all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

interface WeightedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: Label;
  /** Upper bounds, in ascending order. */
  readonly buckets: readonly number[];
}

/** A histogram that takes many equal observations at once; prom-client's own takes one at a time. */
export function createWeightedHistogram<Label extends string>(
  registry: Registry,
  { name, help, label, buckets }: WeightedHistogramOptions<Label>,
) {
  const series = new Map<string | number, Series>();
  registerComputed(registry, {
    name,
    help,
    type: 'histogram',
    labelNames: [label],
    read: () => [...series.values()].flatMap((each) => samplesOf(name, buckets, each)),
  });
  return {
    /** Counts `count` observations of the same value. */
    observe(key: string | number, value: number, count: number): void {
      let each = series.get(key);
      if (!each) {
        each = { labels: { [label]: key }, counts: new Float64Array(buckets.length + 1), sum: 0 };
        series.set(key, each);
      }
      const above = buckets.findIndex((bound) => value <= bound);
      const bucket = above === -1 ? buckets.length : above;
      each.counts[bucket] = (each.counts[bucket] as number) + count;
      each.sum += value * count;
    },
  };
}

function samplesOf(name: string, buckets: readonly number[], { labels, counts, sum }: Series): readonly Sample[] {
  let total = 0;
  const samples: Sample[] = [];
  for (const [index, count] of counts.entries()) {
    total += count;
    const le = buckets[index] ?? '+Inf';
    samples.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: total });
  }
  samples.push({ metricName: `${name}_sum`, labels, value: sum });
  samples.push({ metricName: `${name}_count`, labels, value: total });
  return samples;
}
