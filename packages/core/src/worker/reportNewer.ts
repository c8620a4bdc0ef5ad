import type { Logger } from 'pino';
import { countPending } from '../batch/outcome.js';
import type { Noticed } from '../currents/currentWarnings.js';
import type { ClaimedDelivery } from '../delivery/claim.js';
import type { Metrics } from '../process/metrics.js';
import { createFirstTime } from './firstTime.js';

/** Logs and counts each delivery once whose deferrals a later release has stored. Returns the warning for its Current. */
export function createNewerReporter({ log, metrics }: { readonly log: Logger; readonly metrics: Metrics }) {
  const isFirstTime = createFirstTime();
  return (currentId: number, newer: readonly ClaimedDelivery[]): Noticed => {
    let events = 0;
    for (const { id, storedOn, outcomes } of newer) {
      // What waits for a later release is claimed again and again.
      if (!isFirstTime(id)) continue;
      const pending = countPending(outcomes);
      events += pending;
      metrics.deliveryParked();
      log.error(
        { event: 'delivery.parked', current: currentId, delivery: id, storedOn, events: pending },
        'a later release stored what deferred events wait for; they wait for a worker of that release',
      );
    }
    const detail = 'the form of the deferred events is unknown to this release';
    return { code: 'deferral_newer', detail, events };
  };
}
