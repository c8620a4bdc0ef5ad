import type { Budget, Item } from '@currents/connector';
import type { BudgetSpec, BudgetState } from './budgetState.js';
import type { BudgetKeys, KeyChecks, Sampler } from './sampling.js';

/** What some items use of one key's budget. */
export interface KeyUsage {
  readonly budget: BudgetSpec;
  readonly key: string;
  readonly items: readonly Item<unknown>[];
  /** Events or bytes of all items together. */
  readonly weight: number;
}

/** An item that was counted when it was written, with the bytes of its JSON; neither is computed again. */
export interface CountedItem extends Item<unknown> {
  readonly checks?: KeyChecks;
  readonly bytes?: number;
}

/** An item is new, is due for the first time after it queued (`turn`), or is due after the gate refused it. */
export type Standing = 'new' | 'turn' | 'turnedAway';

/** The usage of keys that may be near their limit or have events waiting, by budget and key. Usually there is none. */
export function usageToCheck(
  items: readonly CountedItem[],
  budgets: readonly Budget<unknown>[],
  sampler: Sampler,
  standingOf: ((item: Item<unknown>) => Standing) | undefined,
): readonly KeyUsage[] {
  const usages = budgets.map(() => new Map<string, OpenUsage>());
  const last: (OpenUsage | undefined)[] = [];
  for (const item of items) {
    const { keys, mask } =
      item.checks ??
      sampler.count(
        keysOf(item, budgets),
        1,
        item.bytes ?? item.json.length,
        !standingOf || standingOf(item) === 'new',
      );
    if (mask === 0) continue;
    for (const [index, budget] of budgets.entries()) {
      if ((mask & (1 << index)) === 0) continue;
      const key = keys[index] as string;
      let usage = last[index];
      if (usage?.key !== key) last[index] = usage = usageOf(usages[index] as Map<string, OpenUsage>, budget, key);
      usage.items.push(item);
      usage.weight += weightOf(item, budget);
    }
  }
  return usages.flatMap((byKey) => [...byKey.values()]);
}

function keysOf({ payload }: Item<unknown>, budgets: readonly Budget<unknown>[]): BudgetKeys {
  return budgets.map((budget) => budget.key(payload));
}

/** Counts the delivered items of keys that are watched for their quota. Usually no key is. */
export function countDelivered<Each extends CountedItem>(
  items: readonly Each[],
  budget: Budget<unknown>,
  index: number,
  { counter }: BudgetState,
  isDelivered: (item: Each) => boolean,
): void {
  if (!counter?.isWatching()) return;
  for (const item of items) {
    const key = item.checks ? item.checks.keys[index] : budget.key(item.payload);
    if (key !== undefined && counter.isWatched(key) && isDelivered(item)) counter.count(key, weightOf(item, budget));
  }
}

/** The usage of all keys of a budget. */
export function allUsage(items: readonly CountedItem[], budget: Budget<unknown>): readonly KeyUsage[] {
  const usages = new Map<string, OpenUsage>();
  for (const item of items) {
    const key = budget.key(item.payload);
    if (key === undefined) continue;
    const usage = usageOf(usages, budget, key);
    usage.items.push(item);
    usage.weight += weightOf(item, budget);
  }
  return [...usages.values()];
}

/** Reduces each usage to the chosen items, and leaves out those without any. */
export function filterUsage(
  usages: readonly KeyUsage[],
  isChosen: (item: Item<unknown>) => boolean,
): readonly KeyUsage[] {
  return usages.flatMap((usage) => {
    const items = usage.items.filter(isChosen);
    if (items.length === usage.items.length) return [usage];
    return items.length > 0
      ? [{ ...usage, items, weight: items.reduce((sum, item) => sum + weightOf(item, usage.budget), 0) }]
      : [];
  });
}

export function weightOf(item: CountedItem, { unit }: Pick<Budget<never>, 'unit'>): number {
  return unit === 'events' ? 1 : (item.bytes ?? item.json.length);
}

type OpenUsage = KeyUsage & { readonly items: Item<unknown>[]; weight: number };

function usageOf(usages: Map<string, OpenUsage>, budget: Budget<unknown>, key: string): OpenUsage {
  let usage = usages.get(key);
  if (!usage) usages.set(key, (usage = { budget, key, items: [], weight: 0 }));
  return usage;
}
