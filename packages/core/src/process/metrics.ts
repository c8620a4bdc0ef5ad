import type { PullStep, PushResult } from '@currents/connector';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerLoopStalls } from './loopStalls.js';
import { createScrape } from './scrape.js';
import { version } from './version.js';
import { createWeightedHistogram } from './weightedHistogram.js';

export type Metrics = ReturnType<typeof createMetrics>;

type AttemptCounts = Readonly<Record<'delivered' | 'skipped' | 'rejected' | 'expired' | 'pending', number>>;
type SyncCounts = Readonly<Record<'delivered' | 'refused' | 'returned', number>>;
export type MemberMoves = Readonly<Record<'added' | 'removed', number>>;

/** Milliseconds between two samples of the event loop lag. */
const lagSampleMs = 50;
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

/** The metrics that Prometheus scrapes from one process. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  // The default of 10 ms costs an idle process more than all its other work. The lag that is read includes this interval.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagSampleMs });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets: seconds, registers });
  new Gauge({
    name: 'currents_build_info',
    help: 'Always 1: the version of the hub and of Node that this process runs',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  registerLoopStalls(registry, lagSampleMs);
  const requests = counter('currents_ingest_requests_total', 'Requests to /v1/events, by HTTP status', 'status');
  const accepted = counter('currents_events_accepted_total', 'Events accepted and stored');
  const quarantined = counter(
    'currents_events_quarantined_total',
    'Events quarantined because they do not match the catalogue',
  );
  const bodiesOverBudget = counter(
    'currents_quarantine_bodies_over_budget_total',
    'Quarantined events whose bodies were not kept, because the quarantine was full',
  );
  const ingestDuration = histogram(
    'currents_ingest_request_duration_seconds',
    'Time from reading a request to /v1/events to committing its events',
  );
  const outcomes = counter(
    'currents_event_outcomes_total',
    'Events with a final outcome, by Current and outcome',
    'current',
    'outcome',
  );
  const attempts = histogram(
    'currents_attempt_duration_seconds',
    'Duration of a delivery attempt, by Current',
    'current',
  );
  const latency = createWeightedHistogram(registry, {
    name: 'currents_delivery_latency_seconds',
    help: 'Time from storing an event to recording it as delivered, by Current; counts events',
    label: 'current',
    buckets: seconds,
  });
  const partnerResponses = counter(
    'currents_partner_responses_total',
    'Responses of the destination to requests of a Current, by HTTP status; without a response: timeout, unreachable or broken',
    'current',
    'status',
  );
  const overdue = new Gauge({
    name: 'currents_overdue_currents',
    help: 'Live Currents with overdue deliveries in the last sweep',
    registers,
  });
  const unconfirmedEvents = counter(
    'currents_unconfirmed_events_total',
    'Events counted as delivered though the answer of the destination does not confirm them, by Current',
    'current',
  );
  const unreadableBatches = counter(
    'currents_unreadable_batches_total',
    'Stored batches that this worker could not read, by reason (damaged, missing, newer)',
    'reason',
  );
  const parkedDeliveries = counter(
    'currents_parked_deliveries_total',
    'Deliveries whose deferred events a later release stored, in a form that this worker cannot read',
  );
  const signInFailures = counter(
    'currents_sign_in_failures_total',
    'Wrong tokens and keys, by endpoint (events, graphql, partners, segment_export)',
    'endpoint',
  );
  const pushes = counter(
    'currents_cohort_pushes_total',
    'Requests that push cohort members, by partner and result',
    'partner',
    'result',
  );
  const memberChanges = counter(
    'currents_cohort_member_changes_total',
    'Members added to cohorts or removed from them, by partner and change',
    'partner',
    'change',
  );
  const waits = histogram(
    'currents_cohort_change_wait_seconds',
    'Time from storing a cohort change to applying it, or to staging it until its sync is complete',
  );
  const steps = counter(
    'currents_cohort_pull_steps_total',
    'Steps of cohort pulls, by partner and outcome',
    'partner',
    'outcome',
  );
  const webhookRequests = counter(
    'currents_webhook_requests_total',
    'Requests to segment webhooks, by outcome',
    'outcome',
  );
  const deliveredChanges = counter(
    'currents_webhook_delivered_changes_total',
    'Entries and exits delivered to segment webhooks',
  );
  const syncRequests = counter(
    'currents_segment_sync_requests_total',
    'Requests that send members of segments, by destination and outcome (delivered, or that of the first change that was not)',
    'destination',
    'outcome',
  );
  const syncChanges = counter(
    'currents_segment_sync_changes_total',
    'Entries and exits sent to destinations of segments, by destination and outcome (delivered, refused, returned to be sent again)',
    'destination',
    'outcome',
  );
  const notices = counter(
    'currents_notices_total',
    'Notices that this worker found recipients for, by kind and state',
    'kind',
    'state',
  );
  const noticeMessages = counter(
    'currents_notice_messages_total',
    'Attempts to send notices, by channel (mail, webhook) and outcome (sent, deferred, failed)',
    'channel',
    'outcome',
  );
  return {
    registry,
    /** The answer to a scrape. */
    scrape: createScrape(registry),
    requested: (status: number) => requests.inc({ status }),
    stored(acceptedEvents: number, quarantinedEvents: number, durationMs: number): void {
      accepted.inc(acceptedEvents);
      quarantined.inc(quarantinedEvents);
      ingestDuration.observe(durationMs / 1000);
    },
    quarantinedOverBudget: (events: number) => bodiesOverBudget.inc(events),
    attempted(current: number, counts: AttemptCounts, durationMs: number): void {
      for (const outcome of ['delivered', 'skipped', 'rejected', 'expired'] as const) {
        if (counts[outcome] > 0) outcomes.inc({ current, outcome }, counts[outcome]);
      }
      attempts.observe({ current }, durationMs / 1000);
    },
    /** Events of one batch that were delivered together. */
    delivered: (current: number, events: number, sinceStoredMs: number) =>
      latency.observe(current, Math.max(0, sinceStoredMs) / 1000, events),
    /** A response of the destination, or why there was none. */
    partnerResponded: (current: number, status: number | string) => partnerResponses.inc({ current, status }),
    unconfirmed: (current: number, events: number) => unconfirmedEvents.inc({ current }, events),
    batchUnreadable: (reason: string) => unreadableBatches.inc({ reason }),
    deliveryParked: () => parkedDeliveries.inc(),
    swept: (overdueCurrents: number) => overdue.set(overdueCurrents),
    signInFailed: (endpoint: string) => signInFailures.inc({ endpoint }),
    /** A request with which a partner pushes a cohort. */
    pushed: (partner: string, outcome: PushResult['outcome']) => pushes.inc({ partner, result: pushResults[outcome] }),
    /** Changes of one cohort that were applied together, with the wait of each. */
    applied(partner: string, moved: MemberMoves, waitedMs: readonly number[]): void {
      for (const change of ['added', 'removed'] as const) {
        if (moved[change] > 0) memberChanges.inc({ partner, change }, moved[change]);
      }
      for (const ms of waitedMs) waits.observe(Math.max(0, ms) / 1000);
    },
    /** A step of a cohort pull. */
    stepped: (partner: string, outcome: PullStep['outcome']) => steps.inc({ partner, outcome }),
    /** A request to a segment's webhook, with the number of entries and exits in it. */
    webhookRequested(outcome: 'delivered' | 'deferred' | 'split' | 'blocked', changes: number): void {
      webhookRequests.inc({ outcome });
      if (outcome === 'delivered') deliveredChanges.inc(changes);
    },
    /** A request that sends members of a segment. */
    segmentSyncRequested: (destination: string, outcome: string) => syncRequests.inc({ destination, outcome }),
    /** What became of the changes of such a request. */
    segmentSyncRecorded(destination: string, counts: SyncCounts): void {
      for (const outcome of ['delivered', 'refused', 'returned'] as const) {
        if (counts[outcome] > 0) syncChanges.inc({ destination, outcome }, counts[outcome]);
      }
    },
    /** A notice that goes to its recipients, is muted, or has none. */
    noticeRouted: (kind: string, state: string) => notices.inc({ kind, state }),
    noticeMessageEnded: (channel: 'mail' | 'webhook', outcome: 'sent' | 'deferred' | 'failed') =>
      noticeMessages.inc({ channel, outcome }),
  };
}
