import { ask, graphql, type VariablesOf } from '../hub/graphql.js';
import { TestAsTyped } from '../parts/testAsTyped.js';

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

type Input = VariablesOf<typeof testMutation>['input'];

/** Asks the destination whether it accepts these credentials, some time after each change. Nothing of them is stored. */
export function CredentialsTest(props: { readonly input: Input; readonly isComplete: boolean }) {
  return <TestAsTyped {...props} passed="TestCredentialsPayload" test={test} />;
}

async function test(input: Input, signal: AbortSignal) {
  return (await ask(testMutation, { input }, { signal })).testCredentials;
}
