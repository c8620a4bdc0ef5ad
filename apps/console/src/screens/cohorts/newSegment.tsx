import { useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { useRested } from '../../hub/useRested.js';
import { Field } from '../../parts/field.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { goTo } from '../../routing.js';
import { definitionOf, type Condition, type Draft } from './definition.js';
import { nameOf } from './segment.js';

const cohortsQuery = graphql(`
  query CohortChoices {
    cohorts(first: 200, orderBy: { field: NAME, direction: ASC }) {
      nodes {
        id
        name
        memberCount
      }
    }
  }
`);

const previewQuery = graphql(`
  query PreviewSegment($definition: SegmentDefinitionInput!) {
    previewSegment(definition: $definition) {
      __typename
      ... on SegmentPreview {
        memberCount
        examples {
          externalId
          deviceId
          alias {
            label
            name
          }
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const createMutation = graphql(`
  mutation CreateSegment($input: CreateSegmentInput!) {
    createSegment(input: $input) {
      __typename
      ... on CreateSegmentPayload {
        segment {
          id
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

type Cohorts = ResultOf<typeof cohortsQuery>['cohorts']['nodes'];

const first: Condition = { is: 'includes', cohortId: '' };

/** Combines cohorts into a segment, and counts meanwhile whom it has. */
export function NewSegment() {
  const reading = useHubQuery(cohortsQuery, {}, { isLive: false });
  return (
    <>
      <h1>New segment</h1>
      <p className="muted">A segment has the users that are in some cohorts and not in others.</p>
      <Answer reading={reading}>
        {({ cohorts }) =>
          cohorts.nodes.length === 0 ? (
            <div className="empty">
              <p>
                No cohort is here to build on. Create a data import key under <Link href="/keys">Keys</Link>, and give
                it to Mixpanel or Amplitude.
              </p>
            </div>
          ) : (
            <Builder cohorts={cohorts.nodes} />
          )
        }
      </Answer>
    </>
  );
}

function Builder({ cohorts }: { readonly cohorts: Cohorts }) {
  const [name, setName] = useState('');
  const [draft, setDraft] = useState<Draft>({ match: 'all', conditions: [first] });
  const create = useHubMutation(createMutation);
  const definition = definitionOf(draft);
  const answer = create.data?.createSegment;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!definition) return;
    create.mutate(
      { input: { name, definition } },
      {
        onSuccess: ({ createSegment: done }) => {
          if ('segment' in done) goTo(`/cohorts/segments/${done.segment.id}`);
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Field label="Name">
        {(id) => (
          <input
            id={id}
            required
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <fieldset>
        <legend>Users for whom</legend>
        <label>
          <select
            value={draft.match}
            aria-label="How conditions are combined"
            onChange={(event) => setDraft({ ...draft, match: event.target.value as Draft['match'] })}
          >
            <option value="all">all of these hold</option>
            <option value="any">any of these holds</option>
          </select>
        </label>
        {draft.conditions.map((condition, index) => (
          <ConditionRow
            key={index}
            number={index + 1}
            cohorts={cohorts}
            condition={condition}
            onChange={(next) => setDraft({ ...draft, conditions: draft.conditions.with(index, next) })}
            onRemove={
              draft.conditions.length === 1
                ? undefined
                : () => setDraft({ ...draft, conditions: draft.conditions.toSpliced(index, 1) })
            }
          />
        ))}
        <button type="button" onClick={() => setDraft({ ...draft, conditions: [...draft.conditions, first] })}>
          Add a condition
        </button>
      </fieldset>
      {definition ? <Preview definition={definition} /> : <p className="muted">Choose a cohort to see whom it has.</p>}
      <ProblemNote problem={create.error ?? (answer && 'message' in answer ? answer : null)} />
      <div className="actions">
        <button type="submit" className="primary" disabled={create.isPending || !definition}>
          Create segment
        </button>
      </div>
    </form>
  );
}

function ConditionRow({
  number,
  cohorts,
  condition,
  onChange,
  onRemove,
}: {
  readonly number: number;
  readonly cohorts: Cohorts;
  readonly condition: Condition;
  readonly onChange: (condition: Condition) => void;
  /** Undefined for the only condition. */
  readonly onRemove: (() => void) | undefined;
}) {
  return (
    <div className="actions" role="group" aria-label={`Condition ${number}`}>
      <select
        aria-label={`Condition ${number}: in or not in`}
        value={condition.is}
        onChange={(event) => onChange({ ...condition, is: event.target.value as Condition['is'] })}
      >
        <option value="includes">in</option>
        <option value="excludes">not in</option>
      </select>
      <select
        aria-label={`Condition ${number}: cohort`}
        value={condition.cohortId}
        onChange={(event) => onChange({ ...condition, cohortId: event.target.value })}
      >
        <option value="">Choose a cohort…</option>
        {cohorts.map((cohort) => (
          <option key={cohort.id} value={cohort.id}>
            {cohort.name} ({count(cohort.memberCount)})
          </option>
        ))}
      </select>
      {onRemove ? (
        <button type="button" onClick={onRemove} aria-label={`Remove condition ${number}`}>
          Remove
        </button>
      ) : null}
    </div>
  );
}

/** Counting reads all members, so it begins once the choice has rested. */
function Preview({ definition }: { readonly definition: NonNullable<ReturnType<typeof definitionOf>> }) {
  const rested = useRested(definition);
  const reading = useHubQuery(previewQuery, { definition: rested }, { isLive: false });
  const isCounting = reading.isPlaceholderData || JSON.stringify(rested) !== JSON.stringify(definition);
  return (
    <section aria-label="Preview" aria-live="polite">
      <Answer reading={reading}>
        {({ previewSegment }) =>
          isCounting ? (
            <p>Counting…</p>
          ) : previewSegment.__typename === 'SegmentPreview' ? (
            <>
              <p>
                <strong>{count(previewSegment.memberCount)} users</strong> now
                {previewSegment.examples.length > 0 ? ', such as:' : '.'}
              </p>
              <ul>
                {previewSegment.examples.slice(0, 10).map((member, index) => (
                  <li key={index}>
                    <code>{nameOf(member)}</code>
                  </li>
                ))}
              </ul>
            </>
          ) : (
            <ProblemNote problem={previewSegment} />
          )
        }
      </Answer>
    </section>
  );
}
