import { Link } from 'wouter';
import { graphql } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Count, count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';

const cohortsQuery = graphql(`
  query Cohorts($first: Int!, $after: String, $filter: CohortFilter, $segmentsAfter: String) {
    cohorts(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        name
        partner
        memberCount
        lastSyncAt
        pendingChangeCount
        freshness {
          state
        }
        drift {
          difference
        }
        pull {
          state
          failure {
            detail
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    segments(first: $first, after: $segmentsAfter) {
      nodes {
        id
        name
        memberCount
        evaluatedAt
        isEvaluationDue
        syncs(first: 10) {
          nodes {
            id
            objectName
            state
            block {
              detail
            }
          }
        }
        webhooks(first: 10) {
          nodes {
            id
            url
            state
            pendingCount
            block {
              detail
            }
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

/** Cohorts that partners push or the hub pulls, and the segments that are built on them. */
export function Cohorts() {
  const [filters, change] = useFilters();
  const [after, segmentsAfter, search] = [
    filters.get('after'),
    filters.get('segmentsAfter'),
    filters.get('search') ?? '',
  ];
  const reading = useHubQuery(cohortsQuery, {
    first: 50,
    after,
    segmentsAfter,
    filter: search === '' ? null : { search },
  });
  return (
    <>
      <div className="title">
        <h1>Cohorts and segments</h1>
        <Link href="/cohorts/segments/new" className="button">
          New segment
        </Link>
      </div>
      <div className="filters" role="search">
        <label>
          Cohort
          <input
            type="search"
            value={search}
            onChange={(event) => change({ search: event.target.value, after: undefined })}
          />
        </label>
      </div>
      <Answer reading={reading}>
        {({ cohorts, segments }) => (
          <>
            <h2>Cohorts</h2>
            <Table
              caption="Cohorts"
              rows={cohorts.nodes}
              keyOf={({ id }) => id}
              empty={
                <p>No cohort is here. Create a data import key under Keys, and give it to Mixpanel or Amplitude.</p>
              }
              columns={[
                { title: 'Name', cell: ({ id, name }) => <Link href={`/cohorts/${id}`}>{name}</Link> },
                { title: 'From', cell: ({ partner }) => partner },
                {
                  title: 'Members',
                  about: 'Users in the cohort now',
                  isNumber: true,
                  cell: (row) => <Count value={row.memberCount} to={`/cohorts/${row.id}`} label="members" />,
                },
                {
                  title: 'Freshness',
                  cell: ({ freshness, pull }) => (
                    <>
                      <State value={freshness.state} />
                      {pull?.failure ? <div className="muted reason">{pull.failure.detail}</div> : null}
                    </>
                  ),
                },
                { title: 'Last sync', cell: ({ lastSyncAt }) => <Time at={lastSyncAt} /> },
                {
                  title: 'Drift',
                  about: 'Members here minus members that the partner reported last',
                  isNumber: true,
                  cell: ({ id, drift }) =>
                    drift ? <Count value={drift.difference} to={`/cohorts/${id}`} label="drift" /> : '',
                },
                {
                  title: 'Waiting changes',
                  about: 'Pushes that are stored and not applied yet',
                  isNumber: true,
                  cell: ({ id, pendingChangeCount }) => (
                    <Count value={pendingChangeCount} to={`/cohorts/${id}`} label="waiting" />
                  ),
                },
              ]}
            />
            <Pages pageInfo={cohorts.pageInfo} after={after} onPage={(next) => change({ after: next })} />
            <h2>Segments</h2>
            <Table
              caption="Segments"
              rows={segments.nodes}
              keyOf={({ id }) => id}
              empty={
                <p>
                  No segment is here. A segment combines cohorts and says whom to target.{' '}
                  <Link href="/cohorts/segments/new">Create one</Link>.
                </p>
              }
              columns={[
                { title: 'Name', cell: ({ id, name }) => <Link href={`/cohorts/segments/${id}`}>{name}</Link> },
                {
                  title: 'Members',
                  about: 'Users in the segment now',
                  isNumber: true,
                  cell: ({ id, memberCount }) =>
                    memberCount === null ? (
                      'not evaluated'
                    ) : (
                      <Count value={memberCount} to={`/cohorts/segments/${id}`} label="members" />
                    ),
                },
                {
                  title: 'Evaluated',
                  cell: ({ evaluatedAt, isEvaluationDue }) => (
                    <>
                      <Time at={evaluatedAt} /> {isEvaluationDue ? <span className="muted">(due)</span> : null}
                    </>
                  ),
                },
                {
                  title: 'Syncs',
                  cell: ({ syncs }) => (
                    <ul className="names">
                      {syncs.nodes.map(({ id, objectName, state, block }) => (
                        <li key={id}>
                          <State value={state} /> <Link href={`/cohorts/syncs/${id}`}>{objectName}</Link>
                          {block ? <div className="muted reason">{block.detail}</div> : null}
                        </li>
                      ))}
                    </ul>
                  ),
                },
                {
                  title: 'Webhooks',
                  cell: ({ webhooks }) => (
                    <ul className="names">
                      {webhooks.nodes.map(({ id, url, state, pendingCount, block }) => (
                        <li key={id}>
                          <State value={state} /> {url}{' '}
                          {pendingCount > 0 ? <span className="muted">{count(pendingCount)} changes wait</span> : null}
                          {block ? <div className="muted reason">{block.detail}</div> : null}
                        </li>
                      ))}
                    </ul>
                  ),
                },
              ]}
            />
            <Pages
              pageInfo={segments.pageInfo}
              after={segmentsAfter}
              onPage={(next) => change({ segmentsAfter: next })}
            />
          </>
        )}
      </Answer>
    </>
  );
}
