import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface AttemptCounts {
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly pending: number;
}

/** What Prometheus may ask. One instance per process. */
export interface Metrics {
  readonly registry: Registry;
  requested(status: number): void;
  stored(accepted: number, quarantined: number, durationMs: number): void;
  attempted(currentId: number, counts: AttemptCounts, durationMs: number): void;
  delivered(currentId: number, events: number, sinceStoredMs: number): void;
  swept(overdueCurrents: number): void;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({ name: 'currents_ingest_requests_total', help: 'Requests to /v1/events, by status', labelNames: ['status'], registers });
  const accepted = new Counter({ name: 'currents_events_accepted_total', help: 'Events stored', registers });
  const quarantined = new Counter({ name: 'currents_events_quarantined_total', help: 'Events the catalogue refused, and kept', registers });
  const storing = new Histogram({ name: 'currents_store_seconds', help: 'From reading a request to its commit', buckets: seconds, registers });
  const outcomes = new Counter({ name: 'currents_outcomes_total', help: 'Events that reached an outcome, by Current', labelNames: ['current', 'outcome'], registers });
  const attempts = new Histogram({ name: 'currents_attempt_seconds', help: 'Duration of one attempt, by Current', labelNames: ['current'], buckets: seconds, registers });
  const arrival = new Histogram({ name: 'currents_delivered_seconds', help: 'From storing an event to recording it as delivered, by Current', labelNames: ['current'], buckets: seconds, registers });
  const overdue = new Gauge({ name: 'currents_overdue', help: 'Live Currents that the last sweep found with due deliveries', registers });
  return {
    registry,
    requested: (status) => requests.inc({ status }),
    stored(acceptedEvents, quarantinedEvents, durationMs) {
      accepted.inc(acceptedEvents);
      quarantined.inc(quarantinedEvents);
      storing.observe(durationMs / 1000);
    },
    attempted(current, counts, durationMs) {
      for (const outcome of ['delivered', 'skipped', 'rejected', 'expired'] as const) {
        if (counts[outcome] > 0) outcomes.inc({ current, outcome }, counts[outcome]);
      }
      attempts.observe({ current }, durationMs / 1000);
    },
    delivered: (current, _events, sinceStoredMs) => arrival.observe({ current }, sinceStoredMs / 1000),
    swept: (count) => overdue.set(count),
  };
}
