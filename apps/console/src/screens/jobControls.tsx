import { useState } from 'react';
import { graphql } from '../hub/graphql.js';
import { useHubMutation } from '../hub/useHub.js';
import { Confirm } from '../parts/confirm.js';
import { ProblemNote } from '../parts/problem.js';
import { words } from '../parts/state.js';

interface ControlledJob {
  readonly id: string;
  readonly operation: string;
  readonly state: string;
  readonly isCancelRequested: boolean;
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
export function JobControls({ job: { id, operation, state, isCancelRequested } }: { readonly job: ControlledJob }) {
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
