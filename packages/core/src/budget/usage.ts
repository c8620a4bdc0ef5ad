import type { Budget, Item } from '@currents/connector';
import type { Count, Counted, Names } from './sampling.js';
import type { KeysOfBudget, PlainBudget } from './budgetState.js';

/** What some items use of one budget's key. */
export interface Use<Payload> {
  readonly budget: PlainBudget;
  readonly key: string;
  readonly items: readonly Item<Payload>[];
  /** Of all items together. */
  readonly weight: number;
}

/** An item that was counted as it was written, and knows the bytes of its text, so that neither has to be found out. */
export interface KeyedItem<Payload> extends Item<Payload> {
  readonly counted?: Counted;
  readonly bytes?: number;
}

/** An item has just come, or has its turn after a wait: for the first time, or after it was turned away. */
export type Standing = 'new' | 'turn' | 'turnedAway';

/** By budget and key, for the keys that may come near their limit or have events waiting. Most often there are none. */
export function usesOf<Payload>(
  items: readonly KeyedItem<Payload>[],
  budgets: readonly Budget<Payload>[],
  count: Count,
  standingOf: ((item: Item<Payload>) => Standing) | undefined,
): readonly Use<Payload>[] {
  const uses = budgets.map(() => new Map<string, OpenUse<Payload>>());
  const last: (OpenUse<Payload> | undefined)[] = [];
  for (const item of items) {
    const { names, asks } =
      item.counted ??
      count.take(namesOf(item, budgets), 1, item.bytes ?? item.json.length, !standingOf || standingOf(item) === 'new');
    if (asks === 0) continue;
    for (const [place, budget] of budgets.entries()) {
      if ((asks & (1 << place)) === 0) continue;
      const key = names[place] as string;
      let use = last[place];
      if (use?.key !== key) last[place] = use = useOf(uses[place] as Map<string, OpenUse<Payload>>, budget, key);
      use.items.push(item);
      use.weight += weightOf(item, budget);
    }
  }
  return uses.flatMap((byKey) => [...byKey.values()]);
}

function namesOf<Payload>({ payload }: Item<Payload>, budgets: readonly Budget<Payload>[]): Names {
  return budgets.map((budget) => budget.key(payload));
}

/** Counts what has arrived of the keys that are watched for their quota; most often none is. */
export function countArrived<Each extends KeyedItem<unknown>>(
  items: readonly Each[],
  budget: Budget<unknown>,
  place: number,
  { watch }: KeysOfBudget,
  hasArrived: (item: Each) => boolean,
): void {
  if (!watch?.isAwake()) return;
  for (const item of items) {
    const key = item.counted ? item.counted.names[place] : budget.key(item.payload);
    if (key !== undefined && watch.watches(key) && hasArrived(item)) watch.count(key, weightOf(item, budget));
  }
}

/** By key, for all keys. */
export function allUsesOf<Payload>(
  items: readonly KeyedItem<Payload>[],
  budget: Budget<Payload>,
): readonly Use<Payload>[] {
  const uses = new Map<string, OpenUse<Payload>>();
  for (const item of items) {
    const key = budget.key(item.payload);
    if (key === undefined) continue;
    const use = useOf(uses, budget, key);
    use.items.push(item);
    use.weight += weightOf(item, budget);
  }
  return [...uses.values()];
}

/** The uses with those of their items that are meant; none without any. */
export function chosen<Payload>(
  uses: readonly Use<Payload>[],
  isMeant: (item: Item<Payload>) => boolean,
): readonly Use<Payload>[] {
  return uses.flatMap((use) => {
    const items = use.items.filter(isMeant);
    if (items.length === use.items.length) return [use];
    return items.length > 0
      ? [{ ...use, items, weight: items.reduce((sum, item) => sum + weightOf(item, use.budget), 0) }]
      : [];
  });
}

export function weightOf(item: KeyedItem<unknown>, { unit }: Pick<Budget<never>, 'unit'>): number {
  return unit === 'events' ? 1 : (item.bytes ?? item.json.length);
}

type OpenUse<Payload> = Use<Payload> & { readonly items: Item<Payload>[]; weight: number };

function useOf<Payload>(uses: Map<string, OpenUse<Payload>>, budget: Budget<Payload>, key: string): OpenUse<Payload> {
  let use = uses.get(key);
  if (!use) uses.set(key, (use = { budget, key, items: [], weight: 0 }));
  return use;
}
