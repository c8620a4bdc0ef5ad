import type { Logger } from 'pino';
import type { UnreadableDelivery } from '../delivery/attemptContext.js';
import type { Metrics } from '../process/metrics.js';
import { createFirstTime } from './firstTime.js';

export type ReportUnreadable = ReturnType<typeof createUnreadableReporter>;

/** Logs and counts each batch that cannot be read once, however many Currents and attempts meet it. */
export function createUnreadableReporter({ log, metrics }: { readonly log: Logger; readonly metrics: Metrics }) {
  const isFirstTime = createFirstTime();
  return (currentId: number, { delivery, error, events }: UnreadableDelivery): void => {
    const { batchId, storedOn } = delivery;
    if (!isFirstTime(batchId)) return;
    metrics.batchUnreadable(error.reason);
    log.error(
      { event: 'batch.unreadable', batch: batchId, storedOn, current: currentId, events, reason: error.reason },
      error.reason === 'newer'
        ? 'a batch was stored by a later release; its events wait for a worker of that release'
        : 'a batch cannot be read; its events are dead letters with the code batch_unreadable, and other events go on',
    );
  };
}
