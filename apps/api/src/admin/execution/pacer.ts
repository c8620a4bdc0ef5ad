/** Loop time that fields are resolved for before other work gets its turn. */
const sliceMs = 8;
/** Fields that are resumed in one turn for each query; each may go on to those below it until the slice is over. */
const resumedAtOnce = 64;

export interface PacerOptions {
  /** Loop time of one query, beyond which it is stopped. */
  readonly maxMs: number;
}

/** The turns of one query. */
export interface Pace {
  /**
   * Called before each field. Undefined if the field may be resolved at once; otherwise it has to wait for the promise, and
   * call this again. The promise never resolves once the query is stopped.
   */
  turn(): Promise<void> | undefined;
  /** Rejects with `QueryStopped`; the query is not resumed after that. */
  readonly stopped: Promise<never>;
  /** Lets the query finish however long it takes: a mutation has to answer what it did. */
  neverStop(): void;
  /** Loop time so far. */
  readonly usedMs: number;
  /** Fields that were resolved so far. */
  readonly fieldCount: number;
}

/** The query took more time of the event loop than one may. */
export class QueryStopped extends Error {
  constructor(readonly maxMs: number) {
    super(
      `the query took more than ${maxMs} ms of computing time; ask for fewer fields, shorter pages or less at once`,
    );
    this.name = 'QueryStopped';
  }
}

export type Pacer = ReturnType<typeof createPacer>;

/**
 * Cooperative multitasking for resolvers. graphql-js resolves fields without a pause as long as none returns a promise. Here,
 * once fields have been resolved for `sliceMs` within one turn of the event loop, the next ones wait for another turn. The
 * queries that wait are resumed alike.
 */
export function createPacer({ maxMs }: PacerOptions) {
  const waiting = new Set<(() => void)[]>();
  let turnStartedMs: number | undefined;
  let lastMs = 0;

  function beginTurn(nowMs: number): void {
    turnStartedMs = nowMs;
    lastMs = nowMs;
    setImmediate(endTurn);
  }

  function endTurn(): void {
    turnStartedMs = undefined;
    if (waiting.size === 0) return;
    beginTurn(performance.now());
    for (const queue of waiting) {
      for (const resume of queue.splice(0, resumedAtOnce)) resume();
      if (queue.length === 0) waiting.delete(queue);
    }
  }

  function open(): Pace {
    const queue: (() => void)[] = [];
    let usedMs = 0;
    let fieldCount = 0;
    let limitMs = maxMs;
    let stop: (error: QueryStopped) => void = () => undefined;
    const stopped = new Promise<never>((_resolve, reject) => (stop = reject));
    stopped.catch(() => undefined);
    return {
      stopped,
      turn() {
        const nowMs = performance.now();
        const startedMs = turnStartedMs ?? nowMs;
        if (turnStartedMs === undefined) beginTurn(nowMs);
        usedMs += nowMs - lastMs;
        lastMs = nowMs;
        if (usedMs > limitMs) {
          stop(new QueryStopped(maxMs));
          return new Promise(() => undefined);
        }
        if (nowMs - startedMs < sliceMs) {
          fieldCount++;
          return undefined;
        }
        waiting.add(queue);
        return new Promise((resolve) => void queue.push(resolve));
      },
      neverStop: () => void (limitMs = Infinity),
      get usedMs() {
        return usedMs;
      },
      get fieldCount() {
        return fieldCount;
      },
    };
  }

  return { open };
}
