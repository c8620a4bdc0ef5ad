import type { Budget, Item, Quota } from '@currents/connector';
import { createBuckets } from './buckets.js';
import type { BucketStore } from './bucketStore.js';
import { extendWait, openBudgetState, waitingUntil, type BudgetSpec, type BudgetState } from './budgetState.js';
import type { KeyQuotaUsage } from './decayedCounter.js';
import { startSampling } from './sampling.js';
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
export interface BudgetWait {
  readonly item: Item<unknown>;
  readonly dueAtMs: number;
  readonly budget: BudgetSpec;
  readonly key: string;
  /** Whether the gate refused it, or a pause of its key did, after it had been due. */
  readonly turnedAway: boolean;
}

/** What the keys of one budget have used of its quota. */
export interface BudgetQuotaUsage {
  readonly budget: string;
  readonly quota: Quota;
  readonly keys: readonly KeyQuotaUsage[];
}

export type Budgets = ReturnType<typeof createBudgets>;

interface BudgetsOptions {
  readonly currentId: number;
  readonly store: BucketStore;
  /** The longest that anything waits, so no queue needs to be longer. */
  readonly windowMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Items refused at the gate are due again after at most this many periods of their budget. */
const maxRequeuePeriods = 10;

/** The budgets of one Current, enforced together with all other workers. */
export function createBudgets({ currentId, store, windowMs, now, onError }: BudgetsOptions) {
  const buckets = createBuckets(currentId, store, onError);
  const states = new Map<string, BudgetState>();

  function stateOf(budget: BudgetSpec): BudgetState {
    const id = `${budget.name} ${termsOf(budget)}`;
    let state = states.get(id);
    if (!state) states.set(id, (state = openBudgetState(budget)));
    return state;
  }

  /** Collects the items that wait, each with the latest of its due times. */
  function startWaits(nowMs: number) {
    const waits = new Map<Item<unknown>, BudgetWait>();
    return {
      waits,
      /** Spaces the items of a usage by their emission intervals, from `fromMs` on and no earlier than `behindMs`. */
      add(
        { budget, key, items, weight: total }: KeyUsage,
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

  type Waits = ReturnType<typeof startWaits>;

  /** New items queue behind all that wait, or pass within what is left of the burst. */
  async function enqueue(usages: readonly KeyUsage[], nowMs: number, { add }: Waits): Promise<void> {
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
  async function passGate(usages: readonly KeyUsage[]): Promise<readonly TurnedAway[]> {
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
  async function requeue(turnedAway: readonly TurnedAway[], nowMs: number, { add }: Waits): Promise<void> {
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
    /**
     * Starts to count items as they are written, while their keys are at hand. A counted item must be passed to `admit`
     * before anything else happens to these budgets.
     */
    startSampling: (budgets: readonly Budget<unknown>[]) => startSampling(budgets.map(stateOf), now()),

    /**
     * Separates the items that may be sent now, in order, from those whose key has no budget left. `standingOf` says
     * whether an item has waited until now; without it, all items are new. While the bucket store is unreachable, only
     * items wait whose key has others waiting; the partner's own refusals then enforce the limit.
     */
    async admit(
      items: readonly CountedItem[],
      budgets: readonly Budget<unknown>[],
      standingOf?: (item: Item<unknown>) => Standing,
    ): Promise<{ readonly admitted: readonly Item<unknown>[]; readonly waiting: readonly BudgetWait[] }> {
      const nowMs = now();
      const usages = usageToCheck(items, budgets, startSampling(budgets.map(stateOf), nowMs), standingOf);
      if (usages.length === 0) return { admitted: items, waiting: [] };
      const collected = startWaits(nowMs);
      const { waits } = collected;
      const withStanding = (standing: Standing) =>
        filterUsage(usages, (item) => (standingOf ? standingOf(item) : 'new') === standing);
      // Items that were refused before go first, then those whose turn it is, then new ones.
      for (const { usage, opensAfterMs } of await passGate(withStanding('turnedAway')))
        collected.add(usage, 'requeue', nowMs + opensAfterMs);
      const turns = withStanding('turn');
      const isBehind = ({ budget, key }: KeyUsage) => waitingUntil(stateOf(budget).requeuedUntil, key, nowMs) > 0;
      const behind = turns.filter(isBehind).map((usage) => ({ usage, opensAfterMs: 0 }));
      const refused = await passGate(turns.filter((usage) => !isBehind(usage)));
      await requeue([...behind, ...refused], nowMs, collected);
      const fresh = withStanding('new');
      await enqueue(fresh, nowMs, collected);
      const passed = waits.size === 0 ? fresh : filterUsage(fresh, (item) => !waits.has(item));
      await requeue(await passGate(passed), nowMs, collected);
      return {
        admitted: waits.size === 0 ? items : items.filter((item) => !waits.has(item)),
        waiting: [...waits.values()],
      };
    },

    /**
     * Pauses the keys of these items for `forMs`, as the partner asked. Returns when each item is due: after the pause,
     * and before everything that waits already. Workers for which a key is not hot learn of the pause once it is.
     */
    async pause(items: readonly Item<unknown>[], budgets: readonly Budget<unknown>[], forMs: number) {
      const nowMs = now();
      const usages = budgets.flatMap((budget) => allUsage(items, budget));
      const { waits, add } = startWaits(nowMs);
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

    /** Counts the delivered ones of these items towards the quotas of their keys. */
    countDelivered<Each extends CountedItem>(
      items: readonly Each[],
      budgets: readonly Budget<unknown>[],
      isDelivered: (item: Each) => boolean,
    ): void {
      for (const [index, budget] of budgets.entries()) {
        if (budget.quota) countDelivered(items, budget, index, stateOf(budget), isDelivered);
      }
    },

    /** Returns the quota usage of the keys with high volume since the last call. */
    takeQuotaUsage: (): readonly BudgetQuotaUsage[] =>
      [...states.values()].flatMap(({ budget: { name, quota }, counter }) => {
        const keys = counter?.takeUsage() ?? [];
        return quota && keys.length > 0 ? [{ budget: name, quota, keys }] : [];
      }),
  };
}

interface TurnedAway {
  readonly usage: KeyUsage;
  /** When the gate lets anything pass again. */
  readonly opensAfterMs: number;
}
