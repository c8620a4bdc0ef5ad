import type { Budget, Item, SendOutcome } from '@currents/connector';
import type { BudgetWait } from '../budget/budgets.js';
import { termsOf } from '../budget/terms.js';
import { backoffMs, decideRetry, type RetryableFailure, type RetryTerms } from '../retry.js';
import type { Attempt } from './attempt.js';
import type { AttemptContext, CurrentFailure, CurrentSuspension } from './attemptContext.js';
import type { BudgetQueueEntry } from '../batch/deferral.js';
import type { DeliveryItem } from './deliveryItem.js';

type NewQueueEntry = Omit<BudgetQueueEntry, 'sinceMs'>;

interface Postponement {
  readonly code: string;
  readonly detail: string;
  /** Undefined: after the backoff. */
  readonly dueAtMs?: number | undefined;
  readonly budget?: NewQueueEntry;
}

/** Defers one event, or expires it when its retry window is over. */
export function postpone(
  { attempt, position, user }: Pick<DeliveryItem, 'attempt' | 'position' | 'user'>,
  { code, detail, dueAtMs, budget }: Postponement,
  context: AttemptContext,
  nowMs = context.now(),
): void {
  const afterMs = dueAtMs === undefined ? undefined : Math.max(0, dueAtMs - nowMs);
  const failure = { code, detail, afterMs, tries: attempt.tries(position) };
  const next = decideRetry(failure, retryTermsOf(attempt, context, nowMs));
  if (!next.again) return attempt.deadLetter(position, { outcome: 'expired', code: next.code, detail: next.detail });
  const entry = budget && enqueue(budget, attempt, position, nowMs);
  attempt.defer(position, { dueAtMs: next.dueAtMs, code, detail, ...(entry && { budget: entry }) }, user);
}

/** The key may be any text, and PostgreSQL's text holds no NUL (PostgreSQL, Character Types). */
function enqueue(budget: NewQueueEntry, attempt: Attempt, position: number, nowMs: number): BudgetQueueEntry {
  const key = budget.key.replaceAll('\0', '\uFFFD');
  return { ...budget, key, sinceMs: attempt.waitsSince(position, budget.name, key) ?? nowMs };
}

export function queueEntryOf({ budget, key, turnedAway }: BudgetWait): NewQueueEntry {
  return { name: budget.name, key, terms: termsOf(budget), ...(turnedAway && { turnedAway }) };
}

/** An item whose key the partner does not accept for a while. */
export interface Throttled {
  readonly item: DeliveryItem;
  readonly verdict: Extract<SendOutcome, { outcome: 'deferred' }>;
}

/** Pauses throttled keys and postpones their items. */
export async function pauseKeys(
  throttled: readonly Throttled[],
  budgets: readonly Budget<unknown>[],
  context: AttemptContext,
): Promise<void> {
  for (const { items, paused, forMs } of pausesOf(throttled, budgets)) {
    const nowMs = context.now();
    const waits =
      (await context.budgets?.pause(
        items.map(({ item }) => item),
        paused,
        forMs,
      )) ?? [];
    const waitOf = new Map<Item<unknown>, BudgetWait>(waits.map((wait) => [wait.item, wait]));
    for (const { item, verdict } of items) {
      const { code, detail } = verdict;
      const wait = waitOf.get(item) ?? unsharedWait(item, paused, nowMs + forMs);
      const budget = wait && queueEntryOf(wait);
      postpone(item, { code, detail, dueAtMs: wait?.dueAtMs ?? nowMs + forMs, ...(budget && { budget }) }, context);
    }
  }
}

interface Pause {
  readonly items: Throttled[];
  readonly paused: readonly Budget<unknown>[];
  readonly forMs: number;
}

/** Groups the items that pause the same budgets for the same time. */
function pausesOf(throttled: readonly Throttled[], budgets: readonly Budget<unknown>[]): Iterable<Pause> {
  const pauses = new Map<string, Pause>();
  for (const each of throttled) {
    const { item, verdict } = each;
    const forMs = verdict.afterMs ?? backoffMs(item.attempt.tries(item.position), 0);
    const id = `${verdict.budget} ${forMs}`;
    const pause = pauses.get(id);
    if (pause) pause.items.push(each);
    else pauses.set(id, { items: [each], paused: budgetsOf(verdict, budgets), forMs });
  }
  return pauses.values();
}

/** Where budgets are not enforced, each event waits for itself; its key is shown all the same. */
function unsharedWait(
  item: Item<unknown>,
  paused: readonly Budget<unknown>[],
  dueAtMs: number,
): BudgetWait | undefined {
  for (const budget of paused) {
    const key = budget.key(item.payload);
    if (key !== undefined) return { item, dueAtMs, budget, key, turnedAway: true };
  }
  return undefined;
}

/** The items that share a throttled key: they are postponed too, because events of one key are sent in order. */
export function sharing(
  throttled: readonly Throttled[],
  items: readonly DeliveryItem[],
  budgets: readonly Budget<unknown>[],
): Throttled[] {
  const paused = new Map<string, Throttled['verdict']>();
  for (const { item, verdict } of throttled) {
    for (const budget of budgetsOf(verdict, budgets)) {
      const key = budget.key(item.payload);
      if (key !== undefined) paused.set(`${budget.name} ${key}`, verdict);
    }
  }
  return items.flatMap((item) => {
    for (const budget of budgets) {
      const verdict = paused.get(`${budget.name} ${budget.key(item.payload)}`);
      if (verdict) return [{ item, verdict }];
    }
    return [];
  });
}

/** The budget that a verdict names, or all of them when it names none. */
function budgetsOf(
  { budget: named }: Throttled['verdict'],
  budgets: readonly Budget<unknown>[],
): readonly Budget<unknown>[] {
  return budgets.filter(({ name }) => named === undefined || named === name);
}

/** Holds or blocks the Current. Its events whose retry window is over expire, the others stay pending. */
export function suspendCurrent(
  failure: CurrentFailure | undefined,
  attempts: readonly Attempt[],
  context: AttemptContext,
): CurrentSuspension | undefined {
  if (!failure) return undefined;
  const { code, detail } = failure;
  const afterMs = failure.outcome === 'deferred' ? failure.afterMs : 0;
  const retryable: RetryableFailure = { code, detail, afterMs, tries: context.failures + 1 };
  for (const attempt of attempts) {
    const next = decideRetry(retryable, retryTermsOf(attempt, context, context.now()));
    if (next.again) continue;
    for (const position of attempt.unresolved())
      attempt.deadLetter(position, { outcome: 'expired', code: next.code, detail: next.detail });
  }
  if (failure.outcome === 'blocked') return { kind: 'blocked', code, detail };
  const nowMs = context.now();
  const untilMs = nowMs + (afterMs ?? backoffMs(retryable.tries, context.random()));
  return { kind: 'held', untilMs, code, detail };
}

function retryTermsOf({ delivery }: Attempt, context: AttemptContext, nowMs: number): RetryTerms {
  const keptSinceMs = Math.max(delivery.storedAtMs, context.liveSinceMs);
  return { nowMs, keptSinceMs, windowMs: context.windowMs, random: context.random() };
}
