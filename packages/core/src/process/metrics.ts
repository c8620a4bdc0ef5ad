import type { PullStep, PushResult } from '@currents/connector';
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
  /** A partner's push, whatever became of it. */
  pushed(partner: string, outcome: PushResult['outcome']): void;
  /** Changes of one cohort that were applied together, with how long each had waited for it. */
  applied(partner: string, moved: MemberMoves, waitedMs: readonly number[]): void;
  /** A step of a pull, whatever it came to. */
  stepped(partner: string, outcome: PullStep['outcome']): void;
  /** A request to a segment's webhook, and how many entries and exits it told. */
  told(outcome: 'delivered' | 'deferred' | 'split' | 'blocked', changes: number): void;
}

export interface MemberMoves {
  readonly added: number;
  readonly removed: number;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

/** What an operator asks of a push, in as few words as will do. */
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
    help: 'Requests to /v1/events, by status',
    labelNames: ['status'],
    registers,
  });
  const accepted = new Counter({ name: 'currents_events_accepted_total', help: 'Events stored', registers });
  const quarantined = new Counter({
    name: 'currents_events_quarantined_total',
    help: 'Events the catalogue refused, and kept',
    registers,
  });
  const storing = new Histogram({
    name: 'currents_store_seconds',
    help: 'From reading a request to its commit',
    buckets: seconds,
    registers,
  });
  const outcomes = new Counter({
    name: 'currents_outcomes_total',
    help: 'Events that reached an outcome, by Current',
    labelNames: ['current', 'outcome'],
    registers,
  });
  const attempts = new Histogram({
    name: 'currents_attempt_seconds',
    help: 'Duration of one attempt, by Current',
    labelNames: ['current'],
    buckets: seconds,
    registers,
  });
  const arrival = new Histogram({
    name: 'currents_delivered_seconds',
    help: 'From storing an event to recording it as delivered, by Current',
    labelNames: ['current'],
    buckets: seconds,
    registers,
  });
  const overdue = new Gauge({
    name: 'currents_overdue',
    help: 'Live Currents that the last sweep found with due deliveries',
    registers,
  });
  const pushes = new Counter({
    name: 'currents_pushes_total',
    help: 'Requests that push cohorts, by partner and result',
    labelNames: ['partner', 'result'],
    registers,
  });
  const moves = new Counter({
    name: 'currents_members_moved_total',
    help: 'Members that were added to cohorts or removed from them, by partner',
    labelNames: ['partner', 'move'],
    registers,
  });
  const waits = new Histogram({
    name: 'currents_change_wait_seconds',
    help: 'From storing a change of a cohort to applying it, or to putting it aside until its session is whole',
    buckets: seconds,
    registers,
  });
  const steps = new Counter({
    name: 'currents_pull_steps_total',
    help: 'Steps of pulls of cohorts, by partner and outcome',
    labelNames: ['partner', 'outcome'],
    registers,
  });
  const tellings = new Counter({
    name: 'currents_webhook_requests_total',
    help: 'Requests to the webhooks of segments, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const told = new Counter({
    name: 'currents_webhook_changes_total',
    help: 'Entries and exits that webhooks of segments took',
    registers,
  });
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
    pushed: (partner, outcome) => pushes.inc({ partner, result: pushResults[outcome] }),
    applied(partner, moved, waitedMs) {
      for (const move of ['added', 'removed'] as const) {
        if (moved[move] > 0) moves.inc({ partner, move }, moved[move]);
      }
      for (const ms of waitedMs) waits.observe(Math.max(0, ms) / 1000);
    },
    stepped: (partner, outcome) => steps.inc({ partner, outcome }),
    told(outcome, changes) {
      tellings.inc({ outcome });
      if (outcome === 'delivered') told.inc(changes);
    },
  };
}
