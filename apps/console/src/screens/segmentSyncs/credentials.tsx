import { useState, type FormEvent } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { fieldProblemsOf, problemOf, ProblemNote } from '../../parts/problem.js';
import { isComplete, SchemaForm, type JsonSchema, type Values } from '../../parts/schemaForm.js';
import type { SyncData } from './sync.js';

const updateMutation = graphql(`
  mutation UpdateSegmentSync($input: UpdateSegmentSyncInput!) {
    updateSegmentSync(input: $input) {
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

/** Gives a sync other credentials, once its name is typed. A blocked one is tried again at once. */
export function NewCredentials({
  sync: { id, objectName },
  schema,
}: {
  readonly sync: Pick<SyncData, 'id' | 'objectName'>;
  readonly schema: JsonSchema;
}) {
  const [values, setValues] = useState<Values>({});
  const [isConfirming, setIsConfirming] = useState(false);
  const update = useHubMutation(updateMutation);
  const answer = update.data?.updateSegmentSync;
  const isDone = answer?.__typename === 'UpdateSegmentSyncPayload';
  const problems = fieldProblemsOf(answer);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsConfirming(true);
  };
  return (
    <>
      <form onSubmit={submit} aria-label="New credentials">
        <SchemaForm schema={schema} values={values} problems={problems} isSecret onChange={setValues} />
        <ProblemNote problem={problemOf(update.error, answer)} />
        {isDone ? (
          <p className="note good" role="status">
            The new credentials are stored, and used from now on.
          </p>
        ) : null}
        <div className="actions">
          <button type="submit" disabled={update.isPending || !isComplete(schema, values)}>
            Use these credentials…
          </button>
        </div>
      </form>
      {isConfirming ? (
        <Confirm
          title="Use new credentials"
          name={objectName}
          action="Use them"
          isBusy={update.isPending}
          onClose={() => setIsConfirming(false)}
          onConfirm={() =>
            update.mutate(
              { input: { id, confirmName: objectName, credentials: values } },
              {
                onSettled: () => setIsConfirming(false),
                onSuccess: (data) => data.updateSegmentSync.__typename === 'UpdateSegmentSyncPayload' && setValues({}),
              },
            )
          }
        >
          <p>
            They are used from the next request on. The former ones are lost. A blocked sync is tried again at once.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
