import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { ProblemNote, type ProblemLike } from '../../parts/problem.js';
import { DeleteSync } from './deleteSync.js';
import { Resend } from './resend.js';
import type { SyncData } from './sync.js';

const launchMutation = graphql(`
  mutation LaunchSegmentSync($input: LaunchSegmentSyncInput!) {
    launchSegmentSync(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const pauseMutation = graphql(`
  mutation PauseSegmentSync($input: PauseSegmentSyncInput!) {
    pauseSegmentSync(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const resumeMutation = graphql(`
  mutation ResumeSegmentSync($input: ResumeSegmentSyncInput!) {
    resumeSegmentSync(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);
const testMutation = graphql(`
  mutation TestSegmentSync($input: TestSegmentSyncInput!) {
    testSegmentSync(input: $input) {
      __typename
      ... on TestSegmentSyncPayload {
        message
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

type Said = { readonly done: string } | { readonly problem: ProblemLike };

/** What the state of a sync allows. */
export function Actions({ sync }: { readonly sync: SyncData }) {
  const { id, allowedActions } = sync;
  const [launch, pause, resume, test] = [
    useHubMutation(launchMutation),
    useHubMutation(pauseMutation),
    useHubMutation(resumeMutation),
    useHubMutation(testMutation),
  ];
  const [said, setSaid] = useState<Said>();
  const [open, setOpen] = useState<'resend' | 'delete'>();
  const may = (action: (typeof allowedActions)[number]): boolean => allowedActions.includes(action);
  const input = { input: { id } };
  const onError = (error: Error): void => setSaid({ problem: error });
  const say = (answer: object, done: string): void =>
    setSaid('message' in answer ? { problem: answer as ProblemLike } : { done });
  return (
    <>
      <div className="actions">
        {may('LAUNCH') ? (
          <button
            type="button"
            className="primary"
            disabled={launch.isPending}
            onClick={() =>
              launch.mutate(input, {
                onSuccess: (data) => say(data.launchSegmentSync, 'It is live: all members are sent once.'),
                onError,
              })
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
                onSuccess: (data) => say(data.pauseSegmentSync, 'It is paused. What changes meanwhile is sent later.'),
                onError,
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
              resume.mutate(input, {
                onSuccess: (data) => say(data.resumeSegmentSync, 'It is live again.'),
                onError,
              })
            }
          >
            Resume
          </button>
        ) : null}
        <button
          type="button"
          disabled={test.isPending}
          onClick={() =>
            test.mutate(input, {
              onSuccess: ({ testSegmentSync: answer }) =>
                setSaid(
                  answer.__typename === 'TestSegmentSyncPayload' ? { done: `${answer.message}.` } : { problem: answer },
                ),
              onError,
            })
          }
        >
          Test now
        </button>
        {may('RESEND') ? (
          <button type="button" onClick={() => setOpen('resend')}>
            Send again…
          </button>
        ) : null}
        {may('DELETE') ? (
          <button type="button" className="danger" onClick={() => setOpen('delete')}>
            Delete…
          </button>
        ) : null}
      </div>
      {said === undefined ? null : 'done' in said ? (
        <p className="note good" role="status">
          {said.done}
        </p>
      ) : (
        <ProblemNote problem={said.problem} />
      )}
      {open === 'resend' ? <Resend sync={sync} onClose={() => setOpen(undefined)} /> : null}
      {open === 'delete' ? <DeleteSync sync={sync} onClose={() => setOpen(undefined)} /> : null}
    </>
  );
}
