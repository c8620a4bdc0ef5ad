import { useState } from 'react';
import { Link } from 'wouter';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { count } from '../../parts/number.js';
import { ProblemNote } from '../../parts/problem.js';
import { instantOf, LaunchFrom } from '../launchFrom.js';
import type { CurrentData } from './current.js';

const launchMutation = graphql(`
  mutation LaunchCurrent($input: LaunchCurrentInput!) {
    launchCurrent(input: $input) {
      __typename
      ... on LaunchCurrentPayload {
        backfill {
          id
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const pauseMutation = graphql(`
  mutation PauseCurrent($input: PauseCurrentInput!) {
    pauseCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const resumeMutation = graphql(`
  mutation ResumeCurrent($input: ResumeCurrentInput!) {
    resumeCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const testMutation = graphql(`
  mutation TestCredentials($input: TestCredentialsInput!) {
    testCredentials(input: $input) {
      __typename
      ... on TestCredentialsPayload {
        message
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const deleteMutation = graphql(`
  mutation DeleteCurrent($input: DeleteCurrentInput!) {
    deleteCurrent(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

interface Said {
  readonly __typename: string;
  readonly message?: string;
  readonly remedy?: string | null;
  /** The job that sends earlier events. */
  readonly backfill?: { readonly id: string } | null;
}

/** What the state of a Current allows. */
export function Actions({ current: { id, name, allowedActions, counts } }: { readonly current: CurrentData }) {
  const [launch, pause, resume, test, remove] = [
    useHubMutation(launchMutation),
    useHubMutation(pauseMutation),
    useHubMutation(resumeMutation),
    useHubMutation(testMutation),
    useHubMutation(deleteMutation),
  ];
  const [said, setSaid] = useState<Said>();
  const [isDeleting, setIsDeleting] = useState(false);
  const [launchFrom, setLaunchFrom] = useState('');
  const may = (action: (typeof allowedActions)[number]): boolean => allowedActions.includes(action);
  const say = (answer: Said | undefined, done: string): void =>
    setSaid(answer && 'message' in answer ? answer : { ...answer, __typename: 'Done', message: done });
  const fail = (error: Error): void => setSaid({ __typename: 'Error', message: error.message });
  const input = { input: { id } };
  const isGood = said?.__typename === 'Done' || said?.__typename === 'TestCredentialsPayload';
  return (
    <>
      {may('LAUNCH') ? <LaunchFrom value={launchFrom} onChange={setLaunchFrom} /> : null}
      <div className="actions">
        {may('LAUNCH') ? (
          <button
            type="button"
            className="primary"
            disabled={launch.isPending}
            onClick={() =>
              launch.mutate(
                { input: { id, from: instantOf(launchFrom) } },
                { onSuccess: (data) => say(data.launchCurrent, 'It is live.'), onError: fail },
              )
            }
          >
            Launch
          </button>
        ) : null}
        {may('PAUSE') ? (
          <button
            type="button"
            disabled={pause.isPending}
            onClick={() =>
              pause.mutate(input, {
                onSuccess: (data) => say(data.pauseCurrent, 'It is paused. Its events wait.'),
                onError: fail,
              })
            }
          >
            Pause
          </button>
        ) : null}
        {may('RESUME') ? (
          <button
            type="button"
            className="primary"
            disabled={resume.isPending}
            onClick={() =>
              resume.mutate(input, { onSuccess: (data) => say(data.resumeCurrent, 'It is live again.'), onError: fail })
            }
          >
            Resume
          </button>
        ) : null}
        {may('TEST') ? (
          <button
            type="button"
            disabled={test.isPending}
            onClick={() =>
              test.mutate(
                { input: { currentId: id } },
                { onSuccess: (data) => say(data.testCredentials, ''), onError: fail },
              )
            }
          >
            Test now
          </button>
        ) : null}
        {may('DELETE') ? (
          <button type="button" className="danger" onClick={() => setIsDeleting(true)}>
            Delete…
          </button>
        ) : null}
      </div>
      {said === undefined ? null : isGood ? (
        <p className="note good" role="status">
          {said.message}{' '}
          {said.backfill ? (
            <Link href={`/currents/${id}/replay?job=${said.backfill.id}`}>See how earlier events are sent</Link>
          ) : null}
        </p>
      ) : (
        <ProblemNote problem={{ message: said.message ?? '', remedy: said.remedy ?? null }} />
      )}
      {isDeleting ? (
        <Confirm
          title={`Delete ${name}`}
          name={name}
          action="Delete"
          isBusy={remove.isPending}
          onClose={() => setIsDeleting(false)}
          onConfirm={() =>
            remove.mutate(
              { input: { id, confirmName: name } },
              {
                onSuccess: (data) => {
                  say(data.deleteCurrent, 'It is deleted.');
                  setIsDeleting(false);
                },
                onError: fail,
              },
            )
          }
        >
          <p>
            It delivers nothing from now on, and its credentials are erased. {count(counts.pending)} pending events are
            not sent. This cannot be undone.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
