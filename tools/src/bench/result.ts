import type { QueueKind } from './bench.js';
import type { Balance } from './hub/balance.js';
import type { Backlog } from './measures/backlog.js';
import type { FloorMeasure } from './measures/floor.js';
import type { Latency } from './measures/latency.js';
import type { Throughput } from './measures/throughput.js';
import type { FloorVariant } from './programs/floorVariants.js';
import { median } from './reading/percentiles.js';

/** One turn of floor and hub. Either is missing when only the other was asked for. */
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

/** Why nothing was measured. */
export interface NotRun {
  readonly notRun: string;
}

export interface BenchResult {
  /** Mean bytes of JSON of an event that came in. */
  readonly eventBytes: number;
  readonly floorRounds: readonly Round[];
  readonly queues: Partial<Record<QueueKind, QueueResult | NotRun>>;
}

export interface FloorSummary {
  readonly variants: Readonly<
    Partial<Record<FloorVariant, { readonly eventsPerSecond: number; readonly cpuMicros: number }>>
  >;
  /** The cheaper of the two tuned ones that pack. */
  readonly gzip: FloorVariant;
  readonly gzipMicros: number;
}

/** Medians of all rounds; undefined when the floor was not run. */
export function summariseFloor(rounds: readonly Round[]): FloorSummary | undefined {
  const measures = rounds.flatMap(({ floor }) => floor);
  if (measures.length === 0) return undefined;
  const variants: Partial<Record<FloorVariant, { eventsPerSecond: number; cpuMicros: number }>> = {};
  for (const variant of new Set(measures.map((measure) => measure.variant))) {
    const own = measures.filter((measure) => measure.variant === variant);
    variants[variant] = {
      eventsPerSecond: median(own.map(({ eventsPerSecond }) => eventsPerSecond)),
      cpuMicros: median(own.map(({ cpuMicros }) => cpuMicros)),
    };
  }
  const costOf = (variant: FloorVariant): number => variants[variant]?.cpuMicros ?? Infinity;
  const gzip =
    costOf('gzip 1, main thread') <= costOf('gzip 1, thread pool') ? 'gzip 1, main thread' : 'gzip 1, thread pool';
  return { variants, gzip, gzipMicros: costOf(gzip) };
}

export interface HubSummary {
  readonly eventsPerSecond: number;
  readonly cpuMicros: Readonly<Record<string, number>>;
  readonly sumMicros: number;
  readonly peakBytes: Readonly<Record<string, number>>;
  /** The hub's sum over the plain script of the same round, in the median; undefined without a floor. */
  readonly timesFloor: number | undefined;
  /** The same over the cheapest script that packs. */
  readonly timesTunedFloor: number | undefined;
}

/** Medians of all rounds; undefined when the hub was not run. */
export function summariseHub(rounds: readonly Round[]): HubSummary | undefined {
  const hubs = rounds.flatMap(({ hub }) => hub ?? []);
  const [first] = hubs;
  if (!first) return undefined;
  const floor = summariseFloor(rounds);
  const timesOf = (wanted: FloorVariant | undefined): number | undefined => {
    const ratios = rounds.flatMap(({ hub, floor: measures }) => {
      const own = measures.find(({ variant }) => variant === wanted);
      return hub && own ? [hub.sumMicros / own.cpuMicros] : [];
    });
    return ratios.length > 0 ? median(ratios) : undefined;
  };
  const names = Object.keys(first.cpuMicros);
  return {
    eventsPerSecond: median(hubs.map(({ eventsPerSecond }) => eventsPerSecond)),
    cpuMicros: Object.fromEntries(
      names.map((name) => [name, median(hubs.map(({ cpuMicros }) => cpuMicros[name] ?? NaN))]),
    ),
    sumMicros: median(hubs.map(({ sumMicros }) => sumMicros)),
    peakBytes: Object.fromEntries(
      names.map((name) => [name, Math.max(...hubs.map(({ peakBytes }) => peakBytes[name] ?? NaN))]),
    ),
    timesFloor: timesOf('plain script, gzip 1'),
    timesTunedFloor: timesOf(floor?.gzip),
  };
}
