import { useEffect, useState } from 'react';
import { ask, graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { ProblemNote } from '../parts/problem.js';

const testMutation = graphql(`
  mutation TestDraftCredentials($input: TestCredentialsInput!) {
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

type Result = ResultOf<typeof testMutation>['testCredentials'];

/** So long after the last change, in milliseconds: a key is pasted or typed by then. */
const quietMs = 800;

/** Asks the destination whether it accepts these credentials, some time after each change. Nothing of them is stored. */
export function CredentialsTest({
  input,
  isComplete,
}: {
  readonly input: VariablesOf<typeof testMutation>['input'];
  /** Whether all that is required is there; nothing is tested before. */
  readonly isComplete: boolean;
}) {
  const [tested, setTested] = useState<{ readonly key: string; readonly result: Result | Error }>();
  const key = JSON.stringify(input);
  useEffect(() => {
    if (!isComplete) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask(testMutation, { input }, { signal: abort.signal }).then(
        ({ testCredentials }) => setTested({ key, result: testCredentials }),
        (error: unknown) => {
          if (!abort.signal.aborted) setTested({ key, result: error as Error });
        },
      );
    }, quietMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // The input is compared by value.
  }, [key, isComplete]);

  if (!isComplete) return <p className="muted">They are tested as soon as all fields are filled in.</p>;
  if (tested?.key !== key) return <p role="status">Testing…</p>;
  const { result } = tested;
  if ('__typename' in result && result.__typename === 'TestCredentialsPayload')
    return (
      <p className="note good" role="status">
        {result.message}
      </p>
    );
  return <ProblemNote problem={result} />;
}
