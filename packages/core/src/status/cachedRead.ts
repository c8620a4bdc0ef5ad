import { beforeDeadline } from '../db/deadline.js';

/** What a read that is not answered within this time counts as: failed. Longer than the pool lets a statement run. */
const maxReadMs = 15_000;
/** A read rests so many times as long as it took, so that all of them take at most a twentieth of a core. */
const restFactor = 20;

export interface ReadState<Value> {
  /** Undefined while it was never read, or the last read failed. */
  readonly value: Value | undefined;
  readonly failureCount: number;
}

/**
 * Caches what `read` answers, for callers of any number and rate: one read at a time (single flight), none within
 * `maxAgeMs` of the last one, and none while a costly one has to rest. Never rejects.
 * @param maxWaitMs how long a caller waits at most; the read goes on, and its result serves the next caller.
 * @param clock the time in milliseconds.
 */
export function createCachedRead<Value>(
  read: () => Promise<Value>,
  maxWaitMs: number,
  clock = (): number => performance.now(),
) {
  let state: ReadState<Value> = { value: undefined, failureCount: 0 };
  let startedMs = -Infinity;
  let restedMs = -Infinity;
  let reading: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    startedMs = clock();
    try {
      state = { ...state, value: await beforeDeadline(read(), maxReadMs) };
    } catch {
      state = { value: undefined, failureCount: state.failureCount + 1 };
    }
    const endedMs = clock();
    restedMs = endedMs + (endedMs - startedMs) * restFactor;
    reading = undefined;
  }

  return async function get(maxAgeMs: number): Promise<ReadState<Value>> {
    const now = clock();
    if (!reading && now >= startedMs + maxAgeMs && (state.value === undefined || now >= restedMs)) reading = refresh();
    if (reading) await beforeDeadline(reading, maxWaitMs).catch(() => undefined);
    return state;
  };
}
