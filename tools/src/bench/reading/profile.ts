/** What V8 writes with --cpu-prof, as far as it matters here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds from each sample to the one before. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/**
 * What the main thread was doing, busiest first: name, file and line of each function, as people would look it up, and
 * the time in itself, without what it calls. Waiting is left out; the collector counts as a function.
 */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile) {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? '?';
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  for (const waiting of ['(idle)', '(root)']) times.delete(waiting);
  return [...times].map(([place, selfMicros]) => ({ place, selfMicros })).sort((a, b) => b.selfMicros - a.selfMicros);
}

function placeOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const file = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .split('/')
    .slice(-4)
    .join('/');
  return `${name} ${file}:${lineNumber + 1}`;
}

/** The busiest functions as lines of text, each with its share and, when the events are known, its cost per event. */
export function describeProfile(profile: CpuProfile, events: number | undefined, most = 25): string[] {
  const times = selfTimes(profile);
  const busy = times.reduce((sum, { selfMicros }) => sum + selfMicros, 0);
  const costOf = (micros: number): string =>
    events === undefined ? '' : `${(micros / events).toFixed(2).padStart(8)} µs/event`;
  const lines = times.slice(0, most).map(({ place, selfMicros }) => {
    const share = ((selfMicros / busy) * 100).toFixed(1).padStart(5);
    return `${share} %${costOf(selfMicros)}  ${place}`;
  });
  return [`${(busy / 1_000_000).toFixed(2)} s busy on the main thread${costOf(busy)}`, ...lines];
}
