import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { ProblemNote } from '../../parts/problem.js';

const testMutation = graphql(`
  mutation SendTestNotice($input: SendTestNoticeInput!) {
    sendTestNotice(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Sends a notice on the way that every other one takes. */
export function TestNotice({ currentId }: { readonly currentId: string | null }) {
  const test = useHubMutation(testMutation);
  const answer = test.data?.sendTestNotice;
  return (
    <section>
      <h2>Test</h2>
      <p className="muted">
        {currentId === null
          ? 'Goes to where notices about the whole hub go, muted or not.'
          : 'Goes to the contact of the chosen Current, muted or not.'}
      </p>
      <div className="actions">
        <button type="button" disabled={test.isPending} onClick={() => test.mutate({ input: { currentId } })}>
          Send a test notice
        </button>
      </div>
      <ProblemNote problem={test.error ?? (answer && 'message' in answer ? answer : null)} />
      {answer?.__typename === 'SendTestNoticePayload' ? (
        <p className="note good" role="status">
          It is on its way. The list above shows what comes of it.
        </p>
      ) : null}
    </section>
  );
}
