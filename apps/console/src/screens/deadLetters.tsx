import { useState } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf, type VariablesOf } from '../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../hub/useHub.js';
import { Code } from '../parts/code.js';
import { Dialog } from '../parts/dialog.js';
import { EventFilters, eventFilterOf, ReasonFilter } from '../parts/eventFilters.js';
import { Json } from '../parts/json.js';
import { count } from '../parts/number.js';
import { Answer, ProblemNote } from '../parts/problem.js';
import { State, words } from '../parts/state.js';
import { Pages, Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { useFilters } from '../routing.js';
import { findPlace } from './find/find.js';

const lettersQuery = graphql(`
  query DeadLetters($first: Int!, $after: String, $filter: DeadLetterFilter, $events: DeadLetterFilter) {
    deadLetters(first: $first, after: $after, filter: $filter) {
      nodes {
        id
        eventId
        eventType
        outcome
        code
        detail
        attemptCount
        recordedAt
        replayedAt
        event
        currentId
        current {
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    deadLetterCounts(filter: $events) {
      outcome
      code
      eventCount
      replayedCount
      discardedCount
    }
  }
`);

type Letter = ResultOf<typeof lettersQuery>['deadLetters']['nodes'][number];

/** Events that could not be delivered, by reason. */
export function DeadLetters() {
  const [filters, change] = useFilters();
  const [currentId, code, after] = [filters.get('current'), filters.get('code'), filters.get('after')];
  const [open, setOpen] = useState<Letter>();
  const wanted = eventFilterOf(filters);
  const events = { ...wanted, ...(currentId !== null && { currentId }) };
  const filter = { ...events, ...(code !== null && { code }) };
  const reading = useHubQuery(lettersQuery, { first: 50, after, filter, events });
  return (
    <>
      <h1>Dead letters</h1>
      <p className="muted">
        Events that a destination refused, or that could not be delivered within the retry window. They are kept for the
        retention period and can be replayed.
      </p>
      <EventFilters filters={filters} change={change} />
      <Answer reading={reading}>
        {({ deadLetters, deadLetterCounts }) => (
          <>
            <ReasonFilter
              code={code}
              change={change}
              reasons={deadLetterCounts.map((group) => ({
                code: group.code,
                label: `${words(group.outcome)}: ${group.code}`,
                openCount: group.eventCount - group.replayedCount - group.discardedCount,
              }))}
            >
              {currentId === null ? null : (
                <button type="button" onClick={() => change({ current: undefined, after: undefined })}>
                  Of one Current ✕
                </button>
              )}
            </ReasonFilter>
            {currentId === null ? (
              <p className="muted">Open the dead letters of one Current to replay them.</p>
            ) : (
              <Replay
                key={JSON.stringify(filter)}
                currentId={currentId}
                filter={{ ...wanted, ...(code !== null && { code }) }}
              />
            )}
            <Table
              caption="Dead letters, the latest first"
              rows={deadLetters.nodes}
              keyOf={({ id }) => id}
              empty={<p>No event is dead here.</p>}
              columns={[
                {
                  title: 'Event',
                  cell: (letter) => (
                    <button type="button" className="link" onClick={() => setOpen(letter)}>
                      {letter.eventId ?? letter.id}
                    </button>
                  ),
                },
                { title: 'Type', cell: ({ eventType }) => <Code text={eventType} /> },
                {
                  title: 'Current',
                  cell: (letter) => <Link href={`/currents/${letter.currentId}`}>{letter.current.name}</Link>,
                },
                { title: 'Outcome', cell: ({ outcome }) => <State value={outcome} /> },
                {
                  title: 'Reason',
                  cell: (letter) => (
                    <>
                      <Code text={letter.code} />
                      <div className="muted reason">{letter.detail}</div>
                    </>
                  ),
                },
                { title: 'Recorded', cell: ({ recordedAt }) => <Time at={recordedAt} /> },
                { title: 'Replayed', cell: ({ replayedAt }) => (replayedAt ? <Time at={replayedAt} /> : 'no') },
              ]}
            />
            <Pages pageInfo={deadLetters.pageInfo} after={after} onPage={(next) => change({ after: next })} />
          </>
        )}
      </Answer>
      {open ? (
        <Dialog title={`Event ${open.eventId ?? open.id}`} onClose={() => setOpen(undefined)}>
          <p>
            {words(open.outcome)} after {count(open.attemptCount)} attempts: {open.detail}
          </p>
          {open.eventId === null ? null : (
            <p>
              <Link href={findPlace(open.eventId)}>The way of the event</Link>
            </p>
          )}
          {open.event ? <Json value={open.event} label="Event" /> : <p>The event can no longer be read.</p>}
        </Dialog>
      ) : null}
    </>
  );
}

const replayMutation = graphql(`
  mutation ReplayDeadLetters($input: ReplayDeadLettersInput!) {
    replayDeadLetters(input: $input) {
      __typename
      ... on ReplayDeadLettersPayload {
        job {
          id
          state
          result {
            ... on ReplayResult {
              eventCount
            }
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

type ReplayFilter = NonNullable<VariablesOf<typeof replayMutation>['input']['filter']>;

/** Counts first, and replays what was counted once that is confirmed. */
function Replay({ currentId, filter }: { readonly currentId: string; readonly filter: ReplayFilter }) {
  const plan = useHubMutation(replayMutation);
  const run = useHubMutation(replayMutation);
  const input = { currentId, filter };
  const planned = plan.data?.replayDeadLetters;
  const answer = run.data?.replayDeadLetters;
  const eventCount =
    planned && 'job' in planned && planned.job.result && 'eventCount' in planned.job.result
      ? planned.job.result.eventCount
      : undefined;
  return (
    <section aria-label="Replay">
      <div className="actions">
        <button
          type="button"
          disabled={plan.isPending}
          onClick={() => (run.reset(), plan.mutate({ input: { ...input, dryRun: true } }))}
        >
          Plan a replay{Object.keys(filter).length === 0 ? '' : ` of ${filter.code ?? 'these'}`}
        </button>
        {eventCount !== undefined && eventCount > 0 ? (
          <button
            type="button"
            className="primary"
            disabled={run.isPending}
            onClick={() => run.mutate({ input: { ...input, dryRun: false } }, { onSuccess: () => plan.reset() })}
          >
            Replay {count(eventCount)} events
          </button>
        ) : null}
      </div>
      {eventCount === 0 ? <p role="status">Nothing is left to replay.</p> : null}
      {[planned, answer].map((said, index) =>
        said && 'message' in said ? <ProblemNote key={index} problem={said} /> : null,
      )}
      {[plan.error, run.error].map((error, index) => (error ? <ProblemNote key={index} problem={error} /> : null))}
      {answer && 'job' in answer ? (
        <p className="note good" role="status">
          The replay is {words(answer.job.state).toLowerCase()}. <Link href="/jobs">See its progress</Link>.
        </p>
      ) : null}
    </section>
  );
}
