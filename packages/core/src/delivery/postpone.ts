import type { Budget, Item, SendOutcome } from '@currents/connector';
import type { BudgetWait } from '../budget/budgets.js';
import { termsOf } from '../budget/terms.js';
import type { BudgetQueueEntry } from './claim.js';
import type { AttemptContext, CurrentSuspension, CurrentFailure } from './attemptContext.js';
import { backoffMs, decideRetry, type RetryTerms, type RetryableFailure } from '../retry.js';
import type { DeliveryItem } from './deliveryItem.js';
import type { Attempt } from './attempt.js';

export interface Wait {
  readonly code: string;
  readonly detail: string;
  /** Without it the wait grows with every try. */
  readonly dueAtMs?: number | undefined;
  readonly budget?: Omit<BudgetQueueEntry, 'sinceMs'>;
}

/** One event waits, or expires when it has been kept for its whole window. */
export function postpone(
  { attempt: track, position }: DeliveryItem,
  { code, detail, dueAtMs, budget }: Wait,
  line: AttemptContext,
  nowMs = line.now(),
): void {
  const afterMs = dueAtMs === undefined ? undefined : Math.max(0, dueAtMs - nowMs);
  const next = decideRetry({ code, detail, afterMs, tries: track.tries(position) }, retryTermsOf(track, line, nowMs));
  if (!next.again) return track.deadLetter(position, { outcome: 'expired', code: next.code, detail: next.detail });
  const place = budget && seat(budget, track, position, nowMs);
  track.defer(position, { dueAtMs: next.dueAtMs, code, detail, ...(place && { budget: place }) });
}

/** The key is an id of somebody's, and no text of PostgreSQL holds a NUL (PostgreSQL, Character Types). */
function seat(
  budget: Omit<BudgetQueueEntry, 'sinceMs'>,
  track: Attempt,
  position: number,
  nowMs: number,
): BudgetQueueEntry {
  const key = budget.key.replaceAll('\0', '\uFFFD');
  return { ...budget, key, sinceMs: track.waitsSince(position, budget.name, key) ?? nowMs };
}

/** An event's place in the queue of its key. */
export function placeOf({ budget, key, turnedAway }: BudgetWait<unknown>): Omit<BudgetQueueEntry, 'sinceMs'> {
  return { name: budget.name, key, terms: termsOf(budget), ...(turnedAway && { turnedAway }) };
}

/** An item whose key the partner wants nothing of for now. */
export interface Throttled {
  readonly item: DeliveryItem;
  readonly verdict: Extract<SendOutcome, { outcome: 'deferred' }>;
}

/** The partner wants nothing of these keys for a while: their events wait, and so does what comes after them. */
export async function pauseKeys(
  throttled: readonly Throttled[],
  budgets: readonly Budget<unknown>[],
  line: AttemptContext,
): Promise<void> {
  const pauses = new Map<
    string,
    { readonly meant: readonly Budget<unknown>[]; readonly forMs: number; readonly throttled: Throttled[] }
  >();
  for (const { item, verdict } of throttled) {
    const forMs = verdict.afterMs ?? backoffMs(item.attempt.tries(item.position), 0);
    const id = `${verdict.budget} ${forMs}`;
    const pause = pauses.get(id);
    if (pause) pause.throttled.push({ item, verdict });
    else pauses.set(id, { meant: meantBy(verdict, budgets), forMs, throttled: [{ item, verdict }] });
  }
  for (const { throttled, meant, forMs } of pauses.values()) {
    const nowMs = line.now();
    const waits =
      (await line.budgets?.pause(
        throttled.map(({ item }) => item),
        meant,
        forMs,
      )) ?? [];
    const waitOf = new Map<Item<unknown>, BudgetWait<unknown>>(waits.map((wait) => [wait.item, wait]));
    for (const {
      item,
      verdict: { code, detail },
    } of throttled) {
      const wait = waitOf.get(item) ?? ownWait(item, meant, nowMs + forMs);
      const budget = wait && placeOf(wait);
      postpone(item, { code, detail, dueAtMs: wait?.dueAtMs ?? nowMs + forMs, ...(budget && { budget }) }, line);
    }
  }
}

/** Where no budgets are enforced, every event waits by itself; for whom is told all the same. */
function ownWait(
  item: Item<unknown>,
  meant: readonly Budget<unknown>[],
  dueAtMs: number,
): BudgetWait<unknown> | undefined {
  for (const budget of meant) {
    const key = budget.key(item.payload);
    if (key !== undefined) return { item, dueAtMs, budget, key, turnedAway: true };
  }
  return undefined;
}

/** Those of the items that share a paused key with one that was named: what comes after it must not leave before it. */
export function sharing(
  throttled: readonly Throttled[],
  items: readonly DeliveryItem[],
  budgets: readonly Budget<unknown>[],
): Throttled[] {
  const paused = new Map<string, Throttled['verdict']>();
  for (const { item, verdict } of throttled) {
    for (const budget of meantBy(verdict, budgets)) {
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

function meantBy(
  { budget: named }: Throttled['verdict'],
  budgets: readonly Budget<unknown>[],
): readonly Budget<unknown>[] {
  return budgets.filter(({ name }) => named === undefined || named === name);
}

/** The Current as a whole waits or is blocked: what has been kept for its whole window expires, the rest stays pending. */
export function suspendCurrent(
  setback: CurrentFailure | undefined,
  tracks: readonly Attempt[],
  line: AttemptContext,
): CurrentSuspension | undefined {
  if (!setback) return undefined;
  const { code, detail } = setback;
  const afterMs = setback.outcome === 'deferred' ? setback.afterMs : 0;
  const trouble: RetryableFailure = { code, detail, afterMs, tries: line.failures + 1 };
  for (const track of tracks) {
    const next = decideRetry(trouble, retryTermsOf(track, line, line.now()));
    if (next.again) continue;
    for (const position of track.unresolved())
      track.deadLetter(position, { outcome: 'expired', code: next.code, detail: next.detail });
  }
  if (setback.outcome === 'blocked') return { kind: 'blocked', code, detail };
  const hold = decideRetry(trouble, {
    nowMs: line.now(),
    keptSinceMs: line.now(),
    windowMs: Infinity,
    random: line.random(),
  });
  return { kind: 'held', untilMs: hold.again ? hold.dueAtMs : line.now(), code, detail };
}

function retryTermsOf({ delivery }: Attempt, line: AttemptContext, nowMs: number): RetryTerms {
  const keptSinceMs = Math.max(delivery.storedAtMs, line.liveSinceMs);
  return { nowMs, keptSinceMs, windowMs: line.windowMs, random: line.random() };
}
