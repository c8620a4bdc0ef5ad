import { useState, type ComponentProps, type ReactNode } from 'react';
import { Answer } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table, type Column } from '../../parts/table.js';
import { Time } from '../../parts/time.js';

type Instant = ComponentProps<typeof Time>['at'];

interface Key {
  readonly id: string;
  readonly name: string;
  readonly isValid: boolean;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant;
}

/** The keys of one kind, with the dialogs that create and revoke one. */
export function KeysSection<Data, Row extends Key>({
  title,
  kind,
  reading,
  rowsOf,
  columns,
  moreTimes = [],
  empty,
  createWith,
  revokeWith,
}: {
  readonly title: string;
  /** One of them, such as `ingest token`. */
  readonly kind: string;
  readonly reading: ComponentProps<typeof Answer<Data>>['reading'];
  readonly rowsOf: (data: Data) => readonly Row[];
  /** What such keys have beside a name, a state and times. */
  readonly columns: readonly Column<Row>[];
  /** What else is shown between the times of creation and last use. */
  readonly moreTimes?: readonly Column<Row>[];
  readonly empty: string;
  readonly createWith: (data: Data, onClose: () => void) => ReactNode;
  readonly revokeWith: (row: Row, onClose: () => void) => ReactNode;
}) {
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<Row>();
  return (
    <section>
      <div className="title">
        <h2>{title}</h2>
        <button type="button" onClick={() => setIsCreating(true)}>
          New {kind}
        </button>
      </div>
      <Answer reading={reading}>
        {(data) => (
          <>
            <Table
              caption={title}
              rows={rowsOf(data)}
              keyOf={({ id }) => id}
              empty={<p>{empty}</p>}
              columns={[
                ...columns,
                { title: 'State', cell: ({ isValid }) => <State value={isValid ? 'VALID' : 'REVOKED'} /> },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                ...moreTimes,
                { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                {
                  title: 'Actions',
                  cell: (row) =>
                    row.isValid ? (
                      <button type="button" className="danger" onClick={() => setRevoked(row)}>
                        Revoke…
                      </button>
                    ) : (
                      ''
                    ),
                },
              ]}
            />
            {isCreating ? createWith(data, () => setIsCreating(false)) : null}
          </>
        )}
      </Answer>
      {revoked ? revokeWith(revoked, () => setRevoked(undefined)) : null}
    </section>
  );
}
