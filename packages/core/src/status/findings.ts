import { hoursOf } from '../retry.js';
import { staleSince } from './cohortStatus.js';
import { statusParts, type HubStatus } from './hubStatus.js';
import { fullnessOf } from './quarantineStatus.js';
import { windowEndsAt } from './retryWindow.js';

export const findingKinds = [
  'status_unknown',
  'no_worker',
  'retry_window_ending',
  'current_blocked',
  'ledger_difference',
  'quarantine_near_budget',
  'webhook_blocked',
  'segment_sync_blocked',
  'cohort_pull_stopped',
  'oldest_pending_too_old',
  'webhook_behind',
  'segment_sync_failing',
  'dead_letters',
  'cohort_stale',
  'key_near_quota',
  'quarantined_events',
  'current_warning',
  'job_failed',
  'current_paused',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** The worst first. */
export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** An object that a finding is about, by its GraphQL type and its database key. */
export interface Subject {
  readonly type: 'Current' | 'SegmentWebhook' | 'SegmentSync' | 'Cohort' | 'CohortPull' | 'IngestToken' | 'Job';
  readonly key: string;
}

/** Something that is wrong with the hub now. */
export interface HubFinding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** Undefined where the database does not know it. */
  readonly since?: Date | undefined;
  /** One sentence for people. */
  readonly message: string;
  readonly remedy: string;
  /** Events, keys or differences that it is about. */
  readonly count?: number | undefined;
  readonly subject?: Subject | undefined;
}

const minuteMs = 60_000;
/** What has no time comes last. */
const latestMs = Number.MAX_SAFE_INTEGER;
const maxPendingAgeMs = 10 * minuteMs;
/** Expiry is near when less than this share of the retry window is left. */
const endingShare = 0.25;
const nearBudget = 0.8;
/** A body is not kept as a whole, so the budget is hardly ever used to the last byte. */
const fullBudget = 0.95;

/** What is wrong, the worst first: by severity, then by kind as listed, then the longest first. Pure. */
export function findProblems(status: HubStatus): readonly HubFinding[] {
  const findings = [
    ...unknownParts(status),
    ...workerFindings(status),
    ...currentFindings(status),
    ...deadLetterFindings(status),
    ...ledgerFindings(status),
    ...keyFindings(status),
    ...quarantineFindings(status),
    ...webhookFindings(status),
    ...lateWebhooks(status),
    ...segmentSyncFindings(status),
    ...failingSyncs(status),
    ...cohortFindings(status),
    ...warningFindings(status),
    ...jobFindings(status),
  ];
  return findings.sort(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      findingKinds.indexOf(a.kind) - findingKinds.indexOf(b.kind) ||
      (a.since?.getTime() ?? latestMs) - (b.since?.getTime() ?? latestMs),
  );
}

function unknownParts(status: HubStatus): HubFinding[] {
  const unread = statusParts.filter((part) => status[part].value === undefined);
  if (unread.length === 0) return [];
  return [
    {
      kind: 'status_unknown',
      severity: 'critical',
      count: unread.length,
      message: `The database did not answer in time what it knows of: ${unread.join(', ')}.`,
      remedy: 'Check the database and its load; what is listed here is incomplete until it answers.',
    },
  ];
}

function workerFindings({ workers }: HubStatus): HubFinding[] {
  if (workers.value !== 0) return [];
  return [
    {
      kind: 'no_worker',
      severity: 'critical',
      message: 'No worker is alive, so nothing is delivered.',
      remedy: 'Start a worker; if one is running, its log says why it does not reach the database.',
    },
  ];
}

function currentFindings({ currents, throttledKeys, windowMs, now }: HubStatus): HubFinding[] {
  const throttled = new Map(throttledKeys.value?.map(({ currentId, keyCount }) => [currentId, keyCount]));
  return (currents.value ?? []).flatMap((current): HubFinding[] => {
    const { id, name, state, stateSince, pendingCount: count, oldestPendingAt } = current;
    const about = { subject: { type: 'Current', key: String(id) }, count } as const;
    if (state === 'blocked') {
      const endsAt = windowEndsAt(current, windowMs);
      const isEnding = endsAt && endsAt.getTime() - now.getTime() < windowMs * endingShare;
      const blocked: HubFinding = {
        ...about,
        kind: 'current_blocked',
        severity: 'critical',
        since: stateSince,
        message: `The Current "${name}" is blocked (${current.blockedCode ?? ''})${detailOf(current.blockedDetail)}.`,
        remedy:
          'Repair what the detail names, at the destination or with updateCurrent. The Current resumes by itself once a probe passes.',
      };
      if (!isEnding) return [blocked];
      return [
        blocked,
        {
          ...about,
          kind: 'retry_window_ending',
          severity: 'critical',
          since: stateSince,
          message: `Pending events of the blocked Current "${name}" expire from ${endsAt.toISOString()} on, after the retry window of ${hoursOf(windowMs)} h.`,
          remedy:
            'Repair the Current before, or pause it: events of a paused Current do not expire. Expired ones are dead letters and can be replayed.',
        },
      ];
    }
    if (state === 'paused' && count > 0)
      return [
        {
          ...about,
          kind: 'current_paused',
          severity: 'info',
          since: stateSince,
          message: `The Current "${name}" is paused, and ${count} events wait for it.`,
          remedy: 'Resume it with resumeCurrent. Its events are kept meanwhile.',
        },
      ];
    if (state !== 'live' || oldestPendingAt === null) return [];
    // What waited while it was paused or blocked is being delivered.
    const since = new Date(Math.max(oldestPendingAt.getTime(), stateSince.getTime()));
    if (now.getTime() - since.getTime() < maxPendingAgeMs) return [];
    const keys = throttled.get(id);
    return [
      {
        ...about,
        kind: 'oldest_pending_too_old',
        severity: 'warning',
        since,
        message: `The oldest pending event of the Current "${name}" arrived at ${oldestPendingAt.toISOString()}.`,
        remedy: keys
          ? `${keys} keys, such as devices, are throttled, which may be all: see throttledKeys of the Current.`
          : 'See deferral and warnings of the Current, and the log of the workers.',
      },
    ];
  });
}

function deadLetterFindings({ currents, deadLetters }: HubStatus): HubFinding[] {
  const names = namesOf(currents.value);
  return (deadLetters.value ?? []).map(({ currentId, count, oldestAt }) => ({
    kind: 'dead_letters',
    severity: 'warning',
    since: oldestAt ?? undefined,
    count,
    subject: { type: 'Current', key: String(currentId) },
    message: `${count} events of the Current${names(currentId)} are dead letters that were neither replayed nor discarded.`,
    remedy: 'deadLetterCounts says why. Send them again with replayDeadLetters once the reason is gone.',
  }));
}

function ledgerFindings({ currents, ledgerChecks }: HubStatus): HubFinding[] {
  const names = namesOf(currents.value);
  return (ledgerChecks.value ?? [])
    .filter(({ differenceCount }) => differenceCount > 0)
    .map(({ currentId, checkedAt, differenceCount: count }) => ({
      kind: 'ledger_difference',
      severity: 'critical',
      since: checkedAt,
      count,
      subject: { type: 'Current', key: String(currentId) },
      message: `The ledger of the Current${names(currentId)} differs from what is stored, in so many places: ${count}.`,
      remedy:
        'This is a bug of the hub: report it with what ledgerDifferences lists, or the result of the job, and check again with checkLedger.',
    }));
}

function keyFindings({ currents, keysNearQuota }: HubStatus): HubFinding[] {
  const names = namesOf(currents.value);
  return (keysNearQuota.value ?? []).map(({ currentId, keyCount: count }) => ({
    kind: 'key_near_quota',
    severity: 'warning',
    count,
    subject: { type: 'Current', key: String(currentId) },
    message: `${count} keys, such as devices, of the Current${names(currentId)} are near the daily quota of the destination.`,
    remedy:
      'See keysNearQuota of the Current. Beyond the quota, the destination refuses events of the key for the day.',
  }));
}

function quarantineFindings({ quarantineUsage, heldEvents, quarantineMaxBytes }: HubStatus): HubFinding[] {
  const findings: HubFinding[] = [];
  const [largest] = quarantineUsage.value ?? [];
  const fullness = fullnessOf(quarantineUsage.value ?? [], quarantineMaxBytes);
  if (largest && fullness >= nearBudget)
    findings.push({
      kind: 'quarantine_near_budget',
      severity: fullness >= fullBudget ? 'critical' : 'warning',
      subject: { type: 'IngestToken', key: String(largest.tokenId) },
      message: `The quarantine is ${Math.floor(fullness * 100)} % full for the ingest token "${largest.tokenName ?? ''}"; when it is full, bodies of quarantined events are not kept.`,
      remedy: 'Repair what the sender sends; release or purge quarantined events, or raise QUARANTINE_MEGABYTES.',
    });
  if (heldEvents.value && heldEvents.value.count > 0)
    findings.push({
      kind: 'quarantined_events',
      severity: 'warning',
      since: heldEvents.value.oldestAt ?? undefined,
      count: heldEvents.value.count,
      message: `${heldEvents.value.count} quarantined events were neither released nor purged.`,
      remedy:
        'quarantineCounts says why they were refused. Release them with releaseQuarantinedEvents once the reason is gone, or purge them.',
    });
  return findings;
}

function webhookFindings({ webhooks }: HubStatus): HubFinding[] {
  return (webhooks.value ?? [])
    .filter(({ state }) => state === 'blocked')
    .map(({ id, segmentName, stateSince, blockedCode, pendingCount: count }) => ({
      kind: 'webhook_blocked',
      severity: 'critical',
      since: stateSince,
      count,
      subject: { type: 'SegmentWebhook', key: String(id) },
      message: `A webhook of the segment "${segmentName}" is blocked (${blockedCode ?? ''}).`,
      remedy:
        'Repair its receiver. The webhook resumes by itself once a probe passes; resumeSegmentWebhook tries at once.',
    }));
}

function lateWebhooks({ webhooks, now }: HubStatus): HubFinding[] {
  return (webhooks.value ?? []).flatMap((webhook): HubFinding[] => {
    const { id, segmentName, state, stateSince, pendingCount: count, oldestPendingAt, deferralCode } = webhook;
    if (state !== 'live' || oldestPendingAt === null) return [];
    // What waited while it was paused or blocked is being sent.
    const since = new Date(Math.max(oldestPendingAt.getTime(), stateSince.getTime()));
    if (now.getTime() - since.getTime() < maxPendingAgeMs) return [];
    return [
      {
        kind: 'webhook_behind',
        severity: 'warning',
        since,
        count,
        subject: { type: 'SegmentWebhook', key: String(id) },
        message: `A webhook of the segment "${segmentName}" has not received a change of ${oldestPendingAt.toISOString()}${lastOf(deferralCode, webhook.deferralDetail)}.`,
        remedy: 'Look at its receiver. Changes that it does not take within the retry window expire.',
      },
    ];
  });
}

function segmentSyncFindings({ segmentSyncs }: HubStatus): HubFinding[] {
  return (segmentSyncs.value ?? [])
    .filter(({ state }) => state === 'blocked')
    .map(({ id, segmentName, objectName, stateSince, blockedCode }) => ({
      kind: 'segment_sync_blocked',
      severity: 'critical',
      since: stateSince,
      subject: { type: 'SegmentSync', key: String(id) },
      message: `The sync of the segment "${segmentName}" to "${objectName}" is blocked (${blockedCode ?? ''}).`,
      remedy:
        'Repair what the destination refuses, or give it new credentials with updateSegmentSync. The sync resumes by itself once a probe passes; resumeSegmentSync tries at once.',
    }));
}

function failingSyncs({ segmentSyncs, now }: HubStatus): HubFinding[] {
  return (segmentSyncs.value ?? []).flatMap(
    ({ id, segmentName, objectName, failingSince: since, deferralCode, deferralDetail }): HubFinding[] => {
      if (since === null || now.getTime() - since.getTime() < maxPendingAgeMs) return [];
      return [
        {
          kind: 'segment_sync_failing',
          severity: 'warning',
          since,
          subject: { type: 'SegmentSync', key: String(id) },
          message: `No request of the sync of the segment "${segmentName}" to "${objectName}" succeeds${lastOf(deferralCode, deferralDetail)}.`,
          remedy: 'Look at the destination. What is to be sent does not expire: it is tried until it is accepted.',
        },
      ];
    },
  );
}

/** Why a request failed last, after a comma. */
function lastOf(code: string | null, detail: string | null): string {
  return code === null ? '' : `, last with ${code}${detailOf(detail)}`;
}

function cohortFindings({ cohorts, stoppedPulls, now }: HubStatus): HubFinding[] {
  const stale = (cohorts.value ?? []).flatMap((cohort): HubFinding[] => {
    const since = staleSince(cohort, now);
    if (!since) return [];
    return [
      {
        kind: 'cohort_stale',
        severity: 'warning',
        since,
        subject: { type: 'Cohort', key: String(cohort.id) },
        message: `The cohort "${cohort.name}" of ${cohort.partner} has not synced for longer than its schedule allows.`,
        remedy: 'Check its sync at the partner, or its pull.',
      },
    ];
  });
  const stopped = (stoppedPulls.value ?? []).map(
    ({ cohortId, cohortName, failureCode, failureDetail, failedAt }): HubFinding => ({
      kind: 'cohort_pull_stopped',
      severity: 'critical',
      since: failedAt ?? undefined,
      subject: { type: 'CohortPull', key: String(cohortId) },
      message: `The pull of the cohort "${cohortName}" stopped (${failureCode})${detailOf(failureDetail)}.`,
      remedy: 'Repair what the detail names, then call runCohortPull.',
    }),
  );
  return [...stale, ...stopped];
}

function warningFindings({ warnings }: HubStatus): HubFinding[] {
  return (warnings.value ?? []).map(({ currentId, currentName, code, detail, count, firstAt: since }) => ({
    kind: 'current_warning',
    severity: 'warning',
    since,
    count,
    subject: { type: 'Current', key: String(currentId) },
    message: `The Current "${currentName}" keeps working, with a warning (${code})${detailOf(detail)}.`,
    remedy: 'See warnings of the Current. A warning ends a week after its reason was last noticed.',
  }));
}

function jobFindings({ failedJobs }: HubStatus): HubFinding[] {
  return (failedJobs.value ?? []).map(({ id, operation, error, finishedAt: since }) => ({
    kind: 'job_failed',
    severity: 'warning',
    since,
    subject: { type: 'Job', key: String(id) },
    message: `A job of the last day failed (${operation})${detailOf(error)}.`,
    remedy: 'What it has done stays done. Ask for the operation again: it does the rest.',
  }));
}

/** The detail after a colon, without the full stop that the sentence ends with. */
function detailOf(detail: string | null): string {
  return detail ? `: ${detail.replace(/\.$/, '')}` : '';
}

/** The name of a Current in a sentence, with the blank before it. */
function namesOf(currents: HubStatus['currents']['value']): (id: number) => string {
  const names = new Map(currents?.map(({ id, name }) => [id, name]));
  return (id) => (names.has(id) ? ` "${names.get(id)}"` : ` cur_${id}`);
}
