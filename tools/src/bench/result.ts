import type { QueueKind } from './bench.js';
import type { Balance } from './hub/balance.js';
import type { Backlog } from './measures/backlog.js';
import type { FloorMeasure, FloorVariant } from './measures/floor.js';
import type { Latency } from './measures/latency.js';
import type { Throughput } from './measures/throughput.js';
import { median } from './reading/percentiles.js';

/** One round of floor, durable script and hub. What was not requested is missing. */
export interface Round {
  readonly floor: readonly FloorMeasure[];
  readonly durableScript: Throughput | undefined;
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

/** Medians of all rounds; undefined when the durable script was not run. */
export function summariseDurableScript(rounds: readonly Round[]) {
  const measures = rounds.flatMap(({ durableScript }) => durableScript ?? []);
  return measures.length > 0
    ? { ...mediansOf(measures), timesFloor: timesFloorOf(rounds, 'durableScript') }
    : undefined;
}

/** Medians of all rounds; undefined when the hub was not run. */
export function summariseHub(rounds: readonly Round[]) {
  const hubs = rounds.flatMap(({ hub }) => hub ?? []);
  if (hubs.length === 0) return undefined;
  return {
    ...mediansOf(hubs),
    /** The median ratio of the hub's sum to the plain script of the same round; undefined without a floor. */
    timesFloor: timesFloorOf(rounds, 'hub'),
    /** The same ratio to the cheapest script with compression. */
    timesTunedFloor: timesFloorOf(rounds, 'hub', summariseFloor(rounds)?.gzip),
    /** The same ratio to the durable script. */
    timesDurableScript: medianOf(
      rounds.flatMap(({ hub, durableScript }) =>
        hub && durableScript ? [hub.sumMicros / durableScript.sumMicros] : [],
      ),
    ),
  };
}

function timesFloorOf(
  rounds: readonly Round[],
  what: 'hub' | 'durableScript',
  wanted: FloorVariant | undefined = 'plain script, gzip 1',
): number | undefined {
  return medianOf(
    rounds.flatMap(({ floor, [what]: measured }) => {
      const own = floor.find(({ variant }) => variant === wanted);
      return measured && own ? [measured.sumMicros / own.cpuMicros] : [];
    }),
  );
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length > 0 ? median(values) : undefined;
}

function mediansOf(measures: readonly Throughput[]) {
  /** One value per process. */
  const each = (of: (name: string) => number) =>
    Object.fromEntries(Object.keys(measures[0]?.cpuMicros ?? {}).map((name) => [name, of(name)]));
  return {
    eventsPerSecond: median(measures.map(({ eventsPerSecond }) => eventsPerSecond)),
    cpuMicros: each((name) => median(measures.map(({ cpuMicros }) => cpuMicros[name] ?? NaN))),
    sumMicros: median(measures.map(({ sumMicros }) => sumMicros)),
    peakBytes: each((name) => Math.max(...measures.map(({ peakBytes }) => peakBytes[name] ?? NaN))),
  };
}
