import { setTimeout as sleep } from 'node:timers/promises';
import { beforeDeadline } from './deadline.js';

const retryMs = 500;

/** For how long a lease lasts, and whether its worker stops. */
export interface LeaseTerm {
  readonly leaseMs: number;
  readonly isStopping: () => boolean;
}

/**
 * Runs the statement by which the holder of a lease records its work or gives it back, until it succeeds. In a failover
 * it may fail for some seconds, and the work would stand until the lease expires, which takes minutes.
 * @param run may be done although its answer was lost, so it names the lease, and changes nothing without it.
 * @throws its error once the lease has expired in any case, or when the worker stops.
 */
export async function endLease<Result>(
  run: () => PromiseLike<Result>,
  { leaseMs, isStopping }: LeaseTerm,
): Promise<Result> {
  const untilMs = performance.now() + leaseMs;
  for (;;) {
    try {
      return await beforeDeadline(run());
    } catch (error) {
      if (isStopping() || performance.now() >= untilMs) throw error;
      await sleep(retryMs);
    }
  }
}
