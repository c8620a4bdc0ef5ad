import { useState } from 'react';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Dialog } from '../parts/dialog.js';
import { Json } from '../parts/json.js';
import { count } from '../parts/number.js';
import { Answer } from '../parts/problem.js';
import { words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

const quarantineQuery = graphql(`
  query Quarantine($first: Int!, $after: String, $filter: QuarantineFilter) {
    quarantinedEvents(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        code
        detail
        position
        storedAt
        releasedAt
        body
        bodyState
        ingestToken {
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    quarantineCounts {
      code
      eventCount
      releasedCount
      purgedCount
    }
  }
`);

type Quarantined = ResultOf<typeof quarantineQuery>['quarantinedEvents']['nodes'][number];
type Filter = NonNullable<VariablesOf<typeof quarantineQuery>['filter']>;

/** Events that were refused on arrival, by reason, with what was received. */
export function Quarantine() {
  const [filters, change] = useFilters();
  const code = filters.get('code') as Filter['code'] | null;
  const after = filters.get('after');
  const [open, setOpen] = useState<Quarantined>();
  const reading = useHubQuery(quarantineQuery, { first: 50, after, filter: code ? { code } : null });
  return (
    <>
      <h1>Quarantine</h1>
      <p className="muted">
        Events that were refused on arrival. The other events of the same requests were accepted, and each answer listed
        what was refused.
      </p>
      <Answer reading={reading}>
        {({ quarantinedEvents, quarantineCounts }) => (
          <>
            <div className="filters" role="group" aria-label="Filters">
              <button
                type="button"
                aria-pressed={code === null}
                onClick={() => change({ code: undefined, after: undefined })}
              >
                All reasons
              </button>
              {quarantineCounts.map((group) => (
                <button
                  key={group.code}
                  type="button"
                  aria-pressed={code === group.code}
                  onClick={() => change({ code: group.code, after: undefined })}
                >
                  {words(group.code)}{' '}
                  <strong>{count(group.eventCount - group.releasedCount - group.purgedCount)}</strong>
                </button>
              ))}
            </div>
            <Table
              caption="Quarantined events, the latest first"
              rows={quarantinedEvents.nodes}
              keyOf={({ id }) => id}
              empty={<p>Nothing is in quarantine here.</p>}
              columns={[
                {
                  title: 'Event',
                  cell: (event) => (
                    <button type="button" className="link" onClick={() => setOpen(event)}>
                      {event.id}
                    </button>
                  ),
                },
                {
                  title: 'Reason',
                  cell: (event) => (
                    <>
                      {words(event.code)}
                      <div className="muted reason">{event.detail}</div>
                    </>
                  ),
                },
                { title: 'Ingest token', cell: ({ ingestToken }) => ingestToken?.name ?? '' },
                { title: 'Received', cell: ({ storedAt }) => <Time at={storedAt} /> },
                { title: 'Released', cell: ({ releasedAt }) => (releasedAt ? <Time at={releasedAt} /> : 'no') },
              ]}
            />
            <Pages pageInfo={quarantinedEvents.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
      {open ? (
        <Dialog title={`Quarantined event ${open.id}`} onClose={() => setOpen(undefined)}>
          <p>
            Number {open.position + 1} in its request: {open.detail}
          </p>
          {open.body === null ? (
            <p>Its body is not kept ({words(open.bodyState).toLowerCase()}).</p>
          ) : (
            <Json value={open.body} label="Body as it was received" />
          )}
        </Dialog>
      ) : null}
    </>
  );
}
