import { Code } from './code.js';
import { Count } from './number.js';
import { Table } from './table.js';

interface Reason {
  readonly code: string;
  readonly eventCount: number;
}

interface Counts {
  readonly selected: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly rejected: number;
  readonly expired: number;
  readonly pending: number;
  readonly unselected: number;
  readonly skippedReasons: readonly Reason[];
  readonly rejectedReasons: readonly Reason[];
  readonly expiredReasons: readonly Reason[];
}

interface Row {
  readonly outcome: string;
  readonly reason: string;
  readonly eventCount: number;
  readonly to?: string;
  /** Not among the selected events. */
  readonly isOutside?: boolean;
}

/** Every outcome of a Current's events with its reasons, which add up to what it selected; then what it did not select. */
export function Outcomes({
  counts,
  currentId,
  meanings,
}: {
  readonly counts: Counts;
  readonly currentId: string;
  /** What the codes mean, by code. */
  readonly meanings: ReadonlyMap<string, string>;
}) {
  const dead = (code: string): string => `/dead-letters?current=${currentId}&code=${encodeURIComponent(code)}`;
  const rows: readonly Row[] = [
    { outcome: 'Delivered', reason: '', eventCount: counts.delivered },
    { outcome: 'Pending', reason: '', eventCount: counts.pending, to: `/currents/${currentId}/throttled` },
    ...counts.skippedReasons.map((reason) => ({
      ...{ outcome: 'Skipped', reason: reason.code, eventCount: reason.eventCount },
      to: `/currents/${currentId}/skipped?reason=${encodeURIComponent(reason.code)}`,
    })),
    ...counts.rejectedReasons.map((reason) => ({
      ...{ outcome: 'Rejected', reason: reason.code, eventCount: reason.eventCount },
      to: dead(reason.code),
    })),
    ...counts.expiredReasons.map((reason) => ({
      ...{ outcome: 'Expired', reason: reason.code, eventCount: reason.eventCount },
      to: dead(reason.code),
    })),
    {
      ...{ outcome: 'Not selected', reason: '', eventCount: counts.unselected, isOutside: true },
      to: `/currents/${currentId}/edit`,
    },
  ];
  return (
    <Table
      caption="Outcomes of all events since the Current was created"
      rows={rows}
      keyOf={({ outcome, reason }) => `${outcome} ${reason}`}
      empty=""
      columns={[
        { title: 'Outcome', cell: ({ outcome }) => outcome },
        {
          title: 'Reason',
          cell: ({ reason }) =>
            reason === '' ? (
              ''
            ) : (
              <>
                <Code text={reason} />
                <div className="muted reason">{meanings.get(reason)}</div>
              </>
            ),
        },
        {
          title: 'Events',
          about: 'Events with this outcome since the Current was created',
          isNumber: true,
          cell: ({ eventCount, to }) => <Count value={eventCount} {...(to !== undefined && { to })} />,
        },
        {
          title: 'Share',
          about: 'Of all events that the Current has selected since it was created',
          isNumber: true,
          cell: ({ eventCount, isOutside }) =>
            counts.selected === 0 || isOutside ? '' : `${((eventCount / counts.selected) * 100).toFixed(1)} %`,
        },
      ]}
    />
  );
}
