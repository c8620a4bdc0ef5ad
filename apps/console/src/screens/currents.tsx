import { Link } from 'wouter';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Breakable } from '../parts/code.js';
import { Count } from '../parts/number.js';
import { Answer } from '../parts/problem.js';
import { Sparkline } from '../parts/sparkline.js';
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
        destination {
          label
        }
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
        activity {
          delivered
          skipped
          failed
        }
        counts {
          delivered
          skipped
          rejected
          expired
          pending
          rejectedReasons {
            code
            eventCount
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type CurrentFilter = NonNullable<VariablesOf<typeof currentsQuery>['filter']>;
type CurrentRow = ResultOf<typeof currentsQuery>['currents']['nodes'][number];

/** The filters that come before states: what waits for a person, and what the hub repairs by itself. */
const troubles = [
  { name: 'person', title: 'Needs a person', filter: { states: ['BLOCKED'] } },
  { name: 'retrying', title: 'Retrying', filter: { isRetrying: true } },
] as const satisfies readonly { name: string; title: string; filter: CurrentFilter }[];

const states = ['LIVE', 'BLOCKED', 'PAUSED', 'DRAFT', 'DELETED'] as const;

/** All Currents, by state and name. */
export function Currents() {
  const [filters, change] = useFilters();
  const state = states.find((known) => known === filters.get('state'));
  const trouble = troubles.find(({ name }) => name === filters.get('trouble'));
  const search = filters.get('search') ?? '';
  const after = filters.get('after');
  const reading = useHubQuery(currentsQuery, {
    first: 50,
    after,
    filter: { ...(state && { states: [state] }), ...trouble?.filter, ...(search !== '' && { search }) },
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
      <div className="filters" role="group" aria-label="Filters">
        {troubles.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            aria-pressed={trouble?.name === name}
            onClick={() =>
              change({ trouble: trouble?.name === name ? undefined : name, state: undefined, after: undefined })
            }
          >
            {title}
          </button>
        ))}
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
          <select
            value={state ?? ''}
            onChange={(event) => change({ state: event.target.value, trouble: undefined, after: undefined })}
          >
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
        { title: 'Destination', cell: ({ destination, destinationName }) => destination?.label ?? destinationName },
        { title: 'State', cell: (row) => <StateOf current={row} /> },
        {
          title: '24 hours',
          about: 'Delivered and failed events in each of the last 24 hours',
          cell: ({ id, activity }) => (
            <Link href={`/currents/${id}?span=day`}>
              <Sparkline {...activity} />
            </Link>
          ),
        },
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
          cell: ({ id, counts }) => <Count value={counts.skipped} to={`/currents/${id}/skipped`} label="skipped" />,
        },
        {
          title: 'Dead',
          about: `Events that were refused or expired, ${since}, and the most frequent reason of refusals`,
          isNumber: true,
          cell: ({ id, counts }) => {
            const [top] = [...counts.rejectedReasons].sort((a, b) => b.eventCount - a.eventCount);
            return (
              <>
                <Count
                  value={counts.rejected + counts.expired}
                  to={`/dead-letters?current=${id}`}
                  label="dead letters"
                />
                {top === undefined ? null : (
                  <div className="reason">
                    <Link href={`/dead-letters?current=${id}&code=${encodeURIComponent(top.code)}`}>
                      <Breakable text={top.code} />
                    </Link>
                  </div>
                )}
              </>
            );
          },
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
