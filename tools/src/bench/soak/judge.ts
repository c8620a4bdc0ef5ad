import { median } from '../reading/percentiles.js';
import type { Sample } from './sample.js';

/** Growth that is no leak: caches fill, and a table gets pages in pieces. */
export const allowed = { ratio: 1.25, bytes: 8 * 1024 * 1024, pendingSeconds: 5 };

/** Compares two stretches of a soak: the medians of its second and of its last quarter, after what a start needs. */
export interface Trend {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly isFlat: boolean;
}

/**
 * Whether memory and working tables stay as they are, and whether an event costs the retained tables as many bytes at the
 * end as before.
 * @param samples at least eight, at equal intervals
 */
export function judgeSoak(samples: readonly Sample[]): readonly Trend[] {
  const quarter = Math.floor(samples.length / 4);
  const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const trend = (name: string, read: (sample: Sample) => number): Trend => {
    const [before, after] = [median(second.map(read)), median(last.map(read))];
    return { name, before, after, isFlat: after <= before * allowed.ratio || after <= before + allowed.bytes };
  };
  const namesOf = (read: (sample: Sample) => Readonly<Record<string, number>>): readonly string[] => [
    ...new Set(samples.flatMap((sample) => Object.keys(read(sample)))),
  ];
  const pending = (some: readonly Sample[]): number => median(some.map((sample) => sample.pending));
  const rate = (samples.at(-1)!.events - samples[0]!.events) / (samples.at(-1)!.seconds - samples[0]!.seconds);
  return [
    ...namesOf((sample) => sample.residentBytes).map((name) =>
      trend(`memory of ${name}`, (sample) => sample.residentBytes[name] ?? 0),
    ),
    ...(samples.some(({ redisBytes }) => redisBytes !== undefined)
      ? [trend('memory of redis', (sample) => sample.redisBytes ?? 0)]
      : []),
    ...namesOf((sample) => sample.workingBytes).map((name) =>
      trend(`table ${name}`, (sample) => sample.workingBytes[name] ?? 0),
    ),
    perEvent(samples, quarter),
    {
      name: 'pending events',
      before: pending(second),
      after: pending(last),
      isFlat: pending(last) <= rate * allowed.pendingSeconds,
    },
  ];
}

/** Bytes that an event adds to the retained tables. */
function perEvent(samples: readonly Sample[], quarter: number): Trend {
  const added = (from: Sample, to: Sample): number =>
    (retainedOf(to) - retainedOf(from)) / Math.max(1, to.events - from.events);
  const before = added(samples[quarter]!, samples[2 * quarter]!);
  const after = added(samples.at(-quarter - 1)!, samples.at(-1)!);
  return { name: 'retained bytes per event', before, after, isFlat: after <= before * allowed.ratio };
}

function retainedOf({ retainedBytes }: Sample): number {
  return Object.values(retainedBytes).reduce((sum, bytes) => sum + bytes, 0);
}
