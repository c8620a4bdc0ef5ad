import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Count, count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';
import { sayPass } from './passProgress.js';

const syncsQuery = graphql(`
  query SegmentSyncs($segmentId: ID!, $after: String) {
    segment(id: $segmentId) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on Segment {
        id
        syncs(first: 20, after: $after) {
          nodes {
            id
            objectName
            destination
            state
            stateSince
            isClearing
            syncedAt
            deliveredCount
            refusedCount
            inFlightCount
            waitingCount
            lastDeliveredAt
            progress {
              kind
              doneCount
              totalCount
            }
            block {
              detail
            }
            deferral {
              detail
              until
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
    segmentDestinations {
      name
      label
    }
  }
`);

type Segment = Extract<ResultOf<typeof syncsQuery>['segment'], { readonly __typename: 'Segment' }>;
type Sync = Segment['syncs']['nodes'][number];

/** Where a segment is held: its syncs, and what keeps members from a destination. */
export function Syncs({ segmentId }: { readonly segmentId: string }) {
  const [filters, change] = useFilters();
  const after = filters.get('syncsAfter');
  const reading = useHubQuery(syncsQuery, { segmentId, after });
  return (
    <Answer reading={reading}>
      {({ segment, segmentDestinations }) =>
        segment.__typename === 'Segment' ? (
          <>
            <SyncTable
              syncs={segment.syncs.nodes}
              labelOf={(name) => segmentDestinations.find((known) => known.name === name)?.label ?? name}
            />
            <div className="actions">
              <Link href={`/cohorts/segments/${segmentId}/sync`} className="button">
                Sync to a destination
              </Link>
            </div>
            <Pages pageInfo={segment.syncs.pageInfo} after={after} onPage={(next) => change({ syncsAfter: next })} />
          </>
        ) : (
          <ProblemNote problem={segment} />
        )
      }
    </Answer>
  );
}

function SyncTable({
  syncs,
  labelOf,
}: {
  readonly syncs: readonly Sync[];
  readonly labelOf: (destination: string) => string;
}) {
  return (
    <Table
      caption="Syncs of this segment, the newest first"
      rows={syncs}
      keyOf={({ id }) => id}
      empty={<p>The segment is held at no destination. A sync sends its members, and then who enters and leaves.</p>}
      columns={[
        {
          title: 'Where',
          cell: ({ id, objectName, destination }) => (
            <>
              <Link href={placeOfSync(id)}>{objectName}</Link> at {labelOf(destination)}
            </>
          ),
        },
        { title: 'State', cell: (sync) => <Standing sync={sync} /> },
        {
          title: 'Delivered',
          about: 'Changes that the destination accepted, since the sync was created',
          isNumber: true,
          cell: ({ id, deliveredCount }) => <Count value={deliveredCount} to={placeOfSync(id)} label="delivered" />,
        },
        {
          title: 'Refused',
          about: 'Changes that the destination refused or cannot take, since the sync was created',
          isNumber: true,
          cell: ({ id, refusedCount }) => (
            <Count value={refusedCount} to={`${placeOfSync(id)}/refused`} label="refused" />
          ),
        },
        {
          title: 'In flight',
          about: 'Changes in requests that are under way now',
          isNumber: true,
          cell: ({ id, inFlightCount }) => <Count value={inFlightCount} to={placeOfSync(id)} label="in flight" />,
        },
        {
          title: 'Waiting',
          about: 'Users to look at again, entries and exits that wait now',
          isNumber: true,
          cell: ({ id, waitingCount }) => <Count value={waitingCount} to={placeOfSync(id)} label="waiting" />,
        },
        { title: 'Last accepted', cell: ({ lastDeliveredAt }) => <Time at={lastDeliveredAt} /> },
      ]}
    />
  );
}

const placeOfSync = (id: string): string => `/cohorts/syncs/${id}`;

function Standing({
  sync: { state, stateSince, isClearing, progress, syncedAt, block, deferral },
}: {
  readonly sync: Sync;
}) {
  return (
    <>
      <State value={state} />{' '}
      <span className="muted">
        since <Time at={stateSince} />
      </span>
      {progress ? (
        <div className="muted reason">
          {sayPass(progress.kind, syncedAt)}: {count(progress.doneCount)} of {count(progress.totalCount)}
        </div>
      ) : isClearing ? (
        <div className="muted reason">being taken back, and then deleted</div>
      ) : null}
      {block ? <div className="muted reason">{block.detail}</div> : null}
      {deferral ? (
        <div className="muted reason">
          waits until <Time at={deferral.until} />: {deferral.detail}
        </div>
      ) : null}
    </>
  );
}
