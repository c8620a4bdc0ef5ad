import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Json } from '../../parts/json.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State, words } from '../../parts/state.js';
import type { TracedEvent } from './find.js';

/** What came in, beside what a Current makes of it. */
export function Payloads({ id, event }: { readonly id: string; readonly event: TracedEvent }) {
  const body = event.event ?? event.quarantinedEvent?.body ?? null;
  const currents = [
    ...new Map(
      [...event.deliveries.map(({ current }) => current), ...event.unselectedCurrents].map((current) => [
        current.id,
        current,
      ]),
    ).values(),
  ];
  return (
    <div className="payloads">
      <section>
        <h3>What came in</h3>
        {body === null ? (
          <p>
            Its body is not kept
            {event.quarantinedEvent ? ` (${words(event.quarantinedEvent.bodyState).toLowerCase()})` : ''}.
          </p>
        ) : (
          <Json value={body} label="Event as it came in" />
        )}
      </section>
      {event.event !== null && currents.length > 0 ? <PayloadOut id={id} currents={currents} /> : null}
    </div>
  );
}

const previewQuery = graphql(`
  query PreviewOfEvent($currentId: ID!, $eventId: String!) {
    previewEvent(input: { currentId: $currentId }, source: { eventId: $eventId }) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on EventPreview {
        verdict
        detail
        reason {
          code
          description
        }
        request {
          method
          url
          body
        }
      }
    }
  }
`);

type Preview = Extract<ResultOf<typeof previewQuery>['previewEvent'], { readonly __typename: 'EventPreview' }>;

function PayloadOut({
  id,
  currents,
}: {
  readonly id: string;
  readonly currents: readonly { readonly id: string; readonly name: string }[];
}) {
  const [chosen, setChosen] = useState(currents[0]?.id ?? '');
  return (
    <section>
      <h3>What goes out, as the Current is now</h3>
      <label>
        To{' '}
        <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {currents.map((current) => (
            <option key={current.id} value={current.id}>
              {current.name}
            </option>
          ))}
        </select>
      </label>
      <RequestTo key={chosen} id={id} currentId={chosen} />
    </section>
  );
}

function RequestTo({ id, currentId }: { readonly id: string; readonly currentId: string }) {
  const reading = useHubQuery(previewQuery, { currentId, eventId: id }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ previewEvent }) =>
        previewEvent.__typename === 'EventPreview' ? (
          <Request preview={previewEvent} />
        ) : (
          <ProblemNote problem={previewEvent} />
        )
      }
    </Answer>
  );
}

function Request({ preview: { verdict, detail, reason, request } }: { readonly preview: Preview }) {
  return (
    <>
      <p>
        <State value={verdict} /> {reason ? `${reason.code}: ${reason.description}` : ''} {detail}
      </p>
      {request ? (
        <>
          <p className="reason">
            <code>
              {request.method} {request.url}
            </code>
          </p>
          <Json value={readable(request.body)} label="Request to the destination" />
        </>
      ) : null}
    </>
  );
}

/** A body of JSON with its lines; another as it is. */
function readable(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
