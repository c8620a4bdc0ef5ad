import { join } from 'node:path';
import type { Stage } from '../bench.js';
import type { BenchDestinationName } from '../destinations.js';
import { createEventMaker, writeNdjson } from '../events/eventMaker.js';
import type { Floor } from '../programs/floor.js';
import type { OpenSink } from '../programs/open.js';
import { startProgram } from '../programs/program.js';
import { untilArrived } from './arrival.js';

/** The plain script first, then its optimised variants. */
const floorVariants = ['plain script, gzip 1', 'no gzip', 'gzip 1, main thread', 'gzip 1, thread pool'] as const;
export type FloorVariant = (typeof floorVariants)[number];

export interface FloorMeasure {
  readonly variant: FloorVariant;
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
}

export type RunFloor = () => Promise<readonly FloorMeasure[]>;

/** Warm-up events before each measured round, through the hub and through each script of the floor. */
export function warmUpEventsOf(events: number): number {
  return Math.min(100_000, events);
}

/** Writes the input files of the floor; the returned function runs every variant once. */
export async function prepareFloor(
  { folder, cleanup, progress }: Pick<Stage, 'folder' | 'cleanup' | 'progress'>,
  { sink, url }: OpenSink,
  {
    events,
    seed,
    destination = 'mixpanel',
  }: { readonly events: number; readonly seed: number; readonly destination?: BenchDestinationName },
): Promise<RunFloor> {
  const file = join(folder, 'events.ndjson');
  const warmUpFile = join(folder, 'warm-up.ndjson');
  progress(`writing ${events} events for the floor to read`);
  const make = createEventMaker(seed);
  await writeNdjson(file, make, events);
  await writeNdjson(warmUpFile, make, warmUpEventsOf(events));

  /** A new process each time, with a warm-up like the hub's. */
  async function measure(variant: FloorVariant): Promise<FloorMeasure> {
    const floor = startProgram<Floor>('floor');
    cleanup.add('the floor', floor.stop);
    try {
      await floor.call('run', { file: warmUpFile, url, variant, destination });
      const before = await sink.call('arrivals');
      const { events, seconds, cpuMicros } = await floor.call('run', { file, url, variant, destination });
      const after = await untilArrived(sink, before.events + events);
      if (after.events !== before.events + events)
        throw new Error(`the floor sent ${events} events; ${after.events - before.events} arrived`);
      const measured = { variant, eventsPerSecond: events / seconds, cpuMicros: cpuMicros / events };
      progress(
        `floor, ${variant}: ${Math.round(measured.eventsPerSecond)} events/s, ${measured.cpuMicros.toFixed(1)} µs/event`,
      );
      return measured;
    } finally {
      await floor.stop();
    }
  }

  return async () => {
    const measures: FloorMeasure[] = [];
    for (const variant of floorVariants) measures.push(await measure(variant));
    return measures;
  };
}
