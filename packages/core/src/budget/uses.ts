import type { Budget, Item } from '@currents/connector';
import { createQuotaWatch, type QuotaWatch } from './quotaWatch.js';
import { createWarmKeys, type WarmKeys } from './warmKeys.js';

/** What some items use of one budget's key. */
export interface Use<Payload> {
  readonly budget: Pick<Budget<Payload>, 'name' | 'unit' | 'allow' | 'perMs' | 'quota'>;
  readonly key: string;
  readonly items: readonly Item<Payload>[];
  /** Of all items together. */
  readonly weight: number;
}

/** An item that knows its keys, budget by budget, and the bytes of its text, so that neither has to be found out. */
export interface KeyedItem<Payload> extends Item<Payload> {
  readonly keys?: readonly (string | undefined)[];
  readonly bytes?: number;
}

/** An item has just come, or has its turn after a wait: for the first time, or after it was turned away. */
export type Standing = 'new' | 'turn' | 'turnedAway';

/** What one worker knows of a budget's keys by itself. */
export interface KeysOfBudget {
  readonly budget: Use<unknown>['budget'];
  readonly warm: WarmKeys;
  /** Undefined when the budget has no quota. */
  readonly watch: QuotaWatch | undefined;
  /** Keys with events that wait, and until when the last of them does. */
  readonly queues: Map<string, number>;
  /** The same for events that were turned away or are paused. */
  readonly again: Map<string, number>;
}

/** A key below this share of its budget, in one worker, is not worth a call to the shared marks. */
const coldShare = 0.05;

export function openKeys(budget: Use<unknown>['budget']): KeysOfBudget {
  const { allow, perMs, quota } = budget;
  const watch = quota && createQuotaWatch(quota);
  return { budget, warm: createWarmKeys(allow * coldShare, perMs, watch), watch, queues: new Map(), again: new Map() };
}

/**
 * By key, for the keys that may come near their limit or have events waiting. Most often there are none.
 * @param place the budget's, among those that the items know their keys of.
 */
export function usesOf<Payload>(
  items: readonly KeyedItem<Payload>[],
  budget: Budget<Payload>,
  place: number,
  { warm, queues }: KeysOfBudget,
  nowMs: number,
  standingOf: ((item: Item<Payload>) => Standing) | undefined,
): readonly Use<Payload>[] {
  const uses = new Map<string, OpenUse<Payload>>();
  let last: OpenUse<Payload> | undefined;
  for (const item of items) {
    const key = item.keys ? item.keys[place] : budget.key(item.payload);
    if (key === undefined) continue;
    const weight = weightOf(item, budget);
    const isWarm = warm.add(key, weight, nowMs);
    const isNew = !standingOf || standingOf(item) === 'new';
    if (!isWarm && isNew && (queues.size === 0 || waitsUntil(queues, key, nowMs) === 0)) continue;
    // Neighbours often share their key: all do where a budget is the whole project's.
    if (last?.key !== key) last = useOf(uses, budget, key);
    last.items.push(item);
    last.weight += weight;
  }
  return uses.size > 0 ? [...uses.values()] : [];
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
    const key = item.keys ? item.keys[place] : budget.key(item.payload);
    if (key !== undefined && watch.watches(key) && hasArrived(item)) watch.count(key, weightOf(item, budget));
  }
}

/** By key, for all keys. */
export function allUsesOf<Payload>(items: readonly KeyedItem<Payload>[], budget: Budget<Payload>): readonly Use<Payload>[] {
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
export function chosen<Payload>(uses: readonly Use<Payload>[], isMeant: (item: Item<Payload>) => boolean): readonly Use<Payload>[] {
  return uses.flatMap((use) => {
    const items = use.items.filter(isMeant);
    if (items.length === use.items.length) return [use];
    return items.length > 0 ? [{ ...use, items, weight: items.reduce((sum, item) => sum + weightOf(item, use.budget), 0) }] : [];
  });
}

/** Until when events of the key wait; 0 when none do. */
export function waitsUntil(queues: Map<string, number>, key: string, nowMs: number): number {
  const untilMs = queues.get(key) ?? 0;
  if (untilMs > nowMs) return untilMs;
  queues.delete(key);
  return 0;
}

/** Beyond so many, those whose events wait no longer are forgotten. */
const manyQueues = 1_000;

export function lengthen(queues: Map<string, number>, key: string, untilMs: number, nowMs: number): void {
  if (queues.size === manyQueues) for (const other of queues.keys()) waitsUntil(queues, other, nowMs);
  queues.set(key, Math.max(queues.get(key) ?? 0, untilMs));
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
