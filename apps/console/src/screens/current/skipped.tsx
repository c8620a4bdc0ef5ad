import { Link } from 'wouter';
import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Code } from '../../parts/code.js';
import { count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';
import { findPlace } from '../find/find.js';
import type { CurrentData } from './current.js';

const skippedQuery = graphql(`
  query SkippedEvents($after: String, $filter: SkippedEventFilter!) {
    skippedEvents(first: 50, after: $after, filter: $filter) {
      nodes {
        id
        eventId
        eventType
        storedAt
        reason {
          code
          description
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** The events that a Current left out, with the reason of each. */
export function Skipped({ current: { id, counts } }: { readonly current: Pick<CurrentData, 'id' | 'counts'> }) {
  const [filters, change] = useFilters();
  const [reason, after] = [filters.get('reason'), filters.get('after')];
  const filter = { currentId: id, ...(reason !== null && { reason }) };
  // A page may read 200 batches, so it is read again only when somebody asks.
  const reading = useHubQuery(skippedQuery, { after, filter }, { isLive: false });
  return (
    <>
      <div className="filters" role="group" aria-label="Reasons">
        <button
          type="button"
          aria-pressed={reason === null}
          onClick={() => change({ reason: undefined, after: undefined })}
        >
          All reasons <strong>{count(counts.skipped)}</strong>
        </button>
        {counts.skippedReasons.map(({ code, eventCount }) => (
          <button
            key={code}
            type="button"
            aria-pressed={reason === code}
            onClick={() => change({ reason: code, after: undefined })}
          >
            {code} <strong>{count(eventCount)}</strong>
          </button>
        ))}
      </div>
      <p className="muted">
        The numbers count all skipped events since the Current was created. The list has those of the retention period.
      </p>
      <Answer reading={reading}>
        {({ skippedEvents: { nodes, pageInfo } }) => (
          <>
            <Table
              caption="Skipped events, the latest first"
              rows={nodes}
              keyOf={(row) => row.id}
              empty={
                <p>
                  {pageInfo.hasNextPage ? 'None on this page; the next one may have some.' : 'No event was skipped.'}
                </p>
              }
              columns={[
                {
                  title: 'Event',
                  cell: ({ eventId }) =>
                    eventId === null ? (
                      <span className="muted">not readable</span>
                    ) : (
                      <Link href={findPlace(eventId)}>{eventId}</Link>
                    ),
                },
                { title: 'Type', cell: ({ eventType }) => <Code text={eventType} /> },
                {
                  title: 'Reason',
                  cell: (row) => (
                    <>
                      <Code text={row.reason.code} />
                      <div className="muted reason">{row.reason.description}</div>
                    </>
                  ),
                },
                { title: 'Received', cell: ({ storedAt }) => <Time at={storedAt} /> },
              ]}
            />
            <Pages pageInfo={pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
    </>
  );
}
