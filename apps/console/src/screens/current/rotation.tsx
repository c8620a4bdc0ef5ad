import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { Time } from '../../parts/time.js';
import type { CurrentData } from './current.js';
import { Discard, Promote, Retire, RollBack } from './rotationActions.js';
import { Stage } from './stage.js';

const rotationQuery = graphql(`
  query CredentialRotation($id: ID!) {
    current(id: $id) {
      ... on Current {
        credentials {
          kind
          fields
        }
        credentialRotation {
          state
          stagedAt
          promotedAt
          firstDeliveredAt
          probationEndsAt
          credentials {
            kind
            fields
          }
          test {
            outcome
            detail
            testedAt
          }
        }
      }
    }
  }
`);

type Read = Extract<ResultOf<typeof rotationQuery>['current'], { readonly credentialRotation: unknown }>;
type Rotation = NonNullable<Read['credentialRotation']>;

/** Rotates the credentials of a Current without a gap, one step after the other. */
export function CredentialRotation({ current }: { readonly current: CurrentData }) {
  const reading = useHubQuery(rotationQuery, { id: current.id });
  const { destination, allowedActions } = current;
  if (!destination || !allowedActions.includes('UPDATE'))
    return <p className="empty">Its credentials cannot be changed in this state.</p>;
  return (
    <Answer reading={reading}>
      {({ current: read }) => {
        if (!('credentialRotation' in read)) return null;
        const { credentials, credentialRotation: rotation } = read;
        return (
          <>
            <p className="muted">
              New credentials are stored beside those in use, tested, and used once you say so. The former ones are kept
              for a while to go back to.
            </p>
            <dl className="facts">
              <dt>In use</dt>
              <dd>{nameOf(credentials)}</dd>
            </dl>
            <Steps rotation={rotation} />
            {rotation === null ? (
              <p>
                No rotation is under way. Make a new key at the destination, keep the old one valid, and stage the new
                one here.
              </p>
            ) : rotation.state === 'STAGED' ? (
              <Staged current={current} rotation={rotation} />
            ) : (
              <Probation current={current} rotation={rotation} />
            )}
            {rotation?.state === 'PROBATION' ? null : (
              <>
                <h2>{rotation ? 'Other credentials in place of the staged ones' : 'New credentials'}</h2>
                <Stage id={current.id} schema={destination.credentialsSchema} />
              </>
            )}
          </>
        );
      }}
    </Answer>
  );
}

function nameOf(credentials: { readonly kind: string | null; readonly fields: readonly string[] } | null): string {
  return credentials ? `${credentials.kind ?? 'stored'}: ${credentials.fields.join(', ')}` : 'none';
}

/** Where the rotation stands, among all that it consists of. */
function Steps({ rotation }: { readonly rotation: Rotation | null }) {
  const isPromoted = rotation?.state === 'PROBATION';
  const hasPassed = rotation?.test?.outcome === 'PASSED';
  const hasDelivered = rotation?.firstDeliveredAt != null;
  const doneCount = !rotation ? 0 : hasDelivered ? 4 : isPromoted ? 3 : hasPassed ? 2 : 1;
  const steps = [
    'Staged beside those in use',
    'Accepted by the destination in a test',
    'Used for all requests',
    'Proved by delivered events',
    'Former ones deleted',
  ];
  return (
    <ol aria-label="Steps of the rotation">
      {steps.map((step, index) => (
        <li key={step} aria-current={index === doneCount ? 'step' : undefined}>
          {step} <span className="muted">{index < doneCount ? 'done' : index === doneCount ? 'next' : ''}</span>
        </li>
      ))}
    </ol>
  );
}

const testMutation = graphql(`
  mutation TestStagedCredentials($input: TestStagedCredentialsInput!) {
    testStagedCredentials(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

interface OfOne {
  readonly current: Pick<CurrentData, 'id' | 'name'>;
  readonly rotation: Rotation;
}

function Staged({ current: { id, name }, rotation: { stagedAt, credentials, test } }: OfOne) {
  const [open, setOpen] = useState<'promote' | 'discard'>();
  const again = useHubMutation(testMutation);
  const answer = again.data?.testStagedCredentials;
  const close = (): void => setOpen(undefined);
  return (
    <>
      <p>
        Staged <Time at={stagedAt} />: {nameOf(credentials)}. Nothing is sent with them yet.
      </p>
      {test === null ? (
        <p role="status">They are not tested yet.</p>
      ) : (
        <p className={test.outcome === 'PASSED' ? 'note good' : 'note bad'} role="status">
          {test.outcome === 'PASSED'
            ? 'The destination accepts them'
            : test.outcome === 'REFUSED'
              ? 'The destination refuses them'
              : 'The destination could not be asked'}{' '}
          (<Time at={test.testedAt} />){test.detail === null ? '.' : `: ${test.detail}`}
        </p>
      )}
      <ProblemNote problem={again.error ?? (answer && 'message' in answer ? answer : null)} />
      <div className="actions">
        <button type="button" className="primary" onClick={() => setOpen('promote')}>
          Use them…
        </button>
        <button type="button" disabled={again.isPending} onClick={() => again.mutate({ input: { id } })}>
          Test again
        </button>
        <button type="button" className="danger" onClick={() => setOpen('discard')}>
          Discard…
        </button>
      </div>
      {open === 'promote' ? <Promote id={id} name={name} onClose={close} /> : null}
      {open === 'discard' ? <Discard id={id} name={name} onClose={close} /> : null}
    </>
  );
}

function Probation({ current: { id, name }, rotation }: OfOne) {
  const { promotedAt, firstDeliveredAt, probationEndsAt, credentials } = rotation;
  const [open, setOpen] = useState<'rollBack' | 'retire'>();
  const close = (): void => setOpen(undefined);
  return (
    <>
      <div className="note" role="status">
        <p>
          The new credentials are in use since <Time at={promotedAt} />.{' '}
          {firstDeliveredAt ? (
            <>
              The destination accepted events with them <Time at={firstDeliveredAt} />. A few minutes later you can
              revoke the old key there.
            </>
          ) : (
            'No event was delivered with them yet.'
          )}
        </p>
        <p>
          The former ones ({nameOf(credentials)}) are kept, and deleted <Time at={probationEndsAt} /> if events were
          delivered by then or a test passes. If the destination refuses the new ones, the Current goes back by itself.
        </p>
      </div>
      <div className="actions">
        <button type="button" onClick={() => setOpen('rollBack')}>
          Go back…
        </button>
        <button type="button" className="danger" onClick={() => setOpen('retire')}>
          Delete the former ones…
        </button>
      </div>
      {open === 'rollBack' ? <RollBack id={id} name={name} onClose={close} /> : null}
      {open === 'retire' ? <Retire id={id} name={name} onClose={close} /> : null}
    </>
  );
}
