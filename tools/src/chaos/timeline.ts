/** What happened, and when. */
export interface TimelineEntry {
  /** Milliseconds after the start of the load. */
  readonly atMs: number;
  /** `fault` begins, `end` ends it, `state` is a change of a Current's or a process's state, `counts` a reading. */
  readonly kind: 'fault' | 'end' | 'state' | 'counts' | 'note';
  /** What it is about, such as `worker-1`. */
  readonly subject: string;
  readonly text: string;
}

export type Timeline = ReturnType<typeof createTimeline>;

export function createTimeline(onEntry: (entry: TimelineEntry) => void = () => undefined) {
  const entries: TimelineEntry[] = [];
  let startedMs = performance.now();
  return {
    entries: entries as readonly TimelineEntry[],
    /** The time from which the others are counted. */
    start: () => void (startedMs = performance.now()),
    nowMs: () => Math.round(performance.now() - startedMs),
    add(kind: TimelineEntry['kind'], subject: string, text: string): void {
      const entry = { atMs: Math.round(performance.now() - startedMs), kind, subject, text };
      entries.push(entry);
      onEntry(entry);
    },
    count: (kind: TimelineEntry['kind']) => entries.filter((entry) => entry.kind === kind).length,
  };
}

/** One line of text: `  12.3 s  fault  worker-1   kill for 1.2 s`. */
export function describeEntry({ atMs, kind, subject, text }: TimelineEntry): string {
  return `${(atMs / 1_000).toFixed(1).padStart(7)} s  ${kind.padEnd(6)}  ${subject.padEnd(10)}  ${text}`;
}
