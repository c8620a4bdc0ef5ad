/** The screen that shows an object; undefined when there is none. */
export function placeOf({ __typename, id }: { readonly __typename: string; readonly id: string }): string | undefined {
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
