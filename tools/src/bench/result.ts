import type { QueueKind } from './bench.js';
import type { Balance } from './hub/balance.js';
import type { Backlog } from './measures/backlog.js';
import type { FloorMeasure, FloorVariant } from './measures/floor.js';
import type { Latency } from './measures/latency.js';
import type { Throughput } from './measures/throughput.js';
import { median } from './reading/percentiles.js';

/** One round of floor and hub. Either is missing when only the other was requested. */
export interface Round {
  readonly floor: readonly FloorMeasure[];
  readonly hub: Throughput | undefined;
}

/** The measurements of one hub. */
export interface QueueResult {
  readonly rounds: readonly Round[];
  readonly latency: Latency | undefined;
  readonly backlog: Backlog | undefined;
  readonly balance: Balance;
  /** Warnings and errors that the hub logged. */
  readonly troubles: readonly string[];
}

/** The reason why nothing was measured. */
export interface NotRun {
  readonly notRun: string;
}

export interface BenchResult {
  /** Mean bytes of JSON of a received event. */
  readonly eventBytes: number;
  readonly floorRounds: readonly Round[];
  readonly queues: Partial<Record<QueueKind, QueueResult | NotRun>>;
}

/** Medians of all rounds, by variant. Of the two optimised ones with compression, `gzip` is the cheaper. Undefined when the floor was not run. */
export function summariseFloor(rounds: readonly Round[]) {
  const measures = rounds.flatMap(({ floor }) => floor);
  if (measures.length === 0) return undefined;
  const variants: Partial<Record<FloorVariant, Omit<FloorMeasure, 'variant'>>> = {};
  for (const variant of new Set(measures.map((measure) => measure.variant))) {
    const own = measures.filter((measure) => measure.variant === variant);
    variants[variant] = {
      eventsPerSecond: median(own.map(({ eventsPerSecond }) => eventsPerSecond)),
      cpuMicros: median(own.map(({ cpuMicros }) => cpuMicros)),
    };
  }
  const costOf = (variant: FloorVariant): number => variants[variant]?.cpuMicros ?? Infinity;
  const gzip: FloorVariant =
    costOf('gzip 1, main thread') <= costOf('gzip 1, thread pool') ? 'gzip 1, main thread' : 'gzip 1, thread pool';
  return { variants, gzip, gzipMicros: costOf(gzip) };
}

/** Medians of all rounds; undefined when the hub was not run. */
export function summariseHub(rounds: readonly Round[]) {
  const hubs = rounds.flatMap(({ hub }) => hub ?? []);
  const [first] = hubs;
  if (!first) return undefined;
  const timesOf = (wanted: FloorVariant | undefined): number | undefined => {
    const ratios = rounds.flatMap(({ hub, floor: measures }) => {
      const own = measures.find(({ variant }) => variant === wanted);
      return hub && own ? [hub.sumMicros / own.cpuMicros] : [];
    });
    return ratios.length > 0 ? median(ratios) : undefined;
  };
  /** One value per process. */
  const each = (of: (name: string) => number) =>
    Object.fromEntries(Object.keys(first.cpuMicros).map((name) => [name, of(name)]));
  return {
    eventsPerSecond: median(hubs.map(({ eventsPerSecond }) => eventsPerSecond)),
    cpuMicros: each((name) => median(hubs.map(({ cpuMicros }) => cpuMicros[name] ?? NaN))),
    sumMicros: median(hubs.map(({ sumMicros }) => sumMicros)),
    peakBytes: each((name) => Math.max(...hubs.map(({ peakBytes }) => peakBytes[name] ?? NaN))),
    /** The median ratio of the hub's sum to the plain script of the same round; undefined without a floor. */
    timesFloor: timesOf('plain script, gzip 1'),
    /** The same ratio to the cheapest script with compression. */
    timesTunedFloor: timesOf(summariseFloor(rounds)?.gzip),
  };
}
