import { createHash } from 'node:crypto';
import type { Budget, Item } from '@currents/connector';
import type { BudgetStore } from './budgetStore.js';
import { createWarmKeys, type WarmKeys } from './warmKeys.js';

/** An item that would take its key over the budget, and how long it waits. */
export interface OverBudget<Payload> {
  readonly item: Item<Payload>;
  readonly waitMs: number;
  /** The budget, for people: `device`. */
  readonly budget: string;
  readonly key: string;
}

export interface Admission<Payload> {
  /** What may leave now, in order. */
  readonly admitted: readonly Item<Payload>[];
  readonly waiting: readonly OverBudget<Payload>[];
}

/** One Current's budgets, held together with all other workers. */
export interface Budgets {
  /**
   * Parts the items that may leave now from those whose key has no budget left. These have their place reserved:
   * after their wait they have their turn, and leave without being counted again. When the marks cannot be reached, everything is admitted, for
   * then the partner's own refusals still hold the limit.
   */
  admit<Payload>(
    items: readonly Item<Payload>[],
    budgets: readonly Budget<Payload>[],
    hasTurn?: (item: Item<Payload>) => boolean,
  ): Promise<Admission<Payload>>;
  /** The partner asked for a pause of these items' keys; workers to whom a key is cold learn of it once it is warm. */
  pause<Payload>(items: readonly Item<Payload>[], budgets: readonly Budget<Payload>[], forMs: number): Promise<void>;
}

/**
 * Within any period a key may use its burst at once, and this share at an even pace; together 95 % of the budget. The
 * rest is what keys may use that no worker has reported yet, because they are far from their limit.
 */
const burstShare = 0.25;
const paceShare = 0.7;
/** A key below this share of its budget, in one worker, is not worth a call to the shared marks. */
const coldShare = 0.05;

export function createBudgets(currentId: number, store: BudgetStore, now: () => number, onError: (error: unknown) => void): Budgets {
  const counters = new Map<string, WarmKeys>();

  function warmKeysOf<Payload>({ name, unit, allow, perMs }: Budget<Payload>): WarmKeys {
    const id = `${name} ${unit} ${allow} ${perMs}`;
    let counter = counters.get(id);
    if (!counter) counters.set(id, (counter = createWarmKeys(allow * coldShare, perMs)));
    return counter;
  }

  return {
    async admit(items, budgets, hasTurn = () => false) {
      const uses = budgets.flatMap((budget) => usesOf(items, budget, warmKeysOf(budget), now(), hasTurn));
      if (uses.length === 0) return { admitted: items, waiting: [] };
      let leads: readonly number[];
      try {
        leads = await store.move(uses.map(({ budget, key, weight }) => ({ key: markOf(currentId, budget, key), costMs: weight * unitMs(budget), atLeastMs: 0 })));
      } catch (error) {
        onError(error);
        return { admitted: items, waiting: [] };
      }
      const waits = new Map<Item<unknown>, { readonly waitMs: number; readonly budget: string; readonly key: string }>();
      for (const [index, { budget, key, members }] of uses.entries()) {
        const step = burstMs(budget) / 2;
        let atMs = leads[index] ?? 0;
        for (const { item, weight } of members) {
          atMs += weight * unitMs(budget);
          const overMs = atMs - burstMs(budget);
          // Rounded up to a common step, so that a crowd leaves in a few groups and not one by one.
          if (overMs > 0 && overMs > (waits.get(item)?.waitMs ?? 0)) waits.set(item, { waitMs: Math.ceil(overMs / step) * step, budget: budget.name, key });
        }
      }
      return {
        admitted: items.filter((item) => !waits.has(item)),
        waiting: items.flatMap((item) => {
          const wait = waits.get(item);
          return wait ? [{ item, ...wait }] : [];
        }),
      };
    },

    async pause(items, budgets, forMs) {
      const moves = new Map<string, { key: string; costMs: number; atLeastMs: number }>();
      for (const budget of budgets) {
        const warm = warmKeysOf(budget);
        for (const { payload } of items) {
          const key = budget.key(payload);
          if (key === undefined) continue;
          const mark = markOf(currentId, budget, key);
          if (moves.has(mark)) continue;
          // Warm at once: or this worker would let the key pass unasked.
          warm.add(key, budget.allow, now());
          moves.set(mark, { key: mark, costMs: 0, atLeastMs: forMs + burstMs(budget) });
        }
      }
      if (moves.size > 0) await store.move([...moves.values()]).catch(onError);
    },
  };
}

interface Use<Payload> {
  readonly budget: Budget<Payload>;
  readonly key: string;
  weight: number;
  readonly members: { readonly item: Item<Payload>; readonly weight: number }[];
}

/** What the items use of one budget, by key, for the keys that are warm. */
function usesOf<Payload>(items: readonly Item<Payload>[], budget: Budget<Payload>, warm: WarmKeys, nowMs: number, hasTurn: (item: Item<Payload>) => boolean): Use<Payload>[] {
  let uses: Map<string, Use<Payload>> | undefined;
  for (const item of items) {
    const key = budget.key(item.payload);
    if (key === undefined) continue;
    const weight = budget.unit === 'events' ? 1 : item.json.length;
    if (!warm.add(key, weight, nowMs) || hasTurn(item)) continue;
    uses ??= new Map();
    let use = uses.get(key);
    if (!use) uses.set(key, (use = { budget, key, weight: 0, members: [] }));
    use.weight += weight;
    use.members.push({ item, weight });
  }
  return uses ? [...uses.values()] : [];
}

function unitMs({ allow, perMs }: Budget<never>): number {
  return perMs / (allow * paceShare);
}

function burstMs({ perMs }: Budget<never>): number {
  return (perMs * burstShare) / paceShare;
}

/** Keys are ids of people and devices: the shared marks hold their hashes. */
function markOf(currentId: number, { name, unit }: Budget<never>, key: string): string {
  return `${currentId}:${name}:${unit}:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
}
