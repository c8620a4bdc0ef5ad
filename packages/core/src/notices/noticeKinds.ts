/** What a notice may be about. */
export const noticeKinds = [
  'current_blocked',
  'current_resumed',
  'retry_window_used',
  'events_expired',
  'webhook_blocked',
  'webhook_resumed',
  'changes_expired',
  'segment_sync_blocked',
  'segment_sync_resumed',
  'cohort_stale',
  'cohort_pull_stopped',
  'unknown_event_type',
  'quarantine_near_budget',
  'day_kept',
  'database_near_budget',
  'ledger_difference',
  'test',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export const noticeStates = ['raised', 'pending', 'sent', 'failed', 'muted', 'no_recipient'] as const;
export type NoticeState = (typeof noticeStates)[number];

/** An object that a notice is about, by its GraphQL type and its database key. */
export interface NoticeSubject {
  readonly type: 'Current' | 'SegmentWebhook' | 'SegmentSync' | 'Cohort' | 'CohortPull' | 'IngestToken' | 'EventType';
  /** Of an `EventType` its name. */
  readonly key: string;
}

/** As the column `subject` has it: `Current:7`, or `hub`. */
export function subjectText(subject: NoticeSubject | undefined): string {
  return subject ? `${subject.type}:${subject.key}` : 'hub';
}

export function readSubject(text: string): NoticeSubject | undefined {
  const end = text.indexOf(':');
  return end < 0 ? undefined : { type: text.slice(0, end) as NoticeSubject['type'], key: text.slice(end + 1) };
}

const idPrefixes = {
  Current: 'cur',
  SegmentWebhook: 'whk',
  SegmentSync: 'ssy',
  Cohort: 'coh',
  CohortPull: 'pul',
  IngestToken: 'tok',
} as const;

/**
 * The id of an object as the API has it, such as `cur_7`; of an event type its name, of what a later release stored
 * its key.
 */
export function subjectId({ type, key }: NoticeSubject): string {
  return isOfEntity(type) ? `${idPrefixes[type]}_${key}` : key;
}

function isOfEntity(type: string): type is keyof typeof idPrefixes {
  return Object.hasOwn(idPrefixes, type);
}
