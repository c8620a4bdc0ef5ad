import type { CurrentStatus } from './currentStatus.js';

/**
 * When the first pending event of a blocked Current expires; undefined when it is not blocked, or nothing is pending. The
 * window of an event starts when it was stored or when the Current was last launched.
 */
export function windowEndsAt(
  { state, oldestPendingAt, liveSince }: Pick<CurrentStatus, 'state' | 'oldestPendingAt' | 'liveSince'>,
  windowMs: number,
): Date | undefined {
  if (state !== 'blocked' || oldestPendingAt === null) return undefined;
  return new Date(Math.max(oldestPendingAt.getTime(), liveSince?.getTime() ?? 0) + windowMs);
}
