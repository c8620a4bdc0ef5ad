import type { Budget } from '@currents/connector';
import { createDecayedCounter } from './decayedCounter.js';
import { createHotKeySketch } from './hotKeySketch.js';

/** A budget without its key function. */
export type BudgetSpec = Pick<Budget<never>, 'name' | 'unit' | 'limit' | 'periodMs' | 'quota'>;

export type BudgetState = ReturnType<typeof openBudgetState>;

/** A key that uses less than this share of its budget in one worker is not checked against the shared buckets. */
export const hotKeyShare = 0.05;

/** What one worker knows by itself about the keys of a budget. */
export function openBudgetState(budget: BudgetSpec) {
  const { limit, periodMs, quota } = budget;
  /** Undefined when the budget has no quota. */
  const counter = quota && createDecayedCounter(quota);
  return {
    budget,
    hotKeys: createHotKeySketch(limit * hotKeyShare, periodMs, counter),
    counter,
    /** For each key with events that wait, when the last of them is due. */
    queuedUntil: new Map<string, number>(),
    /** The same for events that the gate refused or whose key is paused. */
    requeuedUntil: new Map<string, number>(),
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
