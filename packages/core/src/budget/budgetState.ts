import type { Budget } from '@currents/connector';
import { createQuotaWatch, type QuotaWatch } from './decayedCounter.js';
import { createWarmKeys, type WarmKeys } from './hotKeySketch.js';

/** A budget without its way to find the key of a payload. */
export type PlainBudget = Pick<Budget<never>, 'name' | 'unit' | 'allow' | 'perMs' | 'quota'>;

/** What one worker knows of a budget's keys by itself. */
export interface KeysOfBudget {
  readonly budget: PlainBudget;
  readonly warm: WarmKeys;
  /** Undefined when the budget has no quota. */
  readonly watch: QuotaWatch | undefined;
  /** Keys with events that wait, and until when the last of them does. */
  readonly queues: Map<string, number>;
  /** The same for events that were turned away or are paused. */
  readonly again: Map<string, number>;
}

/** A key below this share of its budget, in one worker, is not worth a call to the shared marks. */
export const coldShare = 0.05;

export function openKeys(budget: PlainBudget): KeysOfBudget {
  const { allow, perMs, quota } = budget;
  const watch = quota && createQuotaWatch(quota);
  return { budget, warm: createWarmKeys(allow * coldShare, perMs, watch), watch, queues: new Map(), again: new Map() };
}

/** Until when events of the key wait; 0 when none do. */
export function waitsUntil(queues: Map<string, number>, key: string, nowMs: number): number {
  const untilMs = queues.get(key) ?? 0;
  if (untilMs > nowMs) return untilMs;
  queues.delete(key);
  return 0;
}

/** Whether events of any key wait. */
export function someWait(queues: Map<string, number>, nowMs: number): boolean {
  for (const key of queues.keys()) if (waitsUntil(queues, key, nowMs) > 0) return true;
  return false;
}

/** Beyond so many, those whose events wait no longer are forgotten. */
const manyQueues = 1_000;

export function lengthen(queues: Map<string, number>, key: string, untilMs: number, nowMs: number): void {
  if (queues.size === manyQueues) for (const other of queues.keys()) waitsUntil(queues, other, nowMs);
  queues.set(key, Math.max(queues.get(key) ?? 0, untilMs));
}
