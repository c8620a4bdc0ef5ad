import type { Budget, Item } from '@currents/connector';
import { createWarmKeys, type WarmKeys } from './warmKeys.js';

/** What some items use of one budget's key. */
export interface Use<Payload> {
  readonly budget: Pick<Budget<Payload>, 'name' | 'unit' | 'allow' | 'perMs'>;
  readonly key: string;
  readonly members: readonly Member<Payload>[];
}

export interface Member<Payload> {
  readonly item: Item<Payload>;
  readonly weight: number;
  readonly standing: Standing;
}

/** An item has just come, or has its turn after a wait: for the first time, or after it was turned away. */
export type Standing = 'new' | 'turn' | 'turnedAway';

/** What one worker knows of a budget's keys by itself. */
export interface KeysOfBudget {
  readonly warm: WarmKeys;
  /** Keys with events that wait, and until when the last of them does. */
  readonly queues: Map<string, number>;
  /** The same for events that were turned away or are paused. */
  readonly again: Map<string, number>;
}

/** A key below this share of its budget, in one worker, is not worth a call to the shared marks. */
const coldShare = 0.05;

export function openKeys({ allow, perMs }: Pick<Budget<never>, 'allow' | 'perMs'>): KeysOfBudget {
  return { warm: createWarmKeys(allow * coldShare, perMs), queues: new Map(), again: new Map() };
}

/** By key, for the keys that may come near their limit or have events waiting. Most often there are none. */
export function usesOf<Payload>(
  items: readonly Item<Payload>[],
  budget: Budget<Payload>,
  { warm, queues }: KeysOfBudget,
  nowMs: number,
  standingOf: ((item: Item<Payload>) => Standing) | undefined,
): readonly Use<Payload>[] {
  let uses: Uses<Payload> | undefined;
  for (const item of items) {
    const key = budget.key(item.payload);
    if (key === undefined) continue;
    const weight = weightOf(item, budget);
    const isWarm = warm.add(key, weight, nowMs);
    const standing = standingOf ? standingOf(item) : 'new';
    if (!isWarm && standing === 'new' && (queues.size === 0 || waitsUntil(queues, key, nowMs) === 0)) continue;
    uses ??= new Map<string, Use<Payload> & { readonly members: Member<Payload>[] }>();
    addTo(uses, budget, key, { item, weight, standing });
  }
  return uses ? [...uses.values()] : [];
}

/** By key, for all keys. */
export function allUsesOf<Payload>(items: readonly Item<Payload>[], budget: Budget<Payload>): readonly Use<Payload>[] {
  const uses: Uses<Payload> = new Map();
  for (const item of items) {
    const key = budget.key(item.payload);
    if (key !== undefined) addTo(uses, budget, key, { item, weight: weightOf(item, budget), standing: 'turnedAway' });
  }
  return [...uses.values()];
}

/** The uses with those of their members that are meant; none without any. */
export function chosen<Payload>(uses: readonly Use<Payload>[], isMeant: (member: Member<Payload>) => boolean): readonly Use<Payload>[] {
  return uses.flatMap((use) => {
    const members = use.members.filter(isMeant);
    return members.length > 0 ? [{ ...use, members }] : [];
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

type Uses<Payload> = Map<string, Use<Payload> & { readonly members: Member<Payload>[] }>;

function addTo<Payload>(uses: Uses<Payload>, budget: Budget<Payload>, key: string, member: Member<Payload>): void {
  const use = uses.get(key);
  if (use) use.members.push(member);
  else uses.set(key, { budget, key, members: [member] });
}

function weightOf<Payload>({ json }: Item<Payload>, { unit }: Budget<Payload>): number {
  return unit === 'events' ? 1 : json.length;
}
