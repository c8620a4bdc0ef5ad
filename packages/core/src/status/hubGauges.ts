import type { Registry } from 'prom-client';
import { registerComputed, type Labels, type Sample } from '../process/computedMetric.js';
import { staleSince } from './cohortStatus.js';
import { statusParts, type HubStatus, type HubStatusReader } from './hubStatus.js';
import { fullnessOf } from './quarantineStatus.js';
import { windowEndsAt } from './retryWindow.js';

interface HubGauge {
  readonly name: string;
  readonly help: string;
  readonly type?: 'counter';
  readonly labels: readonly string[];
  readonly samples: (status: HubStatus) => readonly Sample[];
}

/** Of all scrapes together, the database is asked once in this time. */
const maxAgeMs = 5_000;

/** Adds the gauges that are read from the database when they are scraped. Never fails a scrape; see `HubStatusReader.read`. */
export function registerHubGauges(registry: Registry, reader: Pick<HubStatusReader, 'read'>): void {
  for (const { name, help, type = 'gauge', labels, samples } of hubGauges)
    registerComputed(registry, {
      name,
      help,
      type,
      labelNames: labels,
      read: async () => samples(await reader.read(maxAgeMs)),
    });
}

/** `states` is a state set: the series of the present state is 1, the others are 0. */
function stateSet(labels: Labels, states: readonly string[], present: string): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, state }, value: state === present ? 1 : 0 }));
}

function hubValue(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function secondsSince(at: Date, now: Date): number {
  return Math.max(0, now.getTime() - at.getTime()) / 1000;
}

export const hubGauges: readonly HubGauge[] = [
  {
    name: 'currents_status_read_success',
    help: 'Whether the database answered the last read of this part of the hub gauges (1) or not (0); gauges of a part that failed are absent',
    labels: ['part'],
    samples: (status) =>
      statusParts.map((part) => ({ labels: { part }, value: status[part].value === undefined ? 0 : 1 })),
  },
  {
    name: 'currents_status_read_failures_total',
    help: 'Reads of a part of the hub gauges that failed or took too long',
    type: 'counter',
    labels: ['part'],
    samples: (status) => statusParts.map((part) => ({ labels: { part }, value: status[part].failureCount })),
  },
  {
    name: 'currents_live_workers',
    help: 'Workers that are alive',
    labels: [],
    samples: ({ workers }) => hubValue(workers.value),
  },
  {
    name: 'currents_current_info',
    help: 'Always 1: the name and destination of a Current; join it on the label current, which is the number in its id',
    labels: ['current', 'name', 'destination'],
    samples: ({ currents }) =>
      (currents.value ?? []).map(({ id, name, destination }) => ({
        labels: { current: id, name, destination },
        value: 1,
      })),
  },
  {
    name: 'currents_current_state',
    help: 'State of a Current: 1 for the present state (draft, live, paused or blocked), 0 for the others',
    labels: ['current', 'state'],
    samples: ({ currents }) =>
      (currents.value ?? []).flatMap(({ id, state }) =>
        stateSet({ current: id }, ['draft', 'live', 'paused', 'blocked'], state),
      ),
  },
  {
    name: 'currents_pending_events',
    help: 'Events that are still to be delivered, by Current',
    labels: ['current'],
    samples: ({ currents }) =>
      (currents.value ?? []).map(({ id, pendingCount }) => ({ labels: { current: id }, value: pendingCount })),
  },
  {
    name: 'currents_oldest_pending_age_seconds',
    help: 'Age of the oldest event that is still to be delivered, by Current; 0 when none is',
    labels: ['current'],
    samples: ({ currents, now }) =>
      (currents.value ?? []).map(({ id, oldestPendingAt }) => ({
        labels: { current: id },
        value: oldestPendingAt === null ? 0 : secondsSince(oldestPendingAt, now),
      })),
  },
  {
    name: 'currents_retry_window_left_seconds',
    help: 'Time until the first pending event of a blocked Current expires; absent for other Currents, and while nothing is pending',
    labels: ['current'],
    samples: ({ currents, windowMs, now }) =>
      (currents.value ?? []).flatMap((current) => {
        const endsAt = windowEndsAt(current, windowMs);
        return endsAt ? [{ labels: { current: current.id }, value: secondsSince(now, endsAt) }] : [];
      }),
  },
  {
    name: 'currents_dead_letters',
    help: 'Dead letters that are stored and were neither replayed nor discarded, by Current',
    labels: ['current'],
    samples: ({ currents, deadLetters }) =>
      perCurrent(
        currents.value,
        deadLetters.value?.map(({ currentId, count }) => [currentId, count] as const),
      ),
  },
  {
    name: 'currents_throttled_keys',
    help: 'Keys, such as devices, whose events wait while those of others flow, by Current',
    labels: ['current'],
    samples: ({ currents, throttledKeys }) =>
      perCurrent(
        currents.value,
        throttledKeys.value?.map(({ currentId, keyCount }) => [currentId, keyCount] as const),
      ),
  },
  {
    name: 'currents_keys_near_quota',
    help: 'Keys, such as devices, that come near the daily quota of the destination, by Current',
    labels: ['current'],
    samples: ({ currents, keysNearQuota }) =>
      perCurrent(
        currents.value,
        keysNearQuota.value?.map(({ currentId, keyCount }) => [currentId, keyCount] as const),
      ),
  },
  {
    name: 'currents_ledger_differences',
    help: 'Differences that the checks of the ledger of a Current found and that last, up to 200; absent for a Current that was not checked',
    labels: ['current'],
    samples: ({ ledgerChecks }) =>
      (ledgerChecks.value ?? []).map(({ currentId, differenceCount }) => ({
        labels: { current: currentId },
        value: differenceCount,
      })),
  },
  {
    name: 'currents_ledger_check_age_seconds',
    help: 'Time since the last check of the ledger of a Current; absent for a Current that was not checked',
    labels: ['current'],
    samples: ({ ledgerChecks, now }) =>
      (ledgerChecks.value ?? []).map(({ currentId, checkedAt }) => ({
        labels: { current: currentId },
        value: secondsSince(checkedAt, now),
      })),
  },
  {
    name: 'currents_ledger_round_age_seconds',
    help: 'Time since the continuous check of all ledgers has ended a full round; absent before the first one',
    labels: [],
    samples: ({ ledgerScan, now }) =>
      hubValue(ledgerScan.value?.checkedAt ? secondsSince(ledgerScan.value.checkedAt, now) : undefined),
  },
  {
    name: 'currents_current_warning_events',
    help: 'Events that a warning about a Current is about, by code; absent a week after its reason was last noticed',
    labels: ['current', 'code'],
    samples: ({ warnings }) =>
      (warnings.value ?? []).map(({ currentId, code, count }) => ({
        labels: { current: currentId, code },
        value: count,
      })),
  },
  {
    name: 'currents_failed_jobs',
    help: 'Jobs of admins that failed in the last day',
    labels: [],
    samples: ({ failedJobs }) => hubValue(failedJobs.value?.length),
  },
  {
    name: 'currents_pending_notice_messages',
    help: 'Mails and requests with notices that are not sent yet, by channel (mail, webhook)',
    labels: ['channel'],
    samples: ({ noticeMessages }) =>
      Object.entries(noticeMessages.value?.pendingCounts ?? {}).map(([channel, value]) => ({
        labels: { channel },
        value,
      })),
  },
  {
    name: 'currents_oldest_pending_notice_age_seconds',
    help: 'Age of the oldest mail or request with notices that is not sent yet; 0 when there is none',
    labels: [],
    samples: ({ noticeMessages: { value }, now }) =>
      hubValue(value && (value.oldestPendingAt ? secondsSince(value.oldestPendingAt, now) : 0)),
  },
  {
    name: 'currents_failed_notice_messages',
    help: 'Mails and requests with notices of the last day that were given up, so that their recipients know nothing',
    labels: [],
    samples: ({ noticeMessages }) => hubValue(noticeMessages.value?.failedCount),
  },
  {
    name: 'currents_secrets_under_previous_key',
    help: 'Stored secrets that are sealed with another key than MASTER_KEY: while they are, MASTER_KEY_FALLBACKS is needed',
    labels: [],
    samples: ({ secretsUnderPreviousKey }) => hubValue(secretsUnderPreviousKey.value),
  },
  {
    name: 'currents_quarantine_events',
    help: 'Quarantined events that were neither released nor purged',
    labels: [],
    samples: ({ heldEvents }) => hubValue(heldEvents.value?.count),
  },
  {
    name: 'currents_quarantine_bytes',
    help: 'Bytes of quarantined bodies that are stored, compressed',
    labels: [],
    samples: ({ quarantineUsage }) => hubValue(quarantineUsage.value?.reduce((sum, { bytes }) => sum + bytes, 0)),
  },
  {
    name: 'currents_quarantine_max_bytes',
    help: 'The budget of the quarantine: QUARANTINE_MEGABYTES in bytes',
    labels: [],
    samples: ({ quarantineMaxBytes }) => hubValue(quarantineMaxBytes),
  },
  {
    name: 'currents_quarantine_fullness_ratio',
    help: 'How full the quarantine is for the ingest token that uses most of it: near 1, bodies of its quarantined events are not kept',
    labels: [],
    samples: ({ quarantineUsage, quarantineMaxBytes }) =>
      hubValue(quarantineUsage.value && fullnessOf(quarantineUsage.value, quarantineMaxBytes)),
  },
  {
    name: 'currents_webhook_pending_changes',
    help: 'Entries and exits that a segment webhook is still to receive, counted up to 100,000; the label webhook is the number in its id',
    labels: ['webhook'],
    samples: ({ webhooks }) =>
      (webhooks.value ?? []).map(({ id, pendingCount }) => ({ labels: { webhook: id }, value: pendingCount })),
  },
  {
    name: 'currents_webhook_oldest_pending_age_seconds',
    help: 'Age of the oldest entry or exit that a live segment webhook is still to receive, or the time since it became live if that is less; 0 when none is pending',
    labels: ['webhook'],
    samples: ({ webhooks, now }) =>
      (webhooks.value ?? []).map(({ id, state, stateSince, oldestPendingAt }) => ({
        labels: { webhook: id },
        value:
          state === 'live' && oldestPendingAt
            ? Math.min(secondsSince(oldestPendingAt, now), secondsSince(stateSince, now))
            : 0,
      })),
  },
  {
    name: 'currents_webhook_state',
    help: 'State of a segment webhook: 1 for the present state (live, paused or blocked), 0 for the others',
    labels: ['webhook', 'state'],
    samples: ({ webhooks }) =>
      (webhooks.value ?? []).flatMap(({ id, state }) =>
        stateSet({ webhook: id }, ['live', 'paused', 'blocked'], state),
      ),
  },
  {
    name: 'currents_segment_sync_state',
    help: 'State of a segment sync: 1 for the present state (draft, live, paused or blocked), 0 for the others; the label sync is the number in its id',
    labels: ['sync', 'state'],
    samples: ({ segmentSyncs }) =>
      (segmentSyncs.value ?? []).flatMap(({ id, state }) =>
        stateSet({ sync: id }, ['draft', 'live', 'paused', 'blocked'], state),
      ),
  },
  {
    name: 'currents_segment_sync_failing_seconds',
    help: 'For how long no request of a live segment sync that has something to send has succeeded; 0 while they succeed',
    labels: ['sync'],
    samples: ({ segmentSyncs, now }) =>
      (segmentSyncs.value ?? []).map(({ id, failingSince }) => ({
        labels: { sync: id },
        value: failingSince ? secondsSince(failingSince, now) : 0,
      })),
  },
  {
    name: 'currents_cohort_last_sync_age_seconds',
    help: 'Time since the last sync of a cohort, or since the hub first received it; of up to 1,000 cohorts, those with a schedule first',
    labels: ['cohort', 'partner'],
    samples: ({ cohorts, now }) =>
      (cohorts.value ?? []).map(({ id, partner, lastSyncAt, createdAt }) => ({
        labels: { cohort: id, partner },
        value: secondsSince(lastSyncAt ?? createdAt, now),
      })),
  },
  {
    name: 'currents_cohort_stale',
    help: 'Whether a cohort has not synced for longer than its schedule allows (1) or has (0); only of cohorts with a schedule',
    labels: ['cohort', 'partner'],
    samples: ({ cohorts, now }) =>
      (cohorts.value ?? []).flatMap((cohort) => {
        if (cohort.schedule === null || cohort.schedule === 'one_time') return [];
        return [{ labels: { cohort: cohort.id, partner: cohort.partner }, value: staleSince(cohort, now) ? 1 : 0 }];
      }),
  },
  {
    name: 'currents_cohort_pulls_stopped',
    help: 'Cohort pulls that failed and need a person',
    labels: [],
    samples: ({ stoppedPulls }) => hubValue(stoppedPulls.value?.length),
  },
];

/** A value for every Current, 0 where none is listed, so that an alert ends when its reason does. */
function perCurrent(
  currents: readonly { readonly id: number }[] | undefined,
  values: readonly (readonly [id: number, value: number])[] | undefined,
): readonly Sample[] {
  if (!values) return [];
  const all = new Map<number, number>([...(currents ?? []).map(({ id }) => [id, 0] as const), ...values]);
  return [...all].map(([current, value]) => ({ labels: { current }, value }));
}
