import { useState } from 'react';
import { graphql, type ResultOf } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Confirm } from '../parts/confirm.js';
import { CopyOperation } from '../parts/copyOperation.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State } from '../parts/state.js';
import { Time } from '../parts/time.js';
import { JobControls } from './jobControls.js';
import { JobProgress } from './jobProgress.js';

const resealsQuery = graphql(`
  query Reseals {
    jobs(first: 1, filter: { operation: RESEAL_SECRETS }) {
      nodes {
        id
        operation
        state
        isDryRun
        doneCount
        totalCount
        error
        estimatedEndAt
        progressedAt
        createdAt
        finishedAt
        isCancelRequested
        result {
          ... on ResealResult {
            resealedCount
            unreadableCount
          }
        }
      }
    }
  }
`);

type Job = ResultOf<typeof resealsQuery>['jobs']['nodes'][number];

const resealMutation = graphql(`
  mutation ResealSecrets($input: ResealSecretsInput!) {
    resealSecrets(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** What has to be typed: the change is about all secrets, so there is no name. */
const confirmWord = 'MASTER_KEY';

/** Seals all secrets with the present master key: planned first, then confirmed; with its progress. */
export function Reseal() {
  const [isConfirming, setIsConfirming] = useState(false);
  const reading = useHubQuery(
    resealsQuery,
    {},
    { pollWhile: ({ jobs }) => jobs.nodes.some(({ finishedAt }) => finishedAt === null) },
  );
  const [plan, run] = [useHubMutation(resealMutation), useHubMutation(resealMutation)];
  const answers = [plan.data?.resealSecrets, run.data?.resealSecrets];
  const problem = answers.find((answer) => answer && 'message' in answer);
  const variables = { input: { dryRun: false } };
  return (
    <section>
      <h2>Secrets and the master key</h2>
      <p className="muted">
        Credentials and other secrets are sealed with MASTER_KEY. After a change of it, those under a former key
        (MASTER_KEY_FALLBACKS) are sealed anew here, and then the former key can be removed.
      </p>
      <Answer reading={reading}>
        {({ jobs }) => {
          const [latest] = jobs.nodes;
          const planned = latest?.isDryRun && latest.result && 'resealedCount' in latest.result ? latest.result : null;
          return (
            <>
              {latest ? <Latest job={latest} /> : <p className="empty">Nothing was sealed anew yet. Plan it first.</p>}
              <div className="actions">
                <button
                  type="button"
                  disabled={plan.isPending || latest?.finishedAt === null}
                  onClick={() => plan.mutate({ input: { dryRun: true } })}
                >
                  Count secrets under former keys
                </button>
                {planned && planned.resealedCount > 0 ? (
                  <button type="button" className="primary" onClick={() => setIsConfirming(true)}>
                    Seal {count(planned.resealedCount)} secrets anew…
                  </button>
                ) : null}
              </div>
              <ProblemNote problem={plan.error ?? run.error ?? (problem && 'message' in problem ? problem : null)} />
              {isConfirming && planned ? (
                <Confirm
                  title={`Seal ${count(planned.resealedCount)} secrets anew`}
                  name={confirmWord}
                  action="Seal them"
                  isBusy={run.isPending}
                  onClose={() => setIsConfirming(false)}
                  onConfirm={() => run.mutate(variables, { onSuccess: () => setIsConfirming(false) })}
                >
                  <p>
                    They are sealed with the present MASTER_KEY in small steps, while everything goes on. All processes
                    have to run with it already.
                  </p>
                  <CopyOperation document={resealMutation} variables={variables} />
                </Confirm>
              ) : null}
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function Latest({ job }: { readonly job: Job }) {
  const { isDryRun, result, state, error, createdAt, finishedAt } = job;
  if (finishedAt === null)
    return (
      <>
        <p role="status">
          <State value={state} />
        </p>
        <JobProgress job={job} />
        <JobControls job={job} />
      </>
    );
  if (!result || !('resealedCount' in result))
    return (
      <p role="status">
        <State value={state} /> {error}
      </p>
    );
  const { resealedCount, unreadableCount } = result;
  return (
    <p className="note" role="status">
      {isDryRun
        ? resealedCount === 0
          ? 'All secrets are under the present key: MASTER_KEY_FALLBACKS can be removed.'
          : `${count(resealedCount)} secrets are under a former key.`
        : `${count(resealedCount)} secrets were sealed anew.`}{' '}
      {unreadableCount > 0 ? `${count(unreadableCount)} do not open with any key, and stay as they are. ` : ''}
      <Time at={createdAt} />
    </p>
  );
}
