import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { count } from '../parts/number.js';
import { Answer } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';
import { JobControls } from './jobControls.js';
import { JobProgress } from './jobProgress.js';

const outcomeFragment = graphql(`
  fragment JobOutcome on JobResult @_unmask {
    __typename
    ... on ReplayResult {
      eventCount
    }
    ... on EventReplayResult {
      eventCount
      deliveredCount
      pendingCount
    }
  }
`);

const jobsQuery = graphql(
  `
    query Jobs($first: Int!, $after: String, $filter: JobFilter) {
      jobs(first: $first, after: $after, filter: $filter) {
        nodes {
          id
          operation
          state
          isDryRun
          doneCount
          totalCount
          error
          reason
          estimatedEndAt
          progressedAt
          adminToken {
            name
          }
          createdAt
          finishedAt
          isCancelRequested
          result {
            ...JobOutcome
          }
          resultSoFar {
            ...JobOutcome
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  [outcomeFragment],
);

type Job = ResultOf<typeof jobsQuery>['jobs']['nodes'][number];

const states = ['RUNNING', 'QUEUED', 'PAUSED', 'FAILED', 'DONE', 'CANCELLED'] as const;

/** What admins asked for and takes long, with its progress. */
export function Jobs() {
  const [filters, change] = useFilters();
  const after = filters.get('after');
  const state = states.find((known) => known === filters.get('state'));
  const reading = useHubQuery(jobsQuery, { first: 50, after, filter: state ? { state } : null });
  return (
    <>
      <h1>Jobs</h1>
      <p className="muted">Replays, releases, purges, checks and deletions. Plans change nothing.</p>
      <div className="filters" role="group" aria-label="Filters">
        <button
          type="button"
          aria-pressed={state === undefined}
          onClick={() => change({ state: undefined, after: undefined })}
        >
          All states
        </button>
        {states.map((known) => (
          <button
            key={known}
            type="button"
            aria-pressed={state === known}
            onClick={() => change({ state: known, after: undefined })}
          >
            {words(known)}
          </button>
        ))}
      </div>
      <Answer reading={reading}>
        {({ jobs }) => (
          <>
            <Table
              caption="Jobs, the latest first"
              rows={jobs.nodes}
              keyOf={({ id }) => id}
              empty={<p>No job is here. A replay of dead letters is one.</p>}
              columns={[
                {
                  title: 'What',
                  cell: ({ operation, isDryRun, adminToken }) => (
                    <>
                      {words(operation)}
                      {isDryRun ? ' (plan)' : ''}
                      {adminToken ? <div className="muted reason">asked by {adminToken.name}</div> : null}
                    </>
                  ),
                },
                {
                  title: 'State',
                  cell: ({ state: now, error, reason }) => (
                    <>
                      <State value={now} />
                      {(error ?? reason) === null ? null : <div className="muted reason">{error ?? reason}</div>}
                    </>
                  ),
                },
                {
                  title: 'Progress',
                  about: 'Items done of those that the job began with',
                  cell: (job) => <JobProgress job={job} />,
                },
                { title: 'Result', cell: ({ result, resultSoFar }) => resultOf(result ?? resultSoFar) },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Ended', cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : '') },
                { title: 'Actions', cell: (job) => (job.finishedAt === null ? <JobControls job={job} /> : '') },
              ]}
            />
            <Pages pageInfo={jobs.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
    </>
  );
}

function resultOf(result: Job['result']): string {
  if (result?.__typename === 'ReplayResult') return `${count(result.eventCount)} events`;
  if (result?.__typename !== 'EventReplayResult') return '';
  const { eventCount, deliveredCount, pendingCount } = result;
  return `${count(eventCount)} events: ${count(deliveredCount)} delivered, ${count(pendingCount)} pending`;
}
