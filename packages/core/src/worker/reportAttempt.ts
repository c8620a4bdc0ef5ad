import type { Logger } from 'pino';
import { Outcome } from '../batch/outcome.js';
import type { Claim } from '../delivery/claim.js';
import type { LatencyRecorder } from '../counts/latencyRecorder.js';
import type { DeliverResult } from '../delivery/deliver.js';
import type { Metrics } from '../process/metrics.js';

export interface ReportDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly latencies: Pick<LatencyRecorder, 'delivered'>;
}

/** Counts the outcomes of an attempt in the metrics, and logs it in one line. The times are by Postgres, as events are stored. */
export function reportAttempt(
  { log, metrics, latencies }: ReportDeps,
  currentId: number,
  claimed: Claim,
  { results, suspension, requests, sent, unconfirmed }: DeliverResult,
  { startedMs, endedMs }: { readonly startedMs: number; readonly endedMs: number },
): void {
  const counts = { delivered: 0, skipped: 0, rejected: 0, expired: 0, pending: 0 };
  for (const { delivery, outcomes } of results) {
    let delivered = 0;
    for (let position = 0; position < outcomes.length; position++) {
      const byte = outcomes[position] as number;
      if (byte === Outcome.pending) counts.pending++;
      else if (byte !== delivery.outcomes[position]) {
        if (byte === Outcome.delivered) delivered++;
        else if (byte === Outcome.rejected) counts.rejected++;
        else if (byte === Outcome.expired) counts.expired++;
        else counts.skipped++;
      }
    }
    counts.delivered += delivered;
    // A replay is slow on purpose.
    if (delivered === 0 || delivery.replayId !== null) continue;
    metrics.delivered(currentId, delivered, endedMs - delivery.storedAtMs);
    latencies.delivered(currentId, delivered, endedMs - delivery.storedAtMs);
  }
  metrics.attempted(currentId, counts, endedMs - startedMs);
  log.info({
    event: 'attempt.finished',
    current: currentId,
    deliveries: claimed.deliveries.length,
    first: claimed.deliveries[0]?.id,
    requests,
    sent,
    ...counts,
    ...(suspension && { suspension: suspension.kind, code: suspension.code }),
    ms: Math.round(endedMs - startedMs),
  });
  if (!unconfirmed) return;
  metrics.unconfirmed(currentId, unconfirmed.events);
  log.warn(
    { event: 'events.unconfirmed', current: currentId, ...unconfirmed },
    'the destination accepted events with an answer that does not confirm them; they count as delivered',
  );
}
