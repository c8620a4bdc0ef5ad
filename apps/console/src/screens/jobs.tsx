import { useState } from 'react';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Confirm } from '../parts/confirm.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';

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
                { title: 'Progress', about: 'Items done of those that the job began with', cell: Progress },
                { title: 'Result', cell: ({ result, resultSoFar }) => resultOf(result ?? resultSoFar) },
                { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Ended', cell: ({ finishedAt }) => (finishedAt ? <Time at={finishedAt} /> : '') },
                { title: 'Actions', cell: (job) => (job.finishedAt === null ? <Controls job={job} /> : '') },
              ]}
            />
            <Pages pageInfo={jobs.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
    </>
  );
}

function Progress({ doneCount, totalCount, finishedAt, estimatedEndAt, progressedAt }: Job) {
  const text = `${count(doneCount)}${totalCount === null ? '' : ` of ${count(totalCount)}`}`;
  if (finishedAt !== null) return text;
  return (
    <>
      {totalCount ? <progress value={doneCount} max={totalCount} aria-label={text} /> : null} {text}
      <div className="muted reason">
        {estimatedEndAt ? (
          <>
            ends <Time at={estimatedEndAt} />
          </>
        ) : progressedAt ? (
          <>
            last step <Time at={progressedAt} />
          </>
        ) : null}
      </div>
    </>
  );
}

function resultOf(result: Job['result']): string {
  if (result?.__typename === 'ReplayResult') return `${count(result.eventCount)} events`;
  if (result?.__typename !== 'EventReplayResult') return '';
  const { eventCount, deliveredCount, pendingCount } = result;
  return `${count(eventCount)} events: ${count(deliveredCount)} delivered, ${count(pendingCount)} pending`;
}

const pauseMutation = graphql(`
  mutation PauseJob($input: PauseJobInput!) {
    pauseJob(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const resumeMutation = graphql(`
  mutation ResumeJob($input: ResumeJobInput!) {
    resumeJob(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
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

/** Pauses, resumes and cancels a job. A cancelled one does not go on, so it is confirmed. */
function Controls({ job: { id, operation, state, isCancelRequested } }: { readonly job: Job }) {
  const [pause, resume, cancel] = [
    useHubMutation(pauseMutation),
    useHubMutation(resumeMutation),
    useHubMutation(cancelMutation),
  ];
  const [isCancelling, setIsCancelling] = useState(false);
  const answers = [pause.data?.pauseJob, resume.data?.resumeJob, cancel.data?.cancelJob];
  const problem = answers.find((answer) => answer && 'message' in answer);
  const input = { input: { id } };
  return (
    <>
      <div className="actions">
        {state === 'PAUSED' ? (
          <button type="button" disabled={resume.isPending} onClick={() => resume.mutate(input)}>
            Resume
          </button>
        ) : (
          <button type="button" disabled={pause.isPending || isCancelRequested} onClick={() => pause.mutate(input)}>
            Pause
          </button>
        )}
        <button type="button" className="danger" disabled={isCancelRequested} onClick={() => setIsCancelling(true)}>
          {isCancelRequested ? 'Cancelling' : 'Cancel…'}
        </button>
      </div>
      <ProblemNote problem={pause.error ?? resume.error ?? (problem && 'message' in problem ? problem : null)} />
      {isCancelling ? (
        <Confirm
          title={`Cancel the job: ${words(operation).toLowerCase()}`}
          name={id}
          action="Cancel the job"
          isBusy={cancel.isPending}
          onClose={() => setIsCancelling(false)}
          onConfirm={() => cancel.mutate(input, { onSuccess: () => setIsCancelling(false) })}
        >
          <p>What it has done stays done. It does not go on, and cannot be resumed.</p>
          <ProblemNote problem={cancel.error} />
        </Confirm>
      ) : null}
    </>
  );
}
