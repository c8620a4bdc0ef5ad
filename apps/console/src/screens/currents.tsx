import { Link } from 'wouter';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Count } from '../parts/number.js';
import { Answer } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

export const currentsQuery = graphql(`
  query Currents($first: Int!, $after: String, $filter: CurrentFilter, $orderBy: CurrentOrder) {
    currents(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes {
        id
        name
        destinationName
        state
        stateChangedAt
        oldestPendingAt
        block {
          detail
        }
        deferral {
          until
          detail
        }
        warnings {
          message
        }
        counts {
          delivered
          skipped
          rejected
          expired
          pending
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type CurrentRow = ResultOf<typeof currentsQuery>['currents']['nodes'][number];

const states = ['LIVE', 'BLOCKED', 'PAUSED', 'DRAFT', 'DELETED'] as const;

/** All Currents, by state and name. */
export function Currents() {
  const [filters, change] = useFilters();
  const state = states.find((known) => known === filters.get('state'));
  const search = filters.get('search') ?? '';
  const after = filters.get('after');
  const reading = useHubQuery(currentsQuery, {
    first: 50,
    after,
    filter: { ...(state && { states: [state] }), ...(search !== '' && { search }) },
    orderBy: null,
  });
  return (
    <>
      <div className="title">
        <h1>Currents</h1>
        <Link href="/currents/new" className="button primary">
          New Current
        </Link>
      </div>
      <div className="filters" role="search">
        <label>
          Name
          <input
            type="search"
            value={search}
            onChange={(event) => change({ search: event.target.value, after: undefined })}
          />
        </label>
        <label>
          State
          <select value={state ?? ''} onChange={(event) => change({ state: event.target.value, after: undefined })}>
            <option value="">All</option>
            {states.map((known) => (
              <option key={known} value={known}>
                {words(known)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Answer reading={reading}>
        {({ currents }) => (
          <>
            <CurrentsTable currents={currents.nodes} />
            <Pages pageInfo={currents.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
    </>
  );
}

const since = 'since the Current was created';

export function CurrentsTable({ currents }: { readonly currents: readonly CurrentRow[] }) {
  return (
    <Table
      caption="Currents"
      rows={currents}
      keyOf={({ id }) => id}
      empty={
        <p>
          No Current is here. A Current exports chosen event types to a destination.{' '}
          <Link href="/currents/new">Create one</Link>.
        </p>
      }
      columns={[
        { title: 'Name', cell: ({ id, name }) => <Link href={`/currents/${id}`}>{name}</Link> },
        { title: 'Destination', cell: ({ destinationName }) => destinationName },
        { title: 'State', cell: (row) => <StateOf current={row} /> },
        {
          title: 'Delivered',
          about: `Events that the destination has accepted, ${since}`,
          isNumber: true,
          cell: ({ id, counts }) => <Count value={counts.delivered} to={`/currents/${id}`} label="delivered" />,
        },
        {
          title: 'Skipped',
          about: `Events that a rule leaves out, ${since}`,
          isNumber: true,
          cell: ({ id, counts }) => <Count value={counts.skipped} to={`/currents/${id}`} label="skipped" />,
        },
        {
          title: 'Dead',
          about: `Events that were refused or expired, ${since}`,
          isNumber: true,
          cell: ({ id, counts }) => (
            <Count value={counts.rejected + counts.expired} to={`/dead-letters?current=${id}`} label="dead letters" />
          ),
        },
        {
          title: 'Pending',
          about: 'Events that wait to be delivered now',
          isNumber: true,
          cell: ({ id, counts }) => <Count value={counts.pending} to={`/currents/${id}/throttled`} label="pending" />,
        },
        {
          title: 'Oldest pending',
          about: 'When the oldest waiting event came',
          cell: ({ oldestPendingAt }) => (oldestPendingAt ? <Time at={oldestPendingAt} /> : ''),
        },
      ]}
    />
  );
}

function StateOf({ current: { state, block, deferral, warnings } }: { readonly current: CurrentRow }) {
  const reason = block?.detail ?? deferral?.detail ?? warnings[0]?.message;
  return (
    <>
      <State value={state} />
      {deferral ? (
        <>
          {' '}
          <State value="RETRYING" /> <Time at={deferral.until} />
        </>
      ) : null}
      {reason === undefined ? null : <div className="muted reason">{reason}</div>}
    </>
  );
}
