import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State, words } from '../../parts/state.js';
import { Pages, Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { useFilters } from '../../routing.js';

const cohortQuery = graphql(`
  query Cohort($id: ID!, $after: String) {
    cohort(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on Cohort {
        id
        name
        partner
        partnerId
        description
        memberCount
        memberCounts {
          externalIdCount
          deviceIdCount
          aliasCount
        }
        lastSyncAt
        pendingChangeCount
        schedule
        freshness {
          state
          dueAt
        }
        drift {
          difference
          reportedCount
          reportedAt
        }
        pull {
          state
          allowedActions
          nextDueAt
          lastSuccessAt
          current {
            id
            name
          }
          deferral {
            detail
            until
          }
          failure {
            detail
            failedAt
          }
          progress {
            memberCount
            expectedMemberCount
          }
        }
        syncs(first: 20, after: $after) {
          nodes {
            id
            type
            state
            startedAt
            finishedAt
            receivedCount
            addedCount
            removedCount
            refused {
              reason
              description
              memberCount
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

type CohortData = Extract<ResultOf<typeof cohortQuery>['cohort'], { readonly __typename: 'Cohort' }>;

/** One cohort: how fresh it is, how it comes, and its syncs. */
export function Cohort({ id }: { readonly id: string }) {
  const [filters, change] = useFilters();
  const after = filters.get('after');
  const reading = useHubQuery(cohortQuery, { id, after });
  return (
    <Answer reading={reading}>
      {({ cohort }) =>
        cohort.__typename === 'Cohort' ? (
          <>
            <div className="title">
              <h1>{cohort.name}</h1>
              <State value={cohort.freshness.state} />
            </div>
            <Facts cohort={cohort} />
            {cohort.pull ? <Pull cohortId={cohort.id} pull={cohort.pull} /> : null}
            <h2>Syncs</h2>
            <Syncs syncs={cohort.syncs.nodes} />
            <Pages pageInfo={cohort.syncs.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        ) : (
          <>
            <h1>No such cohort</h1>
            <ProblemNote problem={cohort} />
            <Link href="/cohorts">All cohorts</Link>
          </>
        )
      }
    </Answer>
  );
}

function Facts({ cohort }: { readonly cohort: CohortData }) {
  const { partner, partnerId, description, memberCount, memberCounts, drift, freshness, schedule } = cohort;
  return (
    <dl className="facts">
      <dt>From</dt>
      <dd>
        {partner}, where it is <code>{partnerId}</code>
        {description ? <div className="muted">{description}</div> : null}
      </dd>
      <dt>Members now</dt>
      <dd>
        {count(memberCount)}: {count(memberCounts.externalIdCount)} by external id, {count(memberCounts.deviceIdCount)}{' '}
        by device, {count(memberCounts.aliasCount)} by alias
      </dd>
      <dt>Drift</dt>
      <dd>
        {drift ? (
          <>
            {count(drift.difference)}: the partner reported {count(drift.reportedCount)} members{' '}
            <Time at={drift.reportedAt} />
          </>
        ) : (
          'unknown, as the partner has reported no size'
        )}
      </dd>
      <dt>Last sync</dt>
      <dd>
        <Time at={cohort.lastSyncAt} />
        {schedule ? `, ${words(schedule).toLowerCase()}` : ''}
        {freshness.dueAt ? (
          <>
            , the next one is due <Time at={freshness.dueAt} />
          </>
        ) : null}
      </dd>
      <dt>Waiting changes</dt>
      <dd>{count(cohort.pendingChangeCount)}</dd>
    </dl>
  );
}

const runMutation = graphql(`
  mutation RunCohortPull($input: RunCohortPullInput!) {
    runCohortPull(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function Pull({ cohortId, pull }: { readonly cohortId: string; readonly pull: NonNullable<CohortData['pull']> }) {
  const run = useHubMutation(runMutation);
  const answer = run.data?.runCohortPull;
  const { state, allowedActions, nextDueAt, lastSuccessAt, current, deferral, failure, progress } = pull;
  return (
    <section>
      <h2>Pull</h2>
      {failure ? (
        <p className="note bad">
          It failed <Time at={failure.failedAt} />: {failure.detail}
        </p>
      ) : null}
      {deferral ? (
        <p className="note warn">
          It waits until <Time at={deferral.until} />: {deferral.detail}
        </p>
      ) : null}
      <p>
        <State value={state} />{' '}
        {current ? <Link href={`/currents/${current.id}`}>{current.name}</Link> : 'A deleted Current'} lends its
        credentials. Last complete <Time at={lastSuccessAt} />
        {nextDueAt ? (
          <>
            , the next one <Time at={nextDueAt} />
          </>
        ) : null}
        .
        {progress ? (
          <>
            {' '}
            {count(progress.memberCount)}
            {progress.expectedMemberCount === null ? '' : ` of ${count(progress.expectedMemberCount)}`} members have
            come.
          </>
        ) : null}
      </p>
      {allowedActions.includes('RUN') ? (
        <button type="button" disabled={run.isPending} onClick={() => run.mutate({ input: { cohortId } })}>
          Pull now
        </button>
      ) : null}
      <ProblemNote problem={run.error ?? (answer && 'message' in answer ? answer : null)} />
    </section>
  );
}

function Syncs({ syncs }: { readonly syncs: CohortData['syncs']['nodes'] }) {
  return (
    <Table
      caption="Syncs, the newest first"
      rows={syncs}
      keyOf={({ id }) => id}
      empty={<p>The partner has sent nothing yet.</p>}
      columns={[
        { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
        { title: 'What', cell: ({ type }) => words(type) },
        { title: 'State', cell: ({ state }) => <State value={state} /> },
        {
          title: 'Received',
          about: 'Members that this sync named',
          isNumber: true,
          cell: ({ receivedCount }) => count(receivedCount),
        },
        {
          title: 'Added',
          about: 'Members that this sync added',
          isNumber: true,
          cell: ({ addedCount }) => count(addedCount),
        },
        {
          title: 'Removed',
          about: 'Members that this sync removed',
          isNumber: true,
          cell: ({ removedCount }) => count(removedCount),
        },
        {
          title: 'Refused',
          about: 'Members of this sync that were refused, with the reason',
          cell: ({ refused }) => (
            <ul className="names">
              {refused.map(({ reason, description, memberCount }) => (
                <li key={reason} title={description}>
                  {count(memberCount)} <code>{reason}</code>
                </li>
              ))}
            </ul>
          ),
        },
      ]}
    />
  );
}
