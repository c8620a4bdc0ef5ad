import { graphql } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

const jobsQuery = graphql(`
  query Jobs($first: Int!, $after: String) {
    jobs(first: $first, after: $after) {
      nodes {
        id
        operation
        state
        isDryRun
        doneCount
        totalCount
        error
        createdAt
        finishedAt
        isCancelRequested
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const cancelMutation = graphql(`
  mutation CancelJob($input: CancelJobInput!) {
    cancelJob(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** What admins asked for and takes long, with its progress. */
export function Jobs() {
  const [filters, change] = useFilters();
  const after = filters.get('after');
  const reading = useHubQuery(jobsQuery, { first: 50, after });
  const cancel = useHubMutation(cancelMutation);
  return (
    <>
      <h1>Jobs</h1>
      <ProblemNote problem={cancel.error} />
      <Answer reading={reading}>
        {({ jobs }) => (
          <>
            <Table
              caption="Jobs, the latest first"
              rows={jobs.nodes}
              keyOf={({ id }) => id}
              empty={<p>No job has run. A replay of dead letters is one.</p>}
              columns={[
                { title: 'What', cell: ({ operation, isDryRun }) => `${words(operation)}${isDryRun ? ' (plan)' : ''}` },
                {
                  title: 'State',
                  cell: ({ state, error }) => (
                    <>
                      <State value={state} />
                      {error === null ? null : <div className="muted reason">{error}</div>}
                    </>
                  ),
                },
                {
                  title: 'Progress',
                  cell: ({ state, doneCount, totalCount }) =>
                    state === 'RUNNING' && totalCount ? (
                      <progress
                        value={doneCount}
                        max={totalCount}
                        aria-label={`${count(doneCount)} of ${count(totalCount)}`}
                      />
                    ) : (
                      `${count(doneCount)}${totalCount === null ? '' : ` of ${count(totalCount)}`}`
                    ),
                },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Ended', cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : '') },
                {
                  title: 'Actions',
                  cell: ({ id, finishedAt, isCancelRequested }) =>
                    finishedAt === null ? (
                      <button
                        type="button"
                        disabled={isCancelRequested || cancel.isPending}
                        onClick={() => cancel.mutate({ input: { id } })}
                      >
                        {isCancelRequested ? 'Cancelling' : 'Cancel'}
                      </button>
                    ) : (
                      ''
                    ),
                },
              ]}
            />
            <Pages pageInfo={jobs.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
    </>
  );
}
