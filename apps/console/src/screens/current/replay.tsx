import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { Field } from '../../parts/field.js';
import { count } from '../../parts/number.js';
import { ProblemNote } from '../../parts/problem.js';
import { useFilters } from '../../routing.js';
import { instantOf, localTimeOf } from '../launchFrom.js';
import { FieldProblems } from './confirmUpdate.js';
import type { CurrentData } from './current.js';
import { outcomesOf, outcomesText, replayFilterOf, replayOutcomes } from './replayFilter.js';
import { ReplayJob } from './replayJob.js';

const replayMutation = graphql(`
  mutation ReplayEvents($input: ReplayEventsInput!) {
    replayEvents(input: $input) {
      __typename
      ... on ReplayEventsPayload {
        job {
          id
        }
      }
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

/** Sends stored events again, or for the first time: planned first, then confirmed by name; its progress can be followed. */
export function Replay({ current }: { readonly current: CurrentData }) {
  const [filters, change] = useFilters();
  const filter = replayFilterOf(filters);
  const jobId = filters.get('job');
  return (
    <>
      <p className="muted">
        Sends events that are still stored, the oldest first and after live ones. Events that are pending are on their
        way and not sent twice.
      </p>
      <Filters eventTypes={current.eventTypes} filters={filters} change={change} />
      {filter.outcomes.length === 0 ? (
        <p className="empty">Choose how the events ended that are to be sent.</p>
      ) : (
        <Plan key={JSON.stringify(filter)} current={current} filter={filter} onStarted={(job) => change({ job })} />
      )}
      {jobId === null ? null : (
        <section aria-label="Running replay">
          <h2>The replay</h2>
          <ReplayJob key={jobId} id={jobId} currentId={current.id} />
        </section>
      )}
    </>
  );
}

function Filters({
  eventTypes,
  filters,
  change,
}: {
  readonly eventTypes: readonly string[];
  readonly filters: URLSearchParams;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
}) {
  const outcomes = outcomesOf(filters);
  return (
    <div role="group" aria-label="Which events">
      <fieldset>
        <legend>How they ended at this Current</legend>
        {replayOutcomes.map(({ name, title }) => (
          <label key={name} className="choice">
            <input
              type="checkbox"
              checked={outcomes.includes(name)}
              onChange={({ target }) =>
                change({
                  outcomes: outcomesText(
                    target.checked ? [...outcomes, name] : outcomes.filter((other) => other !== name),
                  ),
                })
              }
            />
            {title}
          </label>
        ))}
      </fieldset>
      <div className="filters">
        {(['from', 'to'] as const).map((name) => (
          <label key={name}>
            {name === 'from' ? 'Accepted from' : 'Accepted before'}{' '}
            <input
              type="datetime-local"
              value={localTimeOf(filters.get(name))}
              onChange={(event) => change({ [name]: instantOf(event.target.value) ?? undefined })}
            />
          </label>
        ))}
        <label>
          Event type{' '}
          <select value={filters.get('type') ?? ''} onChange={(event) => change({ type: event.target.value })}>
            <option value="">All that are selected</option>
            {eventTypes.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Field label="Users or devices (optional)" about="Ids with commas between them; all users when it is empty.">
        {(id, describedBy) => (
          <input
            id={id}
            aria-describedby={describedBy}
            autoComplete="off"
            value={filters.get('users') ?? ''}
            onChange={(event) => change({ users: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

function Plan({
  current: { id, name, allowedActions },
  filter,
  onStarted,
}: {
  readonly current: CurrentData;
  readonly filter: ReturnType<typeof replayFilterOf>;
  readonly onStarted: (jobId: string) => void;
}) {
  const [plan, run] = [useHubMutation(replayMutation), useHubMutation(replayMutation)];
  const [eventCount, setEventCount] = useState<number>();
  const [isConfirming, setIsConfirming] = useState(false);
  const [planned, answer] = [plan.data?.replayEvents, run.data?.replayEvents];
  const variables = { input: { currentId: id, filter, dryRun: false, confirmName: name } };
  const mayReplay = allowedActions.includes('REPLAY');
  return (
    <section aria-label="Plan">
      <div className="actions">
        <button
          type="button"
          disabled={plan.isPending}
          onClick={() => {
            setEventCount(undefined);
            plan.mutate({ input: { currentId: id, filter, dryRun: true } });
          }}
        >
          Plan the replay
        </button>
        {mayReplay && eventCount !== undefined && eventCount > 0 ? (
          <button type="button" className="primary" onClick={() => setIsConfirming(true)}>
            Replay {count(eventCount)} events…
          </button>
        ) : null}
      </div>
      {mayReplay ? null : (
        <p className="note">
          It is not live yet, so this only plans. To send earlier events, launch it from an earlier time.
        </p>
      )}
      <ProblemNote problem={plan.error ?? (planned && 'message' in planned ? planned : null)} />
      {planned && 'problems' in planned ? <FieldProblems problems={planned.problems} /> : null}
      {planned && 'job' in planned ? (
        <ReplayJob key={planned.job.id} id={planned.job.id} currentId={id} onPlanned={setEventCount} />
      ) : null}
      {isConfirming ? (
        <Confirm
          title={`Replay ${count(eventCount ?? 0)} events to ${name}`}
          name={name}
          action="Replay"
          isBusy={run.isPending}
          onClose={() => setIsConfirming(false)}
          onConfirm={() =>
            run.mutate(variables, {
              onSuccess: ({ replayEvents }) => {
                if (!('job' in replayEvents)) return;
                setIsConfirming(false);
                plan.reset();
                setEventCount(undefined);
                onStarted(replayEvents.job.id);
              },
            })
          }
        >
          <p>They are sent as planned. What was sent cannot be taken back; the rest can be cancelled.</p>
          <ProblemNote problem={run.error ?? (answer && 'message' in answer ? answer : null)} />
          <CopyOperation document={replayMutation} variables={variables} />
        </Confirm>
      ) : null}
    </section>
  );
}
