import type { Budget } from '@currents/connector';
import { createDecayedCounter, type DecayedCounter } from './decayedCounter.js';
import { createHotKeySketch, type HotKeySketch } from './hotKeySketch.js';

/** A budget without its key function. */
export type BudgetSpec = Pick<Budget<never>, 'name' | 'unit' | 'limit' | 'periodMs' | 'quota'>;

/** What one worker knows by itself about the keys of a budget. */
export interface BudgetState {
  readonly budget: BudgetSpec;
  readonly hotKeys: HotKeySketch;
  /** Undefined when the budget has no quota. */
  readonly counter: DecayedCounter | undefined;
  /** For each key with events that wait, when the last of them is due. */
  readonly queuedUntil: Map<string, number>;
  /** The same for events that the gate refused or whose key is paused. */
  readonly requeuedUntil: Map<string, number>;
}

/** A key that uses less than this share of its budget in one worker is not checked against the shared buckets. */
export const hotKeyShare = 0.05;

export function openBudgetState(budget: BudgetSpec): BudgetState {
  const { limit, periodMs, quota } = budget;
  const counter = quota && createDecayedCounter(quota);
  return {
    budget,
    hotKeys: createHotKeySketch(limit * hotKeyShare, periodMs, counter),
    counter,
    queuedUntil: new Map(),
    requeuedUntil: new Map(),
  };
}

/** Until when events of the key wait; 0 when none do. */
export function waitingUntil(waits: Map<string, number>, key: string, nowMs: number): number {
  const untilMs = waits.get(key) ?? 0;
  if (untilMs > nowMs) return untilMs;
  waits.delete(key);
  return 0;
}

/** Whether events of any key wait. */
export function hasWaitingKeys(waits: Map<string, number>, nowMs: number): boolean {
  for (const key of waits.keys()) if (waitingUntil(waits, key, nowMs) > 0) return true;
  return false;
}

/** When a map reaches this size, keys that wait no longer are removed. */
const pruneSize = 1_000;

export function extendWait(waits: Map<string, number>, key: string, untilMs: number, nowMs: number): void {
  if (waits.size === pruneSize) for (const other of waits.keys()) waitingUntil(waits, other, nowMs);
  waits.set(key, Math.max(waits.get(key) ?? 0, untilMs));
}
