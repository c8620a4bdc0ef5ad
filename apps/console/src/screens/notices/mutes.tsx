import { useState } from 'react';
import { Link } from 'wouter';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Field } from '../../parts/field.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';

const mutesQuery = graphql(`
  query NoticeMutes {
    noticeMutes(first: 200) {
      nodes {
        id
        until
        createdAt
        current {
          id
          name
        }
      }
    }
    currents(first: 200, filter: null) {
      nodes {
        id
        name
      }
    }
  }
`);

const muteMutation = graphql(`
  mutation MuteNotices($input: MuteNoticesInput!) {
    muteNotices(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const unmuteMutation = graphql(`
  mutation UnmuteNotices($input: UnmuteNoticesInput!) {
    unmuteNotices(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const spans = [
  { title: '1 hour', hours: 1 },
  { title: '8 hours', hours: 8 },
  { title: '1 day', hours: 24 },
  { title: '7 days', hours: 168 },
  { title: '30 days', hours: 720 },
] as const;

/** Whose notices are not sent for a time. */
export function Mutes({ currentId }: { readonly currentId: string | null }) {
  const reading = useHubQuery(mutesQuery, {});
  const unmute = useHubMutation(unmuteMutation);
  const answer = unmute.data?.unmuteNotices;
  return (
    <section>
      <h2>Mutes</h2>
      <p className="muted">
        While notices are muted, they are kept and not sent. What is still wrong when the mute ends is sent then.
      </p>
      <Answer reading={reading}>
        {({ noticeMutes, currents }) => (
          <>
            <Table
              caption="Mutes"
              rows={noticeMutes.nodes}
              keyOf={({ id }) => id}
              empty={<p>Nothing is muted. Mute a Current while you work on it.</p>}
              columns={[
                {
                  title: 'Notices of',
                  cell: ({ current }) =>
                    current ? <Link href={`/currents/${current.id}`}>{current.name}</Link> : 'the whole hub',
                },
                { title: 'Until', cell: ({ until }) => <Time at={until} /> },
                { title: 'Since', cell: ({ createdAt }) => <Time at={createdAt} /> },
                {
                  title: 'Actions',
                  cell: ({ current }) => (
                    <button
                      type="button"
                      disabled={unmute.isPending}
                      onClick={() => unmute.mutate({ input: { currentId: current?.id ?? null } })}
                    >
                      End the mute
                    </button>
                  ),
                },
              ]}
            />
            <ProblemNote problem={unmute.error ?? (answer && 'message' in answer ? answer : null)} />
            <Mute key={currentId} currents={currents.nodes} currentId={currentId} />
          </>
        )}
      </Answer>
    </section>
  );
}

function Mute({
  currents,
  currentId,
}: {
  readonly currents: readonly { readonly id: string; readonly name: string }[];
  readonly currentId: string | null;
}) {
  const [chosen, setChosen] = useState(currentId ?? '');
  const [hours, setHours] = useState(1);
  const mute = useHubMutation(muteMutation);
  const answer = mute.data?.muteNotices;
  return (
    <form
      aria-label="Mute"
      onSubmit={(event) => {
        event.preventDefault();
        const until = new Date(Date.now() + hours * 3_600_000).toISOString();
        mute.mutate({ input: { currentId: chosen || null, until } });
      }}
    >
      <Field label="Mute notices of">
        {(id) => (
          <select id={id} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">the whole hub</option>
            {currents.map((current) => (
              <option key={current.id} value={current.id}>
                {current.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="For">
        {(id) => (
          <select id={id} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
            {spans.map((span) => (
              <option key={span.hours} value={span.hours}>
                {span.title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ProblemNote problem={mute.error ?? (answer && 'message' in answer ? answer : null)} />
      <div className="actions">
        <button type="submit" disabled={mute.isPending}>
          Mute
        </button>
      </div>
    </form>
  );
}
