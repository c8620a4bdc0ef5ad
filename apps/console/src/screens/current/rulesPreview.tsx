import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { Json } from '../../parts/json.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { words } from '../../parts/state.js';
import { FieldProblems } from './confirmUpdate.js';
import { rulesPreviewQuery, type Rule } from './fieldRules.js';

/** Stored events to choose from: one of each type and way to end. */
const examplesQuery = graphql(`
  query RuleExamples($input: PreviewInput!) {
    previewSelection(input: $input, lastEvents: 200) {
      ... on SelectionPreview {
        examples {
          eventId
          eventTypeName
        }
      }
    }
  }
`);

interface Rules {
  readonly isWithoutContactDetails: boolean;
  readonly rules: readonly Rule[];
}

/** A stored event as it is sent now, beside what the edited rules make of it; a sample where no event is stored. */
export function RulesPreview({
  currentId,
  eventTypes,
  fieldRules,
}: {
  readonly currentId: string;
  readonly eventTypes: readonly string[];
  readonly fieldRules: Rules;
}) {
  const [eventId, setEventId] = useState('');
  // With rules that are given, so that it answers also while the stored ones cannot be read.
  const input = { currentId, fieldRules: { isWithoutContactDetails: false, rules: [] } };
  const reading = useHubQuery(examplesQuery, { input }, { isLive: false });
  return (
    <Answer reading={reading}>
      {({ previewSelection }) => {
        const examples = 'examples' in previewSelection ? previewSelection.examples : [];
        const [sampleOf] = eventTypes;
        const chosen = eventId || examples[0]?.eventId;
        if (chosen === undefined && sampleOf === undefined)
          return <p className="empty">No event can be shown: the Current selects no event type.</p>;
        return (
          <>
            {examples.length === 0 ? (
              <p className="muted">No event of the Current is stored yet, so this is a sample.</p>
            ) : (
              <Field label="Event" about="Of the last 200 events, one of each type and way to end.">
                {(id, describedBy) => (
                  <select
                    id={id}
                    aria-describedby={describedBy}
                    value={chosen}
                    onChange={(event) => setEventId(event.target.value)}
                  >
                    {examples.map((example) => (
                      <option key={example.eventId} value={example.eventId}>
                        {example.eventTypeName} {example.eventId}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            )}
            <BeforeAndAfter
              currentId={currentId}
              fieldRules={fieldRules}
              source={chosen === undefined ? { sampleOf: sampleOf ?? '' } : { eventId: chosen }}
            />
          </>
        );
      }}
    </Answer>
  );
}

function BeforeAndAfter({
  currentId,
  fieldRules: { isWithoutContactDetails, rules },
  source,
}: {
  readonly currentId: string;
  readonly fieldRules: Rules;
  readonly source: { readonly sampleOf: string } | { readonly eventId: string };
}) {
  const after = { currentId, fieldRules: { isWithoutContactDetails, rules: [...rules] } };
  const reading = useHubQuery(rulesPreviewQuery, { before: { currentId }, after, source }, { isLive: false });
  return (
    <Answer reading={reading}>
      {(preview) => (
        <div className="payloads">
          <Side title="As it is sent now" preview={preview.before} />
          <Side title="With these rules" preview={preview.after} />
        </div>
      )}
    </Answer>
  );
}

type Preview = ResultOf<typeof rulesPreviewQuery>['before' | 'after'];

function Side({ title, preview }: { readonly title: string; readonly preview: Preview }) {
  return (
    <section>
      <h3>{title}</h3>
      {preview.__typename === 'EventPreview' ? (
        <>
          <p>
            {words(preview.verdict)}
            {(preview.detail ?? preview.reason) ? `: ${preview.detail ?? preview.reason?.description}` : ''}
          </p>
          {preview.request ? <Json value={parsed(preview.request.body)} label={title} /> : null}
        </>
      ) : (
        <>
          <ProblemNote problem={preview} />
          {'problems' in preview ? <FieldProblems problems={preview.problems} /> : null}
        </>
      )}
    </section>
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
