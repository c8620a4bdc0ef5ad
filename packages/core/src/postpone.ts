import type { Budget, Item, Verdict } from '@currents/connector';
import type { Line, Obstacle, Seat, Seats, Setback } from './line.js';
import { backoffMs, retry, type RetryTerms, type Trouble } from './retry.js';
import type { Track } from './track.js';

export interface Wait {
  readonly code: string;
  readonly detail: string;
  readonly afterMs?: number | undefined;
  readonly budget?: { readonly name: string; readonly key: string; readonly reserved: boolean };
}

/** One event waits, or expires when it has been kept for its whole window. */
export function postpone({ track, position }: Seat, { code, detail, afterMs, budget }: Wait, line: Line): void {
  const next = retry({ code, detail, afterMs, tries: track.tries(position) }, termsOf(track, line));
  if (!next.again) track.bury(position, { outcome: 'expired', code: next.code, detail: next.detail });
  else track.defer(position, { dueAtMs: next.dueAtMs, code, detail, ...(budget && { budget: { ...budget, sinceMs: line.now() } }) });
}

/** An item whose key the partner wants nothing of for now. */
export interface Throttled {
  readonly item: Item<unknown>;
  readonly verdict: Extract<Verdict, { outcome: 'deferred' }>;
}

/** The partner wants nothing of these keys for a while: their events wait, and so does what comes after them. */
export async function pauseKeys(throttled: readonly Throttled[], seats: Seats, budgets: readonly Budget<unknown>[], line: Line): Promise<void> {
  const pauses = new Map<string, { readonly meant: readonly Budget<unknown>[]; readonly forMs: number; readonly items: Item<unknown>[] }>();
  for (const { item, verdict } of throttled) {
    const { track, position } = seats.get(item.id) as Seat;
    const { code, detail, budget: named } = verdict;
    const afterMs = verdict.afterMs ?? backoffMs(track.tries(position), 0);
    const meant = budgets.filter(({ name }) => named === undefined || named === name);
    const budget = { name: meant[0]?.name ?? 'key', key: meant[0]?.key(item.payload) ?? '', reserved: false };
    postpone({ track, position }, { code, detail, afterMs, budget }, line);
    const id = `${named} ${afterMs}`;
    const pause = pauses.get(id);
    if (pause) pause.items.push(item);
    else pauses.set(id, { meant, forMs: afterMs, items: [item] });
  }
  for (const { items, meant, forMs } of pauses.values()) await line.budgets?.pause(items, meant, forMs);
}

/** The Current as a whole waits or is blocked: what has been kept for its whole window expires, the rest stays pending. */
export function settleSetback(setback: Setback | undefined, tracks: readonly Track[], line: Line): Obstacle | undefined {
  if (!setback) return undefined;
  const { code, detail } = setback;
  const afterMs = setback.outcome === 'deferred' ? setback.afterMs : 0;
  const trouble: Trouble = { code, detail, afterMs, tries: line.failures + 1 };
  for (const track of tracks) {
    const next = retry(trouble, termsOf(track, line));
    if (next.again) continue;
    for (const position of track.unsettled()) track.bury(position, { outcome: 'expired', code: next.code, detail: next.detail });
  }
  if (setback.outcome === 'blocked') return { kind: 'blocked', code, detail };
  const hold = retry(trouble, { nowMs: line.now(), keptSinceMs: line.now(), windowMs: Infinity, random: line.random() });
  return { kind: 'held', untilMs: hold.again ? hold.dueAtMs : line.now(), code, detail };
}

function termsOf({ delivery }: Track, line: Line): RetryTerms {
  const keptSinceMs = Math.max(delivery.storedAtMs, line.liveSinceMs);
  return { nowMs: line.now(), keptSinceMs, windowMs: line.windowMs, random: line.random() };
}
