import type { PullStep, PushResult } from '@currents/connector';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface AttemptCounts {
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly pending: number;
}

/** The metrics that Prometheus scrapes from one process. */
export interface Metrics {
  readonly registry: Registry;
  requested(status: number): void;
  stored(accepted: number, quarantined: number, durationMs: number): void;
  attempted(currentId: number, counts: AttemptCounts, durationMs: number): void;
  delivered(currentId: number, sinceStoredMs: number): void;
  swept(overdueCurrents: number): void;
  /** A request with which a partner pushes a cohort. */
  pushed(partner: string, outcome: PushResult['outcome']): void;
  /** Changes of one cohort that were applied together, with the wait of each. */
  applied(partner: string, moved: MemberMoves, waitedMs: readonly number[]): void;
  /** A step of a cohort pull. */
  stepped(partner: string, outcome: PullStep['outcome']): void;
  /** A request to a segment's webhook, with the number of entries and exits in it. */
  webhookRequested(outcome: 'delivered' | 'deferred' | 'split' | 'blocked', changes: number): void;
}

export interface MemberMoves {
  readonly added: number;
  readonly removed: number;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

/** The label `result` of a push. */
const pushResults = {
  stored: 'stored',
  repeated: 'repeated',
  unreadable: 'refused',
  unknown_cohort: 'refused',
  too_large: 'refused',
  unauthorised: 'unauthorised',
  busy: 'deferred',
  unavailable: 'deferred',
} as const satisfies Record<PushResult['outcome'], string>;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'currents_ingest_requests_total',
    help: 'Requests to /v1/events, by HTTP status',
    labelNames: ['status'],
    registers,
  });
  const accepted = new Counter({
    name: 'currents_events_accepted_total',
    help: 'Events accepted and stored',
    registers,
  });
  const quarantined = new Counter({
    name: 'currents_events_quarantined_total',
    help: 'Events quarantined because they do not match the catalogue',
    registers,
  });
  const ingestDuration = new Histogram({
    name: 'currents_ingest_request_duration_seconds',
    help: 'Time from reading a request to /v1/events to committing its events',
    buckets: seconds,
    registers,
  });
  const outcomes = new Counter({
    name: 'currents_event_outcomes_total',
    help: 'Events with a final outcome, by Current and outcome',
    labelNames: ['current', 'outcome'],
    registers,
  });
  const attempts = new Histogram({
    name: 'currents_attempt_duration_seconds',
    help: 'Duration of a delivery attempt, by Current',
    labelNames: ['current'],
    buckets: seconds,
    registers,
  });
  const latency = new Histogram({
    name: 'currents_delivery_latency_seconds',
    help: 'Time from storing an event to recording it as delivered, by Current; once per batch and attempt',
    labelNames: ['current'],
    buckets: seconds,
    registers,
  });
  const overdue = new Gauge({
    name: 'currents_overdue_currents',
    help: 'Live Currents with overdue deliveries in the last sweep',
    registers,
  });
  const pushes = new Counter({
    name: 'currents_cohort_pushes_total',
    help: 'Requests that push cohort members, by partner and result',
    labelNames: ['partner', 'result'],
    registers,
  });
  const memberChanges = new Counter({
    name: 'currents_cohort_member_changes_total',
    help: 'Members added to cohorts or removed from them, by partner and change',
    labelNames: ['partner', 'change'],
    registers,
  });
  const waits = new Histogram({
    name: 'currents_cohort_change_wait_seconds',
    help: 'Time from storing a cohort change to applying it, or to staging it until its sync is complete',
    buckets: seconds,
    registers,
  });
  const steps = new Counter({
    name: 'currents_cohort_pull_steps_total',
    help: 'Steps of cohort pulls, by partner and outcome',
    labelNames: ['partner', 'outcome'],
    registers,
  });
  const webhookRequests = new Counter({
    name: 'currents_webhook_requests_total',
    help: 'Requests to segment webhooks, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const deliveredChanges = new Counter({
    name: 'currents_webhook_delivered_changes_total',
    help: 'Entries and exits delivered to segment webhooks',
    registers,
  });
  return {
    registry,
    requested: (status) => requests.inc({ status }),
    stored(acceptedEvents, quarantinedEvents, durationMs) {
      accepted.inc(acceptedEvents);
      quarantined.inc(quarantinedEvents);
      ingestDuration.observe(durationMs / 1000);
    },
    attempted(current, counts, durationMs) {
      for (const outcome of ['delivered', 'skipped', 'rejected', 'expired'] as const) {
        if (counts[outcome] > 0) outcomes.inc({ current, outcome }, counts[outcome]);
      }
      attempts.observe({ current }, durationMs / 1000);
    },
    delivered: (current, sinceStoredMs) => latency.observe({ current }, sinceStoredMs / 1000),
    swept: (count) => overdue.set(count),
    pushed: (partner, outcome) => pushes.inc({ partner, result: pushResults[outcome] }),
    applied(partner, moved, waitedMs) {
      for (const change of ['added', 'removed'] as const) {
        if (moved[change] > 0) memberChanges.inc({ partner, change }, moved[change]);
      }
      for (const ms of waitedMs) waits.observe(Math.max(0, ms) / 1000);
    },
    stepped: (partner, outcome) => steps.inc({ partner, outcome }),
    webhookRequested(outcome, changes) {
      webhookRequests.inc({ outcome });
      if (outcome === 'delivered') deliveredChanges.inc(changes);
    },
  };
}
