interface Subject {
  readonly __typename: string;
  readonly id: string;
}

/** The screen that shows an object; undefined when there is none. */
export function placeOf({ __typename, id }: Subject): string | undefined {
  switch (__typename) {
    case 'Current':
      return `/currents/${id}`;
    case 'Cohort':
      return `/cohorts/${id}`;
    case 'Segment':
      return `/cohorts/segments/${id}`;
    case 'SegmentSync':
      return `/cohorts/syncs/${id}`;
    case 'CohortPull':
    case 'SegmentWebhook':
      return '/cohorts';
    case 'IngestToken':
      return '/keys';
    case 'Job':
      return '/jobs';
    case 'NoticeWebhook':
      return '/notices';
    default:
      return undefined;
  }
}

/** The list behind a finding or a notice, or else the screen of what it is about; undefined when there is neither. */
export function placeOfFinding(kind: string, subject: Subject | null): string | undefined {
  switch (kind) {
    case 'DEAD_LETTERS':
    case 'EVENTS_EXPIRED':
      return subject ? `/dead-letters?current=${subject.id}` : '/dead-letters';
    case 'QUARANTINED_EVENTS':
    case 'QUARANTINE_NEAR_BUDGET':
    case 'UNKNOWN_EVENT_TYPE':
      return '/quarantine';
    case 'KEY_NEAR_QUOTA':
      return subject ? `/currents/${subject.id}/throttled` : undefined;
    case 'OLDEST_PENDING_TOO_OLD':
      return subject ? placeOf(subject) : '/currents';
    case 'NO_WORKER':
    case 'STATUS_UNKNOWN':
    case 'DATABASE_NEAR_BUDGET':
    case 'DAY_KEPT':
      return subject ? placeOf(subject) : '/hub';
    default:
      return subject ? placeOf(subject) : undefined;
  }
}
