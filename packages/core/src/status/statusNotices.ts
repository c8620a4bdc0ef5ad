import type { Alarm, EndedAlarm } from '../notices/alarms.js';
import type { NoticeKind } from '../notices/noticeKinds.js';
import type { Happening, NewNotice } from '../notices/raiseNotice.js';
import { hoursOf } from '../retry.js';
import { findProblems, type FindingKind, type HubFinding } from './findings.js';
import type { HubStatus, StatusPart } from './hubStatus.js';
import { windowEndsAt } from './retryWindow.js';

/** The findings of which people are sent notices, with the part of the status that knows them. */
const kinds = {
  current_blocked: { kind: 'current_blocked', part: 'currents' },
  webhook_blocked: { kind: 'webhook_blocked', part: 'webhooks' },
  segment_sync_blocked: { kind: 'segment_sync_blocked', part: 'segmentSyncs' },
  cohort_stale: { kind: 'cohort_stale', part: 'cohorts' },
  cohort_pull_stopped: { kind: 'cohort_pull_stopped', part: 'stoppedPulls' },
  quarantine_near_budget: { kind: 'quarantine_near_budget', part: 'quarantineUsage' },
  ledger_difference: { kind: 'ledger_difference', part: 'ledgerChecks' },
} as const satisfies Partial<Record<FindingKind, { readonly kind: NoticeKind; readonly part: StatusPart }>>;

type AlarmKind = keyof typeof kinds;

/** Findings whose time is that of a check, or that have none: it is an alarm of its own only once the former has ended. */
const withoutEpisode: ReadonlySet<FindingKind> = new Set(['quarantine_near_budget', 'ledger_difference']);

/** The parts that change from one moment to the next, and need not be read often where nothing is blocked. */
export const urgentParts: readonly StatusPart[] = ['currents', 'webhooks', 'segmentSyncs'];
export const otherParts: readonly StatusPart[] = ['cohorts', 'stoppedPulls', 'quarantineUsage', 'ledgerChecks'];

/** The kinds of alarms that this status knows all of: those of parts that were read. */
export function knownAlarms(status: HubStatus): readonly NoticeKind[] {
  return Object.values(kinds)
    .filter(({ part }) => status[part].value !== undefined)
    .map(({ kind }) => kind);
}

/** What is wrong now, as alarms. Pure. */
export function alarmsOf(status: HubStatus): readonly Alarm[] {
  return findProblems(status).filter(isAlarm).map(alarmOf);
}

function isAlarm(finding: HubFinding): finding is HubFinding & { readonly kind: AlarmKind } {
  return Object.hasOwn(kinds, finding.kind);
}

function alarmOf({
  kind,
  severity,
  since,
  message,
  remedy,
  count,
  subject,
}: HubFinding & { readonly kind: AlarmKind }) {
  return {
    kind: kinds[kind].kind,
    severity,
    message,
    remedy,
    ...(since && !withoutEpisode.has(kind) && { since }),
    ...(count !== undefined && { count }),
    ...(subject && subject.type !== 'Job' && { subject: { type: subject.type, key: subject.key } }),
  } satisfies NewNotice;
}

/** What says that an alarm has ended. Undefined where an admin has ended it, or nothing has to be said. Pure. */
export function closingOf(ended: EndedAlarm, { currents, webhooks, segmentSyncs }: HubStatus): NewNotice | undefined {
  const { kind, subject, since } = ended;
  const isSubject = ({ id }: { readonly id: number }): boolean => String(id) === subject?.key;
  const blocked = since ? ` It was blocked since ${since.toISOString()}.` : '';
  const closing = { severity: 'info', subject, ...(since && { since }) } as const;
  if (kind === 'current_blocked') {
    const current = currents.value?.find(isSubject);
    if (current?.state !== 'live') return undefined;
    return {
      ...closing,
      kind: 'current_resumed',
      count: current.pendingCount,
      message: `The Current "${current.name}" delivers again.${blocked}`,
      remedy:
        'Nothing: what was kept meanwhile is being delivered. Events that expired are dead letters; replayDeadLetters sends them.',
    };
  }
  if (kind === 'webhook_blocked') {
    const webhook = webhooks.value?.find(isSubject);
    if (webhook?.state !== 'live') return undefined;
    return {
      ...closing,
      kind: 'webhook_resumed',
      count: webhook.pendingCount,
      message: `A webhook of the segment "${webhook.segmentName}" works again.${blocked}`,
      remedy: 'Nothing: changes that were kept meanwhile are being sent. Expired ones are listed in its expiries.',
    };
  }
  if (kind === 'segment_sync_blocked') {
    const sync = segmentSyncs.value?.find(isSubject);
    if (sync?.state !== 'live') return undefined;
    return {
      ...closing,
      kind: 'segment_sync_resumed',
      message: `The sync of the segment "${sync.segmentName}" to "${sync.objectName}" works again.${blocked}`,
      remedy: 'Nothing: members who entered or left meanwhile are being sent.',
    };
  }
  return undefined;
}

/** Shares of the retry window at whose passing a notice is raised, in percent, the highest first. */
const windowShares = [90, 75, 50] as const;

/** Blocked Currents whose retry window is used by half or more: of each the highest share that is reached. Pure. */
export function windowNotices({ currents, windowMs, now }: HubStatus): readonly Happening[] {
  return (currents.value ?? []).flatMap((current): Happening[] => {
    const endsAt = windowEndsAt(current, windowMs);
    if (!endsAt) return [];
    const used = (1 - (endsAt.getTime() - now.getTime()) / windowMs) * 100;
    const share = windowShares.find((each) => used >= each);
    if (share === undefined) return [];
    const { id, name, stateSince, pendingCount } = current;
    return [
      {
        kind: 'retry_window_used',
        severity: 'critical',
        subject: { type: 'Current', key: String(id) },
        episode: `${stateSince.toISOString()} ${share}`,
        since: stateSince,
        count: pendingCount,
        message: `The Current "${name}" is blocked, and ${share} % of the retry window of ${hoursOf(windowMs)} h is used: its first pending events expire at ${endsAt.toISOString()}.`,
        remedy:
          'Repair the Current, or pause it: events of a paused Current do not expire. Expired ones are dead letters, which can be replayed.',
      },
    ];
  });
}
