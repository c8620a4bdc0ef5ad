import { useState } from 'react';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Code } from '../parts/code.js';
import { Dialog } from '../parts/dialog.js';
import { EventFilters, eventFilterOf, ReasonFilter } from '../parts/eventFilters.js';
import { Json } from '../parts/json.js';
import { Answer } from '../parts/problem.js';
import { words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

const quarantineQuery = graphql(`
  query Quarantine($first: Int!, $after: String, $filter: QuarantineFilter, $events: QuarantineFilter) {
    quarantinedEvents(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        eventId
        eventType
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
    quarantineCounts(filter: $events) {
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
  const code = filters.get('code') as NonNullable<Filter['code']> | null;
  const after = filters.get('after');
  const [open, setOpen] = useState<Quarantined>();
  const events: Filter = eventFilterOf(filters);
  const filter: Filter = { ...events, ...(code !== null && { code }) };
  const reading = useHubQuery(quarantineQuery, { first: 50, after, filter, events });
  return (
    <>
      <h1>Quarantine</h1>
      <p className="muted">
        Events that were refused on arrival. The other events of the same requests were accepted, and each answer listed
        what was refused.
      </p>
      <EventFilters filters={filters} change={change} />
      <Answer reading={reading}>
        {({ quarantinedEvents, quarantineCounts }) => (
          <>
            <ReasonFilter
              code={code}
              change={change}
              reasons={quarantineCounts.map((group) => ({
                code: group.code,
                label: words(group.code),
                openCount: group.eventCount - group.releasedCount - group.purgedCount,
              }))}
            />
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
                      {event.eventId ?? event.id}
                    </button>
                  ),
                },
                { title: 'Type', cell: ({ eventType }) => <Code text={eventType} /> },
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
