import { join } from 'node:path';
import { createEventMaker } from '../events/eventMaker.js';
import { writeNdjson } from '../events/writeFile.js';
import type { Floor } from '../programs/floor.js';
import { floorVariants, type FloorVariant } from '../programs/floorVariants.js';
import { startProgram } from '../programs/program.js';
import { untilArrived } from './arrival.js';
import type { Bench } from './bench.js';

export interface FloorMeasure {
  readonly variant: FloorVariant;
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
}

/** What the floor works with. */
export interface FloorBench extends Pick<Bench, 'sink' | 'sinkUrl' | 'folder' | 'cleanup' | 'say'> {
  readonly options: Pick<Bench['options'], 'events' | 'seed'>;
}

/** What flows right before a measured round and is not measured: through the hub, and through each script of the floor. */
export function warmUpEventsOf({ events }: Pick<FloorBench['options'], 'events'>): number {
  return Math.min(100_000, events);
}

/** Writes what the floor reads, and answers with a function that runs every variant once. */
export async function prepareFloor(bench: FloorBench): Promise<() => Promise<FloorMeasure[]>> {
  const { options, folder, say } = bench;
  const file = join(folder, 'events.ndjson');
  const warmUpFile = join(folder, 'warm-up.ndjson');
  say(`writing ${options.events} events for the floor to read`);
  const make = createEventMaker(options.seed);
  await writeNdjson(file, make, options.events);
  await writeNdjson(warmUpFile, make, warmUpEventsOf(options));
  return async () => {
    const measures: FloorMeasure[] = [];
    for (const variant of floorVariants) measures.push(await measureFloor(bench, variant, { file, warmUpFile }));
    return measures;
  };
}

/** A process of its own each time, warmed up right before, as the hub is. */
async function measureFloor(
  bench: FloorBench,
  variant: FloorVariant,
  files: { readonly file: string; readonly warmUpFile: string },
): Promise<FloorMeasure> {
  const { sink, sinkUrl, cleanup, say } = bench;
  const floor = startProgram<Floor>('floor');
  cleanup.add('the floor', floor.stop);
  try {
    await floor.call('run', { file: files.warmUpFile, url: sinkUrl, variant });
    const before = await sink.call('arrivals');
    const { events, seconds, cpuMicros } = await floor.call('run', { file: files.file, url: sinkUrl, variant });
    const after = await untilArrived(sink, before.events + events);
    if (after.events !== before.events + events)
      throw new Error(`the floor sent ${events} events; ${after.events - before.events} arrived`);
    const measure = { variant, eventsPerSecond: events / seconds, cpuMicros: cpuMicros / events };
    say(`floor, ${variant}: ${Math.round(measure.eventsPerSecond)} events/s, ${measure.cpuMicros.toFixed(1)} µs/event`);
    return measure;
  } finally {
    await floor.stop();
  }
}
