import type { Budget, Item, Quota } from '@currents/connector';
import { createBuckets } from './buckets.js';
import type { BucketStore } from './bucketStore.js';
import { extendWait, openBudgetState, waitingUntil, type BudgetSpec, type BudgetState } from './budgetState.js';
import type { KeyQuotaUsage } from './decayedCounter.js';
import { startSampling, type Sampler } from './sampling.js';
import { burstToleranceMs, emissionIntervalMs, gateToleranceMs, roundUpToStep, slackMs, termsOf } from './terms.js';
import {
  allUsage,
  countDelivered,
  filterUsage,
  usageToCheck,
  weightOf,
  type CountedItem,
  type KeyUsage,
  type Standing,
} from './usage.js';

/** An item whose key has no budget left, and when it is due again. */
export interface BudgetWait<Payload> {
  readonly item: Item<Payload>;
  readonly dueAtMs: number;
  readonly budget: BudgetSpec;
  readonly key: string;
  /** Whether the gate refused it, or a pause of its key did, after it had been due. */
  readonly turnedAway: boolean;
}

export interface Admission<Payload> {
  /** The items that may be sent now, in order. */
  readonly admitted: readonly Item<Payload>[];
  readonly waiting: readonly BudgetWait<Payload>[];
}

/** What the keys of one budget have used of its quota. */
export interface BudgetQuotaUsage {
  readonly budget: string;
  readonly quota: Quota;
  readonly keys: readonly KeyQuotaUsage[];
}

/** The budgets of one Current, enforced together with all other workers. */
export interface Budgets {
  /**
   * Starts to count items as they are written, while their keys are at hand. A counted item must be passed to `admit`
   * before anything else happens to these budgets.
   */
  startSampling(budgets: readonly Budget<unknown>[]): Sampler;
  /**
   * Separates the items that may be sent now from those whose key has no budget left. `standingOf` says whether an item
   * has waited until now; without it, all items are new. While the bucket store is unreachable, only items wait whose
   * key has others waiting; the partner's own refusals then enforce the limit.
   */
  admit<Payload>(
    items: readonly CountedItem<Payload>[],
    budgets: readonly Budget<Payload>[],
    standingOf?: (item: Item<Payload>) => Standing,
  ): Promise<Admission<Payload>>;
  /**
   * Pauses the keys of these items for `forMs`, as the partner asked. Returns when each item is due: after the pause,
   * and before everything that waits already. Workers for which a key is not hot learn of the pause once it is.
   */
  pause<Payload>(
    items: readonly Item<Payload>[],
    budgets: readonly Budget<Payload>[],
    forMs: number,
  ): Promise<readonly BudgetWait<Payload>[]>;
  /** Counts the delivered ones of these items towards the quotas of their keys. */
  countDelivered<Each extends CountedItem<unknown>>(
    items: readonly Each[],
    budgets: readonly Budget<unknown>[],
    isDelivered: (item: Each) => boolean,
  ): void;
  /** Returns the quota usage of the keys with high volume since the last call. */
  takeQuotaUsage(): readonly BudgetQuotaUsage[];
}

export interface BudgetsOptions {
  readonly currentId: number;
  readonly store: BucketStore;
  /** The longest that anything waits, so no queue needs to be longer. */
  readonly windowMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Items refused at the gate are due again after at most this many periods of their budget. */
const maxRequeuePeriods = 10;

export function createBudgets({ currentId, store, windowMs, now, onError }: BudgetsOptions): Budgets {
  const buckets = createBuckets(currentId, store, onError);
  const states = new Map<string, BudgetState>();

  function stateOf(budget: BudgetSpec): BudgetState {
    const id = `${budget.name} ${termsOf(budget)}`;
    let state = states.get(id);
    if (!state) states.set(id, (state = openBudgetState(budget)));
    return state;
  }

  /** Collects the items that wait, each with the latest of its due times. */
  function startWaits<Payload>(nowMs: number) {
    const waits = new Map<Item<Payload>, BudgetWait<Payload>>();
    return {
      waits,
      /** Spaces the items of a usage by their emission intervals, from `fromMs` on and no earlier than `behindMs`. */
      add(
        { budget, key, items, weight: total }: KeyUsage<Payload>,
        bucket: 'queue' | 'requeue',
        fromMs: number,
        behindMs = 0,
      ): void {
        if (fromMs + total * emissionIntervalMs(budget) <= nowMs && behindMs <= nowMs) return;
        const state = stateOf(budget);
        let atMs = fromMs;
        for (const item of items) {
          atMs += weightOf(item, budget) * emissionIntervalMs(budget);
          const dueAtMs = Math.max(atMs > nowMs ? roundUpToStep(atMs, budget) : 0, behindMs);
          if (dueAtMs <= nowMs) continue;
          if (dueAtMs > (waits.get(item)?.dueAtMs ?? 0))
            waits.set(item, { item, dueAtMs, budget, key, turnedAway: bucket === 'requeue' });
          extendWait(state.queuedUntil, key, dueAtMs, nowMs);
          if (bucket === 'requeue') extendWait(state.requeuedUntil, key, dueAtMs, nowMs);
        }
      },
    };
  }

  type Waits<Payload> = ReturnType<typeof startWaits<Payload>>;

  /** New items queue behind all that wait, or pass within what is left of the burst. */
  async function enqueue<Payload>(
    usages: readonly KeyUsage<Payload>[],
    nowMs: number,
    { add }: Waits<Payload>,
  ): Promise<void> {
    const ahead = await buckets.advance(
      usages.map((usage) => ({
        usage,
        bucket: 'queue',
        minAheadMs: 0,
        maxAheadMs: windowMs + burstToleranceMs(usage.budget),
      })),
    );
    for (const [index, usage] of usages.entries()) {
      const { budget, key } = usage;
      const fromMs = nowMs + (ahead?.[index] ?? -Infinity) - burstToleranceMs(budget);
      add(usage, 'queue', fromMs, waitingUntil(stateOf(budget).queuedUntil, key, nowMs));
    }
  }

  /**
   * Everything that is sent passes the gate, because after a standstill or a pause many queued items are due at once.
   * Returns the items that do not pass. A single item always passes an idle gate, or it might wait for ever.
   */
  async function passGate<Payload>(usages: readonly KeyUsage<Payload>[]): Promise<readonly TurnedAway<Payload>[]> {
    const ahead = await buckets.advance(
      usages.map((usage) => ({ usage, bucket: 'gate', minAheadMs: 0, maxAheadMs: gateToleranceMs(usage.budget) })),
    );
    return usages.flatMap((usage, index) => {
      const { budget, weight } = usage;
      const aheadMs = ahead?.[index] ?? -Infinity;
      if (aheadMs + weight * emissionIntervalMs(budget) <= gateToleranceMs(budget)) return [];
      let atMs = aheadMs;
      const [refused] = filterUsage([usage], (item) => {
        const isFree = atMs <= 0;
        atMs += weightOf(item, budget) * emissionIntervalMs(budget);
        return atMs > gateToleranceMs(budget) && !isFree;
      });
      return refused ? [{ usage: refused, opensAfterMs: Math.max(0, aheadMs - gateToleranceMs(budget)) }] : [];
    });
  }

  /** Items refused for the first time queue behind those that were refused before. */
  async function requeue<Payload>(
    turnedAway: readonly TurnedAway<Payload>[],
    nowMs: number,
    { add }: Waits<Payload>,
  ): Promise<void> {
    const moves = turnedAway.map(({ usage, opensAfterMs }) => ({
      usage,
      bucket: 'requeue' as const,
      minAheadMs: opensAfterMs + slackMs(usage.budget),
      maxAheadMs: usage.budget.periodMs * maxRequeuePeriods,
    }));
    const ahead = await buckets.advance(moves);
    for (const [index, { usage, minAheadMs }] of moves.entries())
      add(usage, 'requeue', nowMs + (ahead?.[index] ?? minAheadMs));
  }

  return {
    startSampling: (budgets) => startSampling(budgets.map(stateOf), now()),

    async admit<Payload>(
      items: readonly CountedItem<Payload>[],
      budgets: readonly Budget<Payload>[],
      standingOf?: (item: Item<Payload>) => Standing,
    ) {
      const nowMs = now();
      const usages = usageToCheck(items, budgets, startSampling(budgets.map(stateOf), nowMs), standingOf);
      if (usages.length === 0) return { admitted: items, waiting: [] };
      const collected = startWaits<Payload>(nowMs);
      const { waits } = collected;
      const withStanding = (standing: Standing) =>
        filterUsage(usages, (item) => (standingOf ? standingOf(item) : 'new') === standing);
      // Items that were refused before go first, then those whose turn it is, then new ones.
      for (const { usage, opensAfterMs } of await passGate(withStanding('turnedAway')))
        collected.add(usage, 'requeue', nowMs + opensAfterMs);
      const [behind, free] = partition(
        withStanding('turn'),
        ({ budget, key }) => waitingUntil(stateOf(budget).requeuedUntil, key, nowMs) > 0,
      );
      const blocked = behind.map((usage) => ({ usage, opensAfterMs: 0 }));
      await requeue([...blocked, ...(await passGate(free))], nowMs, collected);
      const fresh = withStanding('new');
      await enqueue(fresh, nowMs, collected);
      const passed = waits.size === 0 ? fresh : filterUsage(fresh, (item) => !waits.has(item));
      await requeue(await passGate(passed), nowMs, collected);
      return {
        admitted: waits.size === 0 ? items : items.filter((item) => !waits.has(item)),
        waiting: [...waits.values()],
      };
    },

    async pause<Payload>(items: readonly Item<Payload>[], budgets: readonly Budget<Payload>[], forMs: number) {
      const nowMs = now();
      const usages = budgets.flatMap((budget) => allUsage(items, budget));
      const { waits, add } = startWaits<Payload>(nowMs);
      await buckets.advance(
        usages.flatMap((usage) => {
          const burstMs = burstToleranceMs(usage.budget);
          const gateMs = gateToleranceMs(usage.budget);
          return [
            { usage, bucket: 'queue' as const, minAheadMs: forMs + burstMs, maxAheadMs: windowMs + burstMs },
            { usage, bucket: 'gate' as const, minAheadMs: forMs + gateMs, maxAheadMs: 0 },
            { usage, bucket: 'requeue' as const, minAheadMs: forMs + slackMs(usage.budget), maxAheadMs: windowMs },
          ];
        }),
      );
      for (const usage of usages) add(usage, 'requeue', nowMs + forMs + slackMs(usage.budget));
      return [...waits.values()];
    },

    countDelivered(items, budgets, isDelivered) {
      for (const [index, budget] of budgets.entries()) {
        if (budget.quota) countDelivered(items, budget, index, stateOf(budget), isDelivered);
      }
    },

    takeQuotaUsage: () =>
      [...states.values()].flatMap(({ budget: { name, quota }, counter }) => {
        const keys = counter?.takeUsage() ?? [];
        return quota && keys.length > 0 ? [{ budget: name, quota, keys }] : [];
      }),
  };
}

interface TurnedAway<Payload> {
  readonly usage: KeyUsage<Payload>;
  /** When the gate lets anything pass again. */
  readonly opensAfterMs: number;
}

function partition<Value>(values: readonly Value[], isFirst: (value: Value) => boolean): readonly [Value[], Value[]] {
  const parts: [Value[], Value[]] = [[], []];
  for (const value of values) parts[isFirst(value) ? 0 : 1].push(value);
  return parts;
}
