import { coldShare, someWait, waitsUntil, type KeysOfBudget, type PlainBudget } from './budgetState.js';

export type Names = readonly (string | undefined)[];

/** What is left to do about the keys of an item that was counted. */
export interface Counted {
  /** Its keys, budget by budget; none when there is nothing to do. */
  readonly names: Names;
  /** A bit for each budget, the first being 1: the shared marks are to be asked about its key. */
  readonly asks: number;
}

/** Of keys that are far from their limits, and have nobody waiting: so it is nearly always. */
export const nothingToDo: Counted = { names: [], asks: 0 };

/** Counts the items of one attempt for their keys. */
export interface Count {
  /** As how many the next item counts. None: its keys are not wanted, and there is nothing to do about it. */
  draw(isNew: boolean): number;
  /** @param bytes of the item's text. */
  take(names: Names, drawn: number, bytes: number, isNew: boolean): Counted;
}

/** So many events of a key are counted at least before it is warm, or its count might be far off. */
const leastCounted = 150;
/** To leave out more than this many for one that counts saves nothing worth having. */
const mostForOne = 8;
/** What budgets of bytes reckon with. */
const eventBytes = 1_000;

/**
 * To read the keys of an event and to count them costs about a tenth of what it costs to map and write it. So where
 * limits are high, one of several counts for all, drawn at random, until any key comes near its limit.
 */
export function startCount(held: readonly KeysOfBudget[], nowMs: number): Count {
  const stride = Math.max(
    1,
    Math.floor(Math.min(mostForOne, ...held.map(({ budget }) => eventsUntilWarm(budget) / leastCounted))),
  );
  let countsAll =
    stride === 1 ||
    held.some(({ warm, watch, queues }) => warm.someAreWarm(nowMs) || watch?.isAwake() || someWait(queues, nowMs));
  let last = nothingToDo;
  return {
    draw(isNew) {
      if (countsAll || !isNew) return 1;
      return Math.random() * stride < 1 ? stride : 0;
    },
    take(names, drawn, bytes, isNew) {
      let asks = 0;
      let isWatched = false;
      for (let place = 0; place < held.length; place++) {
        const key = names[place];
        if (key === undefined) continue;
        const { budget, warm, watch, queues } = held[place] as KeysOfBudget;
        const isWarm = warm.add(key, budget.unit === 'events' ? drawn : drawn * bytes, nowMs);
        if (isWarm || !isNew || (queues.size > 0 && waitsUntil(queues, key, nowMs) > 0)) asks |= 1 << place;
        if (watch?.isAwake() && watch.watches(key)) isWatched = true;
      }
      if (asks === 0 && !isWatched) return nothingToDo;
      countsAll = true;
      // Neighbours often share their keys: all do where a budget is the whole project's.
      if (last.names !== names || last.asks !== asks) last = { names, asks };
      return last;
    },
  };
}

function eventsUntilWarm({ allow, unit }: PlainBudget): number {
  return (allow * coldShare) / (unit === 'events' ? 1 : eventBytes);
}
