import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { ProblemNote } from '../../parts/problem.js';
import { Json } from '../../parts/json.js';

const sendMutation = graphql(`
  mutation SendTestEvent($input: SendTestEventInput!) {
    sendTestEvent(input: $input) {
      __typename
      ... on SendTestEventPayload {
        eventId
        warning
        response {
          status
          body
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Sends one sample, and shows what the destination answered. */
export function TestEvent({ id, eventTypes }: { readonly id: string; readonly eventTypes: readonly string[] }) {
  const [chosen, setChosen] = useState('');
  const send = useHubMutation(sendMutation);
  const answer = send.data?.sendTestEvent;
  return (
    <>
      <p className="muted">
        Sends one sample at once. At the destination it has the property <code>currents_test</code> and the user{' '}
        <code>currents-test-user</code>. It is in no count of events.
      </p>
      <Field label="Event type">
        {(field) => (
          <select id={field} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">The first one that is supported</option>
            {eventTypes.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
      <div className="actions">
        <button
          type="button"
          disabled={send.isPending}
          onClick={() => send.mutate({ input: { currentId: id, eventTypeName: chosen || null } })}
        >
          Send a test event
        </button>
      </div>
      {send.error ? <ProblemNote problem={send.error} /> : null}
      {answer?.__typename === 'SendTestEventPayload' ? (
        <>
          <p className={answer.warning ? 'note warn' : 'note good'} role="status">
            {answer.warning ?? 'The destination accepted it.'} Its id is <code>{answer.eventId}</code>.
          </p>
          {answer.response ? <Json value={`${answer.response.status} ${answer.response.body}`} label="Answer" /> : null}
        </>
      ) : answer && 'message' in answer ? (
        <ProblemNote problem={answer} />
      ) : null}
    </>
  );
}
