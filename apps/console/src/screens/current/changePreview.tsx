import { graphql, type ResultOf, type VariablesOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { Table } from '../../parts/table.js';
import { FieldProblems } from './confirmUpdate.js';

const changeQuery = graphql(`
  query PreviewChange($input: PreviewInput!) {
    previewSelection(input: $input, lastEvents: 200) {
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
      ... on SelectionPreview {
        examinedCount
        eventTypes {
          eventTypeName
          lastDayCount
          stored {
            sent
            skipped {
              code
              eventCount
            }
            rejected {
              code
              eventCount
            }
          }
          draft {
            sent
            skipped {
              code
              eventCount
            }
            rejected {
              code
              eventCount
            }
          }
        }
      }
    }
  }
`);

type Shown = Extract<ResultOf<typeof changeQuery>['previewSelection'], { readonly __typename: 'SelectionPreview' }>;
type Row = Shown['eventTypes'][number];
type Counts = Row['draft'];

/** How the last events would end after a change, beside how they end now. Nothing is sent or stored. */
export function ChangePreview({ input }: { readonly input: VariablesOf<typeof changeQuery>['input'] }) {
  const reading = useHubQuery(changeQuery, { input }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ previewSelection: preview }) => {
        if (preview.__typename !== 'SelectionPreview')
          return (
            <>
              <ProblemNote problem={preview} />
              {'problems' in preview ? <FieldProblems problems={preview.problems} /> : null}
            </>
          );
        if (preview.examinedCount === 0)
          return <p className="muted">No events are stored yet, so the change has nothing to be tried on.</p>;
        return <Differences preview={preview} />;
      }}
    </Answer>
  );
}

function Differences({ preview: { examinedCount, eventTypes } }: { readonly preview: Shown }) {
  const changed = eventTypes.filter(({ stored, draft }) => stored === null || describe(stored) !== describe(draft));
  const same = eventTypes.length - changed.length;
  return (
    <>
      <p className="muted">
        Of the last {count(examinedCount)} events.{' '}
        {same > 0 ? `${count(same)} event types end as they do now and are left out.` : ''}
      </p>
      <Table
        caption="How the last events end now and after the change"
        rows={changed}
        keyOf={({ eventTypeName }) => eventTypeName}
        empty={<p>All of them end as they do now.</p>}
        columns={[
          { title: 'Event type', cell: ({ eventTypeName }) => <code>{eventTypeName}</code> },
          {
            title: 'Last day',
            about: 'Events of the type that the hub accepted in the last 24 hours',
            isNumber: true,
            cell: ({ lastDayCount }) => count(lastDayCount),
          },
          {
            title: 'Now',
            about: 'Of the examined events',
            cell: ({ stored }) => (stored ? describe(stored) : 'not known'),
          },
          { title: 'After the change', about: 'Of the examined events', cell: ({ draft }) => describe(draft) },
        ]}
      />
    </>
  );
}

/** Such as "12 sent, 3 skipped (no_external_user_id)". */
function describe({ sent, skipped, rejected }: Counts): string {
  const reasons = (word: string, ends: Counts['skipped']) =>
    ends.map(({ code, eventCount }) => `${count(eventCount)} ${word} (${code})`);
  return [`${count(sent)} sent`, ...reasons('skipped', skipped), ...reasons('rejected', rejected)].join(', ');
}
