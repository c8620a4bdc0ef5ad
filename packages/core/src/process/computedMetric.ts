import type { Metric, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** The name of the series where it is not the metric's, such as `…_bucket`. */
  readonly metricName?: string;
}

export interface ComputedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labelNames: readonly string[];
  /** Called for each scrape. A series that it leaves out is absent. */
  readonly read: () => Promise<readonly Sample[]> | readonly Sample[];
}

/** Registers a metric whose samples are made when it is scraped, instead of a value that is set beforehand. */
export function registerComputed(registry: Registry, { read, ...metric }: ComputedMetric): void {
  const computed = {
    ...metric,
    get: async () => ({ ...metric, aggregator: 'sum', values: await read() }),
    reset: () => undefined,
  };
  // A registry asks a metric for no more than this; its type is that of prom-client's own classes.
  registry.registerMetric(computed as unknown as Metric);
}
