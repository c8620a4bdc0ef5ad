import { useState, type FormEvent } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { fieldProblemsOf, ProblemNote } from '../../parts/problem.js';
import { SchemaForm, type Values } from '../../parts/schemaForm.js';
import type { CurrentData } from './current.js';

const updateMutation = graphql(`
  mutation UpdateCredentials($input: UpdateCurrentInput!) {
    updateCurrent(input: $input) {
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

/** Gives a Current other credentials. A blocked one is tried again at once. */
export function CredentialsForm({
  current: { id, name, version, destination, allowedActions },
}: {
  readonly current: Pick<CurrentData, 'id' | 'name' | 'version' | 'destination' | 'allowedActions'>;
}) {
  const [values, setValues] = useState<Values>({});
  const update = useHubMutation(updateMutation);
  if (!destination || !allowedActions.includes('UPDATE')) return null;
  const answer = update.data?.updateCurrent;
  const isDone = answer?.__typename === 'UpdateCurrentPayload';
  const problems = fieldProblemsOf(answer);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    update.mutate(
      { input: { id, confirmName: name, ifVersion: version, credentials: values } },
      { onSuccess: (data) => data.updateCurrent.__typename === 'UpdateCurrentPayload' && setValues({}) },
    );
  };
  return (
    <form onSubmit={submit}>
      <SchemaForm
        schema={destination.credentialsSchema}
        values={values}
        problems={problems}
        isSecret
        onChange={setValues}
      />
      {update.error ? <ProblemNote problem={update.error} /> : null}
      {answer && !isDone && 'message' in answer ? <ProblemNote problem={answer} /> : null}
      {isDone ? (
        <p className="note good" role="status">
          The new credentials are stored, and used from now on.
        </p>
      ) : null}
      <div className="actions">
        <button type="submit" disabled={update.isPending}>
          Use these credentials
        </button>
      </div>
    </form>
  );
}
