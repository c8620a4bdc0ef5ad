import { useState, type FormEvent } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { fieldProblemsOf, ProblemNote } from '../../parts/problem.js';
import { isComplete, SchemaForm, type JsonSchema, type Values } from '../../parts/schemaForm.js';

const stageMutation = graphql(`
  mutation StageCredentials($input: StageCredentialsInput!) {
    stageCredentials(input: $input) {
      __typename
      ... on InputInvalid {
        problems {
          path
          message
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Stores new credentials beside those in use, and has the destination test them. */
export function Stage({ id, schema }: { readonly id: string; readonly schema: JsonSchema }) {
  const [values, setValues] = useState<Values>({});
  const stage = useHubMutation(stageMutation);
  const answer = stage.data?.stageCredentials;
  const problems = fieldProblemsOf(answer);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    stage.mutate(
      { input: { id, credentials: values } },
      { onSuccess: (data) => data.stageCredentials.__typename === 'StageCredentialsPayload' && setValues({}) },
    );
  };
  return (
    <form onSubmit={submit} aria-label="New credentials">
      <SchemaForm schema={schema} values={values} problems={problems} isSecret onChange={setValues} />
      <ProblemNote problem={stage.error ?? (answer && 'message' in answer ? answer : null)} />
      <div className="actions">
        <button type="submit" className="primary" disabled={stage.isPending || !isComplete(schema, values)}>
          Stage and test them
        </button>
      </div>
    </form>
  );
}
