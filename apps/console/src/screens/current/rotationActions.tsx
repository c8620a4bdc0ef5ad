import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { Field } from '../../parts/field.js';
import { ProblemNote } from '../../parts/problem.js';

interface ActionProps {
  readonly id: string;
  readonly name: string;
  readonly onClose: () => void;
}

const promoteMutation = graphql(`
  mutation PromoteStagedCredentials($input: PromoteStagedCredentialsInput!) {
    promoteStagedCredentials(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Uses the staged credentials. They are tested again before. */
export function Promote({ id, name, onClose }: ActionProps) {
  const [minutes, setMinutes] = useState('60');
  const [skipTest, setSkipTest] = useState(false);
  const promote = useHubMutation(promoteMutation);
  const answer = promote.data?.promoteStagedCredentials;
  const variables = { input: { id, probationMinutes: Number(minutes), skipTest } };
  return (
    <Confirm
      title="Use the staged credentials"
      name={name}
      action="Use them"
      isBusy={promote.isPending}
      onClose={onClose}
      onConfirm={() =>
        promote.mutate(variables, {
          onSuccess: (data) =>
            data.promoteStagedCredentials.__typename === 'PromoteStagedCredentialsPayload' && onClose(),
        })
      }
    >
      <p>
        They are tested once more, and used from the next request on; requests under way finish with the former ones. If
        the destination refuses them during the probation, the Current goes back to the former ones at once: it is not
        blocked, and no event is lost.
      </p>
      <Field label="Probation (minutes)" about="So long the former credentials are kept to go back to: 1 to 10,080.">
        {(field, describedBy) => (
          <input
            id={field}
            type="number"
            aria-describedby={describedBy}
            required
            min={1}
            max={10_080}
            value={minutes}
            onChange={(event) => setMinutes(event.target.value)}
          />
        )}
      </Field>
      <label className="choice">
        <input type="checkbox" checked={skipTest} onChange={(event) => setSkipTest(event.target.checked)} />
        Also when the destination cannot be asked now. What it has refused is not used all the same.
      </label>
      <ProblemNote problem={promote.error ?? (answer && 'message' in answer ? answer : null)} />
      <CopyOperation document={promoteMutation} variables={variables} />
    </Confirm>
  );
}

const rollBackMutation = graphql(`
  mutation RollBackCredentials($input: RollBackCredentialsInput!) {
    rollBackCredentials(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function RollBack({ id, name, onClose }: ActionProps) {
  const rollBack = useHubMutation(rollBackMutation);
  const answer = rollBack.data?.rollBackCredentials;
  const variables = { input: { id } };
  return (
    <Confirm
      title="Go back to the former credentials"
      name={name}
      action="Go back"
      isBusy={rollBack.isPending}
      onClose={onClose}
      onConfirm={() =>
        rollBack.mutate(variables, {
          onSuccess: (data) => data.rollBackCredentials.__typename === 'RollBackCredentialsPayload' && onClose(),
        })
      }
    >
      <p>The former credentials are used from the next request on. The new ones are staged again.</p>
      <ProblemNote problem={rollBack.error ?? (answer && 'message' in answer ? answer : null)} />
      <CopyOperation document={rollBackMutation} variables={variables} />
    </Confirm>
  );
}

const retireMutation = graphql(`
  mutation RetireFormerCredentials($input: RetireFormerCredentialsInput!) {
    retireFormerCredentials(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function Retire({ id, name, onClose }: ActionProps) {
  const retire = useHubMutation(retireMutation);
  const answer = retire.data?.retireFormerCredentials;
  const variables = { input: { id, confirmName: name } };
  return (
    <Confirm
      title="Delete the former credentials"
      name={name}
      action="Delete them"
      isBusy={retire.isPending}
      onClose={onClose}
      onConfirm={() =>
        retire.mutate(variables, {
          onSuccess: (data) =>
            data.retireFormerCredentials.__typename === 'RetireFormerCredentialsPayload' && onClose(),
        })
      }
    >
      <p>The probation ends, and the Current cannot go back to them. This cannot be undone.</p>
      <ProblemNote problem={retire.error ?? (answer && 'message' in answer ? answer : null)} />
      <CopyOperation document={retireMutation} variables={variables} />
    </Confirm>
  );
}

const discardMutation = graphql(`
  mutation DiscardStagedCredentials($input: DiscardStagedCredentialsInput!) {
    discardStagedCredentials(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function Discard({ id, name, onClose }: ActionProps) {
  const discard = useHubMutation(discardMutation);
  const answer = discard.data?.discardStagedCredentials;
  const variables = { input: { id } };
  return (
    <Confirm
      title="Discard the staged credentials"
      name={name}
      action="Discard them"
      isBusy={discard.isPending}
      onClose={onClose}
      onConfirm={() =>
        discard.mutate(variables, {
          onSuccess: (data) =>
            data.discardStagedCredentials.__typename === 'DiscardStagedCredentialsPayload' && onClose(),
        })
      }
    >
      <p>They are deleted. The Current goes on with those that it uses.</p>
      <ProblemNote problem={discard.error ?? (answer && 'message' in answer ? answer : null)} />
      <CopyOperation document={discardMutation} variables={variables} />
    </Confirm>
  );
}
