/** The fields of V8's --cpu-prof file that are used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds from the previous sample to each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/**
 * The functions of the main thread by self time, largest first: name, file and line of each, and its time without its
 * callees. Idle time is excluded; the garbage collector counts as a function.
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

/** The most expensive functions as lines of text, each with its share and, if the events are known, its cost per event. */
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
