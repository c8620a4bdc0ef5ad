import { useState } from 'react';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useHubQuery } from '../hub/useHub.js';
import { Code } from '../parts/code.js';
import { Json } from '../parts/json.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';

const requestFields = graphql(`
  fragment RequestFields on PartnerRequest @_unmask {
    method
    url
    headers {
      name
      value
    }
    body
    isCompressed
  }
`);

const selectionQuery = graphql(
  `
    query PreviewSelection($input: PreviewInput!) {
      previewSelection(input: $input, lastEvents: 200) {
        __typename
        ... on Problem {
          message
          remedy
        }
        ... on SelectionPreview {
          examinedCount
          eventTypes {
            eventTypeName
            lastDayCount
            draft {
              sent
              notSelected
              skipped {
                code
                description
                eventCount
              }
              rejected {
                code
                description
                eventCount
              }
            }
          }
          examples {
            eventId
            eventTypeName
            verdict
            detail
            reason {
              description
            }
            request {
              ...RequestFields
            }
          }
        }
      }
    }
  `,
  [requestFields],
);

const sampleQuery = graphql(
  `
    query PreviewSample($input: PreviewInput!, $sampleOf: String!) {
      previewEvent(input: $input, source: { sampleOf: $sampleOf }) {
        __typename
        ... on Problem {
          message
          remedy
        }
        ... on EventPreview {
          verdict
          detail
          reason {
            description
          }
          request {
            ...RequestFields
          }
        }
      }
    }
  `,
  [requestFields],
);

type Input = VariablesOf<typeof selectionQuery>['input'];
type Shown = Extract<ResultOf<typeof selectionQuery>['previewSelection'], { readonly __typename: 'SelectionPreview' }>;

const verdicts = {
  SENT: 'sent',
  NOT_SELECTED: 'not selected',
  SKIPPED: 'skipped',
  REJECTED: 'rejected',
  QUARANTINED: 'quarantined',
} as const;

interface PreviewProps {
  readonly input: Input;
  /** A selected event type, for when no events are stored. */
  readonly sampleOf: string | undefined;
}

/** What the last events would look like at the destination. Reads them when it is asked to; a change of input asks again. */
export function Preview(props: PreviewProps) {
  const [askedFor, setAskedFor] = useState<string>();
  const key = JSON.stringify(props);
  return (
    <>
      <div className="actions">
        <button type="button" onClick={() => setAskedFor(key)}>
          Preview the last events
        </button>
      </div>
      {askedFor === key ? <Loaded key={key} {...props} /> : null}
    </>
  );
}

function Loaded({ input, sampleOf }: PreviewProps) {
  const reading = useHubQuery(selectionQuery, { input }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ previewSelection: preview }) =>
        preview.__typename !== 'SelectionPreview' ? (
          <ProblemNote problem={preview} />
        ) : preview.examinedCount > 0 ? (
          <Events preview={preview} />
        ) : (
          <>
            <p className="muted">No events are stored yet.</p>
            {sampleOf === undefined ? null : <Sample input={input} sampleOf={sampleOf} />}
          </>
        )
      }
    </Answer>
  );
}

function Events({ preview: { examinedCount, eventTypes, examples } }: { readonly preview: Shown }) {
  const ends = (reasons: Shown['eventTypes'][number]['draft']['skipped']) =>
    reasons.length === 0 ? '0' : reasons.map((reason) => <Reason key={reason.code} reason={reason} />);
  return (
    <>
      <p className="muted">
        Of the last {count(examinedCount)} events, by type. The destination may still refuse what is sent.
      </p>
      <Table
        caption="What the last events would become"
        rows={eventTypes}
        keyOf={({ eventTypeName }) => eventTypeName}
        empty={null}
        columns={[
          { title: 'Event type', cell: ({ eventTypeName }) => <Code text={eventTypeName} /> },
          { title: 'Last day', isNumber: true, cell: ({ lastDayCount }) => count(lastDayCount) },
          { title: 'Sent', isNumber: true, cell: ({ draft }) => count(draft.sent) },
          { title: 'Not selected', isNumber: true, cell: ({ draft }) => count(draft.notSelected) },
          { title: 'Skipped', cell: ({ draft }) => ends(draft.skipped) },
          { title: 'Rejected', cell: ({ draft }) => ends(draft.rejected) },
        ]}
      />
      {examples.map(({ eventId, eventTypeName, verdict, reason, detail, request }) => (
        <details key={eventId}>
          <summary>
            <code>{eventTypeName}</code> {verdicts[verdict]}
          </summary>
          <p>{detail ?? reason?.description ?? ''}</p>
          {request ? <Request request={request} /> : null}
        </details>
      ))}
    </>
  );
}

function Reason({
  reason: { description, eventCount },
}: {
  readonly reason: { description: string; eventCount: number };
}) {
  return (
    <div>
      {count(eventCount)}: {description}
    </div>
  );
}

function Sample({ input, sampleOf }: { readonly input: Input; readonly sampleOf: string }) {
  const reading = useHubQuery(sampleQuery, { input, sampleOf }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ previewEvent: preview }) =>
        preview.__typename !== 'EventPreview' ? (
          <ProblemNote problem={preview} />
        ) : (
          <>
            <p>
              A sample of <code>{sampleOf}</code> would be {verdicts[preview.verdict]}.{' '}
              {preview.detail ?? preview.reason?.description ?? ''}
            </p>
            {preview.request ? <Request request={preview.request} /> : null}
          </>
        )
      }
    </Answer>
  );
}

/** A request to a destination, as it is before compression. */
export function Request({ request }: { readonly request: ResultOf<typeof requestFields> }) {
  const { method, url, headers, body, isCompressed } = request;
  return (
    <>
      <p>
        <code>
          {method} {url}
        </code>
        {isCompressed ? <span className="muted"> compressed on its way</span> : null}
      </p>
      <ul className="names">
        {headers.map(({ name, value }) => (
          <li key={name}>
            <code>
              {name}: {value}
            </code>
          </li>
        ))}
      </ul>
      <Json value={parsed(body)} label="Request body" />
    </>
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
