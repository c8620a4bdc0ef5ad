import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { ReasonFilter } from '../../parts/eventFilters.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { words } from '../../parts/state.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';
import { nameOf } from '../cohorts/segment.js';

const refusalsQuery = graphql(`
  query SegmentSyncRefusals($id: ID!, $after: String, $filter: SegmentSyncRefusalFilter) {
    segmentSync(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on SegmentSync {
        id
        objectName
        refusedCount
        unlistedRefusalCount
        refusalCounts {
          code
          description
          refusalCount
        }
        refusals(first: 50, after: $after, filter: $filter) {
          nodes {
            id
            type
            code
            detail
            refusedAt
            isSuperseded
            member {
              externalId
              deviceId
              alias {
                name
                label
              }
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

type Sync = Extract<ResultOf<typeof refusalsQuery>['segmentSync'], { readonly __typename: 'SegmentSync' }>;

/** Whom the destination of a sync refused or cannot take, and why. */
export function Refusals({ id }: { readonly id: string }) {
  const [filters, change] = useFilters();
  const [code, after, isLatest] = [filters.get('code'), filters.get('after'), filters.has('latest')];
  const filter = { ...(code !== null && { code }), ...(isLatest && { isSuperseded: false }) };
  const reading = useHubQuery(refusalsQuery, { id, after, filter });
  return (
    <Answer reading={reading}>
      {({ segmentSync }) =>
        segmentSync.__typename === 'SegmentSync' ? (
          <>
            <h1>Refused by {segmentSync.objectName}</h1>
            <p className="muted">
              Changes of users that the destination refused or cannot take. What is sent of such a user later, such as
              an exit or <Link href={`/cohorts/syncs/${id}`}>all members again</Link>, is tried anew.
            </p>
            <Bound sync={segmentSync} />
            <ReasonFilter
              code={code}
              change={change}
              reasons={segmentSync.refusalCounts.map((reason) => ({
                code: reason.code,
                label: reason.code,
                openCount: reason.refusalCount,
              }))}
            >
              <button
                type="button"
                aria-pressed={isLatest}
                onClick={() => change({ latest: isLatest ? undefined : '1', after: undefined })}
              >
                Nothing sent since
              </button>
            </ReasonFilter>
            <RefusalTable sync={segmentSync} />
            <Pages pageInfo={segmentSync.refusals.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        ) : (
          <>
            <h1>No such sync</h1>
            <ProblemNote problem={segmentSync} />
            <Link href="/cohorts">All cohorts and segments</Link>
          </>
        )
      }
    </Answer>
  );
}

function Bound({ sync: { refusedCount, unlistedRefusalCount } }: { readonly sync: Sync }) {
  return unlistedRefusalCount === 0 ? null : (
    <p className="note warn">
      {count(refusedCount)} were refused, and {count(unlistedRefusalCount)} of them are no longer listed: the hub keeps
      the newest 10,000 of a sync for the retention period, and none of users whose data was deleted.
    </p>
  );
}

function RefusalTable({ sync: { refusals, refusalCounts } }: { readonly sync: Sync }) {
  return (
    <Table
      caption="Refusals, the latest first"
      rows={refusals.nodes}
      keyOf={({ id }) => id}
      empty={<p>No such refusal is listed.</p>}
      columns={[
        { title: 'User', cell: ({ member }) => <code>{nameOf(member)}</code> },
        { title: 'Change', cell: ({ type }) => words(type) },
        {
          title: 'Reason',
          cell: ({ code, detail }) => (
            <>
              <code title={refusalCounts.find((reason) => reason.code === code)?.description ?? undefined}>{code}</code>
              <div className="muted reason">{detail}</div>
            </>
          ),
        },
        { title: 'Refused', cell: ({ refusedAt }) => <Time at={refusedAt} /> },
        { title: 'Sent since', cell: ({ isSuperseded }) => (isSuperseded ? 'yes' : 'no') },
      ]}
    />
  );
}
