/** Why something failed, and how often in a row. */
export interface RetryableFailure {
  readonly code: string;
  readonly detail: string;
  /** The wait that the partner asked for; 0 means at once, undefined means it did not say. */
  readonly afterMs: number | undefined;
  /** Failed tries in a row, this one included. */
  readonly tries: number;
}

export interface RetryTerms {
  readonly nowMs: number;
  /** When the retry window began. */
  readonly keptSinceMs: number;
  readonly windowMs: number;
  /** At least 0 and less than 1: the jitter. */
  readonly random: number;
}

export type RetryDecision =
  | { readonly again: true; readonly dueAtMs: number }
  /** The retry window is over: what failed expires, with its last failure as the reason. */
  | { readonly again: false; readonly code: string; readonly detail: string };

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Mixpanel's Rate Limits reference asks clients for 2 s up to 60 s and 1 to 5 s of jitter; no other partner asks for more. */
const deliveryBackoff: Backoff = { firstMs: 2_000, maxMs: 60_000 };
const jitter = { minMs: 1_000, maxMs: 5_000 };

/**
 * Truncated binary exponential backoff (Metcalfe and Boggs, "Ethernet", 1976): the wait before the next try doubles with
 * each failure up to `maxMs`. The only wait in the hub that grows.
 */
export function exponentialBackoffMs(tries: number, { firstMs, maxMs }: Backoff): number {
  return Math.min(firstMs * 2 ** Math.min(tries - 1, 30), maxMs);
}

/** The backoff of deliveries with additive jitter, which spreads the retries of many clients. */
export function backoffMs(tries: number, random: number): number {
  return exponentialBackoffMs(tries, deliveryBackoff) + jitter.minMs + random * (jitter.maxMs - jitter.minMs);
}

/** The retry policy: a failure is retried until its retry window is over, and once more at its end. Pure. */
export function decideRetry(
  failure: RetryableFailure,
  { nowMs, keptSinceMs, windowMs, random }: RetryTerms,
): RetryDecision {
  const endMs = keptSinceMs + windowMs;
  if (nowMs < endMs)
    return { again: true, dueAtMs: Math.min(nowMs + (failure.afterMs ?? backoffMs(failure.tries, random)), endMs) };
  return {
    again: false,
    code: failure.code,
    detail: `kept for the whole retry window of ${hoursOf(windowMs)} h; last: ${failure.detail}`,
  };
}

/** A duration in hours, with up to two decimals, for messages. */
export function hoursOf(ms: number): number {
  return Math.round((ms / 3_600_000) * 100) / 100;
}

/** For so long after it was blocked, a Current or webhook is probed at least every 5 minutes: most repairs happen then. */
const frequentProbesMs = 4 * 3_600_000;
const frequentProbes: Backoff = { firstMs: 60_000, maxMs: 5 * 60_000 };
export const rareProbesMs = 15 * 60_000;

/** The waits before each probe of something blocked: 1, 2 and 4 minutes, 5 minutes each for four hours, then 15 each. */
export const probeWaitsMs: readonly number[] = probeWaits();

function probeWaits(): readonly number[] {
  const waits: number[] = [];
  for (let total = 0; total < frequentProbesMs; total += waits.at(-1) ?? 0)
    waits.push(exponentialBackoffMs(waits.length + 1, frequentProbes));
  return [...waits, rareProbesMs];
}
