/** Why something waits, and for how long it has been kept already. */
export interface RetryableFailure {
  readonly code: string;
  readonly detail: string;
  /** What the partner asked for; 0 means at once, undefined means it did not say. */
  readonly afterMs: number | undefined;
  /** Failed tries in a row so far, this one included. */
  readonly tries: number;
}

export interface RetryTerms {
  readonly nowMs: number;
  /** When the event's retry window began. */
  readonly keptSinceMs: number;
  readonly windowMs: number;
  /** From 0 up to, not including, 1: spreads the retries of many. */
  readonly random: number;
}

export type RetryDecision =
  | { readonly again: true; readonly dueAtMs: number }
  /** The retry window is over: the event expires, with its last trouble as the reason. */
  | { readonly again: false; readonly code: string; readonly detail: string };

const firstWaitMs = 2_000;
const longestWaitMs = 60_000;

/**
 * The wait before the next try: 2 s, doubled with each failure up to 60 s, plus 1 to 5 s of jitter.
 * The figures are those that Mixpanel asks of its clients (Rate Limits reference); no other partner asks for longer.
 */
export function backoffMs(tries: number, random: number): number {
  const grown = Math.min(firstWaitMs * 2 ** Math.min(tries - 1, 10), longestWaitMs);
  return grown + 1_000 + random * 4_000;
}

/** The whole retry policy: what is in trouble is tried again until its retry window is over, and once more at its end. */
export function decideRetry(
  trouble: RetryableFailure,
  { nowMs, keptSinceMs, windowMs, random }: RetryTerms,
): RetryDecision {
  const endMs = keptSinceMs + windowMs;
  if (nowMs < endMs)
    return { again: true, dueAtMs: Math.min(nowMs + (trouble.afterMs ?? backoffMs(trouble.tries, random)), endMs) };
  const hours = Math.round((windowMs / 3_600_000) * 100) / 100;
  return {
    again: false,
    code: trouble.code,
    detail: `kept for the whole retry window of ${hours} h; last: ${trouble.detail}`,
  };
}

/**
 * How long until something blocked is probed again, by how many probes there were so far; the last holds for all that
 * follow. A minute at first, then twice as long each time, up to a quarter of an hour.
 */
export const probeWaitsMs: readonly number[] = [1, 2, 4, 8, 15].map((minutes) => minutes * 60_000);
