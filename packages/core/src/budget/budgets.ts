import type { Budget, Item, Quota } from '@currents/connector';
import type { BudgetStore } from './budgetStore.js';
import { startCount, type Count } from './sampling.js';
import { lengthen, openKeys, waitsUntil, type KeysOfBudget, type PlainBudget } from './budgetState.js';
import { createMarks } from './buckets.js';
import type { QuotaUse } from './decayedCounter.js';
import { burstMs, gateMs, onStep, slackMs, termsOf, unitMs } from './terms.js';
import { allUsesOf, chosen, countArrived, usesOf, weightOf, type KeyedItem, type Standing, type Use } from './usage.js';

/** An item whose key has no budget left, and when it has its turn. */
export interface Waiting<Payload> {
  readonly item: Item<Payload>;
  readonly dueAtMs: number;
  readonly budget: PlainBudget;
  readonly key: string;
  /** Whether it had its turn before, and was turned away. */
  readonly turnedAway: boolean;
}

export interface Admission<Payload> {
  /** What may leave now, in order. */
  readonly admitted: readonly Item<Payload>[];
  readonly waiting: readonly Waiting<Payload>[];
}

/** What the keys of one budget have used of its quota. */
export interface QuotaUses {
  readonly budget: string;
  readonly quota: Quota;
  readonly uses: readonly QuotaUse[];
}

/** One Current's budgets, held together with all other workers. */
export interface Budgets {
  /**
   * Begins to count items as they are written, while their keys are at hand. An item that was counted is to be asked
   * about before anything else happens to these budgets.
   */
  startCount(budgets: readonly Budget<unknown>[]): Count;
  /**
   * Parts the items that may leave now from those whose key has no budget left. `standingOf` tells whether an item
   * waited for this moment; without it, all have just come. When the marks cannot be reached, only those wait whose key
   * has others waiting already: then the partner's own refusals hold the limit.
   */
  admit<Payload>(
    items: readonly KeyedItem<Payload>[],
    budgets: readonly Budget<Payload>[],
    standingOf?: (item: Item<Payload>) => Standing,
  ): Promise<Admission<Payload>>;
  /**
   * The partner wants nothing of these items' keys for so long. Answers when each item has its turn: after the pause,
   * and before all that waits already. Workers to whom a key is cold learn of the pause once it is warm.
   */
  pause<Payload>(
    items: readonly Item<Payload>[],
    budgets: readonly Budget<Payload>[],
    forMs: number,
  ): Promise<readonly Waiting<Payload>[]>;
  /** Tells which of these items have arrived, for the quotas. */
  arrived<Each extends KeyedItem<unknown>>(
    items: readonly Each[],
    budgets: readonly Budget<unknown>[],
    hasArrived: (item: Each) => boolean,
  ): void;
  /** What the keys that use much have had since this was last asked. */
  takeUses(): readonly QuotaUses[];
}

export interface BudgetsOptions {
  readonly currentId: number;
  readonly store: BudgetStore;
  /** Nothing waits longer than this, so no queue need be longer. */
  readonly windowMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Whoever is turned away at the gate comes back after so many periods at the latest. */
const mostPeriods = 10;

export function createBudgets({ currentId, store, windowMs, now, onError }: BudgetsOptions): Budgets {
  const marks = createMarks(currentId, store, onError);
  const known = new Map<string, KeysOfBudget>();

  function keysOf(budget: PlainBudget): KeysOfBudget {
    const id = `${budget.name} ${termsOf(budget)}`;
    let keys = known.get(id);
    if (!keys) known.set(id, (keys = openKeys(budget)));
    return keys;
  }

  /** Gathers who waits, and until when. */
  function startWaits<Payload>(nowMs: number) {
    const waits = new Map<Item<Payload>, Waiting<Payload>>();
    return {
      waits,
      /** Every item of the use waits until its own place in the line that begins then. */
      line(
        { budget, key, items, weight: all }: Use<Payload>,
        name: 'queue' | 'again',
        fromMs: number,
        behindMs = 0,
      ): void {
        if (fromMs + all * unitMs(budget) <= nowMs && behindMs <= nowMs) return;
        const keys = keysOf(budget);
        let atMs = fromMs;
        for (const item of items) {
          atMs += weightOf(item, budget) * unitMs(budget);
          const dueAtMs = Math.max(atMs > nowMs ? onStep(atMs, budget) : 0, behindMs);
          if (dueAtMs <= nowMs) continue;
          if (dueAtMs > (waits.get(item)?.dueAtMs ?? 0))
            waits.set(item, { item, dueAtMs, budget, key, turnedAway: name === 'again' });
          lengthen(keys.queues, key, dueAtMs, nowMs);
          if (name === 'again') lengthen(keys.again, key, dueAtMs, nowMs);
        }
      },
    };
  }

  type Waits<Payload> = ReturnType<typeof startWaits<Payload>>;

  /** Who has just come has a place behind all who wait, or leaves within what is left of the burst. */
  async function queueUp<Payload>(
    uses: readonly Use<Payload>[],
    nowMs: number,
    { line }: Waits<Payload>,
  ): Promise<void> {
    const leads = await marks.move(
      uses.map((use) => ({ use, mark: 'queue', atLeastMs: 0, atMostMs: windowMs + burstMs(use.budget) })),
    );
    for (const [index, use] of uses.entries()) {
      const leadMs = leads?.[index] ?? -Infinity;
      line(use, 'queue', nowMs + leadMs - burstMs(use.budget), waitsUntil(keysOf(use.budget).queues, use.key, nowMs));
    }
  }

  /**
   * Whoever leaves passes here: for after a standstill or a pause, many in the queue have had their turn at once.
   * Answers who does not pass. One alone always does when nobody has for a while, or it might wait for ever.
   */
  async function passGate<Payload>(uses: readonly Use<Payload>[]): Promise<readonly TurnedAway<Payload>[]> {
    const leads = await marks.move(
      uses.map((use) => ({ use, mark: 'gate', atLeastMs: 0, atMostMs: gateMs(use.budget) })),
    );
    return uses.flatMap((use, index) => {
      const leadMs = leads?.[index] ?? -Infinity;
      if (leadMs + use.weight * unitMs(use.budget) <= gateMs(use.budget)) return [];
      let atMs = leadMs;
      const [refused] = chosen([use], (item) => {
        const isFree = atMs <= 0;
        atMs += weightOf(item, use.budget) * unitMs(use.budget);
        return atMs > gateMs(use.budget) && !isFree;
      });
      return refused ? [{ use: refused, opensAfterMs: Math.max(0, leadMs - gateMs(use.budget)) }] : [];
    });
  }

  /** Turned away for the first time: a place behind those to whom that has happened before. */
  async function queueAgain<Payload>(
    turnedAway: readonly TurnedAway<Payload>[],
    nowMs: number,
    { line }: Waits<Payload>,
  ): Promise<void> {
    const moves = turnedAway.map(({ use, opensAfterMs }) => {
      const atLeastMs = opensAfterMs + slackMs(use.budget);
      return { use, mark: 'again' as const, atLeastMs, atMostMs: use.budget.perMs * mostPeriods };
    });
    const leads = await marks.move(moves);
    for (const [index, { use, atLeastMs }] of moves.entries())
      line(use, 'again', nowMs + (leads?.[index] ?? atLeastMs));
  }

  return {
    startCount: (budgets) => startCount(budgets.map(keysOf), now()),

    async admit<Payload>(
      items: readonly KeyedItem<Payload>[],
      budgets: readonly Budget<Payload>[],
      standingOf?: (item: Item<Payload>) => Standing,
    ) {
      const nowMs = now();
      const uses = usesOf(items, budgets, startCount(budgets.map(keysOf), nowMs), standingOf);
      if (uses.length === 0) return { admitted: items, waiting: [] };
      const gathered = startWaits<Payload>(nowMs);
      const { waits } = gathered;
      const standing =
        (wanted: Standing) =>
        (item: Item<Payload>): boolean =>
          (standingOf ? standingOf(item) : 'new') === wanted;
      // In the order in which they stand: whoever was turned away, then whose turn it is, then who has just come.
      for (const { use, opensAfterMs } of await passGate(chosen(uses, standing('turnedAway')))) {
        gathered.line(use, 'again', nowMs + opensAfterMs);
      }
      const inTurn = chosen(uses, standing('turn'));
      const [behind, free] = parted(inTurn, ({ budget, key }) => waitsUntil(keysOf(budget).again, key, nowMs) > 0);
      await queueAgain(
        [...behind.map((use) => ({ use, opensAfterMs: 0 })), ...(await passGate(free))],
        nowMs,
        gathered,
      );
      const fresh = chosen(uses, standing('new'));
      await queueUp(fresh, nowMs, gathered);
      await queueAgain(
        await passGate(waits.size === 0 ? fresh : chosen(fresh, (item) => !waits.has(item))),
        nowMs,
        gathered,
      );
      return {
        admitted: waits.size === 0 ? items : items.filter((item) => !waits.has(item)),
        waiting: [...waits.values()],
      };
    },

    async pause<Payload>(items: readonly Item<Payload>[], budgets: readonly Budget<Payload>[], forMs: number) {
      const nowMs = now();
      const uses = budgets.flatMap((budget) => allUsesOf(items, budget));
      const { waits, line } = startWaits<Payload>(nowMs);
      await marks.move(
        uses.flatMap((use) => [
          {
            use,
            mark: 'queue' as const,
            atLeastMs: forMs + burstMs(use.budget),
            atMostMs: windowMs + burstMs(use.budget),
          },
          { use, mark: 'gate' as const, atLeastMs: forMs + gateMs(use.budget), atMostMs: 0 },
          { use, mark: 'again' as const, atLeastMs: forMs + slackMs(use.budget), atMostMs: windowMs },
        ]),
      );
      for (const use of uses) line(use, 'again', nowMs + forMs + slackMs(use.budget));
      return [...waits.values()];
    },

    arrived(items, budgets, hasArrived) {
      for (const [place, budget] of budgets.entries()) {
        if (budget.quota) countArrived(items, budget, place, keysOf(budget), hasArrived);
      }
    },

    takeUses: () =>
      [...known.values()].flatMap(({ budget: { name, quota }, watch }) => {
        const uses = watch?.takeUses() ?? [];
        return quota && uses.length > 0 ? [{ budget: name, quota, uses }] : [];
      }),
  };
}

interface TurnedAway<Payload> {
  readonly use: Use<Payload>;
  /** When anybody passes the gate again. */
  readonly opensAfterMs: number;
}

function parted<Value>(values: readonly Value[], isFirst: (value: Value) => boolean): readonly [Value[], Value[]] {
  const parts: [Value[], Value[]] = [[], []];
  for (const value of values) parts[isFirst(value) ? 0 : 1].push(value);
  return parts;
}
