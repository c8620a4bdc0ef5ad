import { useState, type ReactNode } from 'react';
import { graphql, type VariablesOf } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { fieldProblemsOf, ProblemNote } from '../../parts/problem.js';
import { SchemaForm, type JsonSchema, type Values } from '../../parts/schemaForm.js';

const updateMutation = graphql(`
  mutation UpdateCurrent($input: UpdateCurrentInput!) {
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

export type CurrentChange = Omit<
  VariablesOf<typeof updateMutation>['input'],
  'id' | 'ifVersion' | 'confirmName' | 'credentials'
>;

/** Changes a Current once its name is typed, unless it was changed since the version that the change is based on. */
export function ConfirmUpdate({
  current: { id, name, version },
  change,
  credentialsSchema,
  onDone,
  onClose,
  children,
}: {
  /** As it was when the change was begun. */
  readonly current: { readonly id: string; readonly name: string; readonly version: number };
  readonly change: CurrentChange;
  /** Of the destination: some changes need the credentials beside them, and the hub says which. */
  readonly credentialsSchema?: JsonSchema | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
  /** What the change means. */
  readonly children: ReactNode;
}) {
  const update = useHubMutation(updateMutation);
  const [credentials, setCredentials] = useState<Values>({});
  const answer = update.data?.updateCurrent;
  const problems = fieldProblemsOf(answer);
  const asksForCredentials = problems.has('credentials') || Object.keys(credentials).length > 0;
  const variables = { input: { ...change, id, ifVersion: version, confirmName: name } };
  const given = Object.keys(credentials).length > 0 ? { input: { ...variables.input, credentials } } : variables;
  return (
    <Confirm
      title={`Change ${name}`}
      name={name}
      action="Change it"
      isBusy={update.isPending}
      onClose={onClose}
      onConfirm={() =>
        update.mutate(given, {
          onSuccess: (data) => data.updateCurrent.__typename === 'UpdateCurrentPayload' && onDone(),
        })
      }
    >
      {children}
      <ProblemNote problem={update.error ?? (answer && 'message' in answer ? answer : null)} />
      {answer && 'problems' in answer ? <FieldProblems problems={answer.problems} /> : null}
      {asksForCredentials && credentialsSchema ? (
        <fieldset>
          <legend>Credentials</legend>
          <SchemaForm
            schema={credentialsSchema}
            values={credentials}
            problems={problems}
            isSecret
            onChange={setCredentials}
          />
        </fieldset>
      ) : null}
      <CopyOperation document={updateMutation} variables={variables} />
    </Confirm>
  );
}

/** What is wrong with an input, by field. */
export function FieldProblems({
  problems,
}: {
  readonly problems: readonly { readonly path: readonly string[]; readonly message: string }[];
}) {
  return (
    <ul>
      {problems.map(({ path, message }) => (
        <li key={`${path.join('.')} ${message}`}>
          <code>{path.join('.')}</code>: {message}
        </li>
      ))}
    </ul>
  );
}
