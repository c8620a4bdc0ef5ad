import { Count, count } from '../../parts/number.js';
import { Table } from '../../parts/table.js';
import type { SyncData } from './sync.js';

type Counts = Pick<
  SyncData,
  | 'id'
  | 'changeCount'
  | 'deliveredCount'
  | 'refusedCount'
  | 'returnedCount'
  | 'inFlightCount'
  | 'waitingCount'
  | 'requestCount'
>;

/** What became of all changes that were sent: the parts are the whole. Then what is still to be sent. */
export function Balance({ sync }: { readonly sync: Counts }) {
  return (
    <>
      <Table
        caption="Changes that were sent"
        rows={partsOf(sync)}
        keyOf={({ what }) => what}
        empty={null}
        columns={[
          { title: 'What', cell: ({ what }) => what },
          {
            title: 'Changes',
            isNumber: true,
            cell: ({ changes, to, what }) => <Count value={changes} to={to} label={what} />,
          },
          { title: 'Meaning', cell: ({ meaning }) => <span className="muted">{meaning}</span> },
        ]}
      />
      <p>
        <strong>{count(sync.changeCount)}</strong> changes = {count(sync.deliveredCount)} delivered +{' '}
        {count(sync.refusedCount)} refused + {count(sync.returnedCount)} returned + {count(sync.inFlightCount)} in
        flight, in {count(sync.requestCount)} requests. {count(sync.waitingCount)} users wait: what changed for them is
        not sent yet.
      </p>
    </>
  );
}

interface Part {
  readonly what: string;
  readonly changes: number;
  readonly meaning: string;
  readonly to?: string;
}

function partsOf({ id, deliveredCount, refusedCount, returnedCount, inFlightCount }: Counts): readonly Part[] {
  return [
    { what: 'Delivered', changes: deliveredCount, meaning: 'The destination accepted them.' },
    {
      what: 'Refused',
      changes: refusedCount,
      meaning: 'The destination refused them, or cannot take these users.',
      to: `/cohorts/syncs/${id}/refused`,
    },
    {
      what: 'Returned',
      changes: returnedCount,
      meaning: 'They were not accepted, and are sent again as they are then.',
    },
    { what: 'In flight', changes: inFlightCount, meaning: 'They are in requests that are under way.' },
  ];
}
