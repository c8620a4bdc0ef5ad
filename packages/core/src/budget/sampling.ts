import { hasWaitingKeys, hotKeyShare, waitingUntil, type BudgetSpec, type BudgetState } from './budgetState.js';

/** The keys of one item, in the order of the budgets; undefined where a budget does not apply. */
export type BudgetKeys = readonly (string | undefined)[];

/** Which keys of a counted item are to be checked against the shared buckets. */
export interface KeyChecks {
  /** Empty when there is nothing to check or to count. */
  readonly keys: BudgetKeys;
  /** One bit for each budget, the first being 1. */
  readonly mask: number;
}

/** The usual case: all keys are far from their limits and have no events waiting. */
export const noChecks: KeyChecks = { keys: [], mask: 0 };

export type Sampler = ReturnType<typeof startSampling>;

/** At least this many events of a key are sampled before it is hot, or its count would be too inaccurate. */
const minSampledEvents = 150;
/** Sampling fewer than one in this many items saves nothing more. */
const maxStride = 8;
/** The assumed size of an event, for budgets of bytes. */
const assumedEventBytes = 1_000;

/**
 * Counts the items of one attempt for their keys.
 * Reading and counting the keys of an event costs about a tenth of mapping and writing it. So where limits are high, a
 * random sample counts for all, until any key comes near its limit.
 */
export function startSampling(states: readonly BudgetState[], nowMs: number) {
  const stride = Math.max(
    1,
    Math.floor(Math.min(maxStride, ...states.map(({ budget }) => eventsUntilHot(budget) / minSampledEvents))),
  );
  let countsAll =
    stride === 1 ||
    states.some(
      ({ hotKeys, counter, queuedUntil }) =>
        hotKeys.hasHotKeys(nowMs) || counter?.isWatching() || hasWaitingKeys(queuedUntil, nowMs),
    );
  let last = noChecks;
  return {
    /** How many items the next one stands for. 0: it is not sampled, and its keys are not needed. */
    drawWeight(isNew: boolean): number {
      if (countsAll || !isNew) return 1;
      return Math.random() * stride < 1 ? stride : 0;
    },
    /** @param bytes of the item's JSON. */
    count(keys: BudgetKeys, drawn: number, bytes: number, isNew: boolean): KeyChecks {
      let mask = 0;
      let isWatched = false;
      for (let index = 0; index < states.length; index++) {
        const key = keys[index];
        if (key === undefined) continue;
        const { budget, hotKeys, counter, queuedUntil } = states[index] as BudgetState;
        const isHot = hotKeys.add(key, budget.unit === 'events' ? drawn : drawn * bytes, nowMs);
        if (isHot || !isNew || (queuedUntil.size > 0 && waitingUntil(queuedUntil, key, nowMs) > 0)) mask |= 1 << index;
        if (counter?.isWatching() && counter.isWatched(key)) isWatched = true;
      }
      if (mask === 0 && !isWatched) return noChecks;
      countsAll = true;
      // Neighbours often share their keys; with a budget of the whole project, all do.
      if (last.keys !== keys || last.mask !== mask) last = { keys, mask };
      return last;
    },
  };
}

function eventsUntilHot({ limit, unit }: BudgetSpec): number {
  return (limit * hotKeyShare) / (unit === 'events' ? 1 : assumedEventBytes);
}
