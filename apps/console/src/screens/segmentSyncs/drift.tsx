import { useMutation } from '@tanstack/react-query';
import { ask, graphql, type HubError, type ResultOf } from '../../hub/graphql.js';
import { useShownOperation } from '../../hub/operations.js';
import { Count, count } from '../../parts/number.js';
import { problemOf, ProblemNote } from '../../parts/problem.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';

const driftQuery = graphql(`
  query SegmentSyncDrift($id: ID!) {
    segmentSyncDrift(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on SegmentSyncDrift {
        memberCount
        heldCount
        refusedCount
        missingCount
        surplusCount
      }
    }
  }
`);

export type DriftData = Extract<
  ResultOf<typeof driftQuery>['segmentSyncDrift'],
  { readonly __typename: 'SegmentSyncDrift' }
>;

/** Compares all members with what was sent, once for each call: it reads them all, so nothing repeats it. */
export function useDrift(id: string) {
  const drift = useMutation<{ readonly at: string } & ResultOf<typeof driftQuery>, HubError>({
    mutationFn: async () => ({ ...(await ask(driftQuery, { id })), at: new Date().toISOString() }),
  });
  const answer = drift.data?.segmentSyncDrift;
  return {
    compare: drift.mutate,
    isComparing: drift.isPending,
    comparedAt: drift.data?.at,
    counts: answer?.__typename === 'SegmentSyncDrift' ? answer : undefined,
    problem: problemOf(drift.error, answer),
  };
}

/** A comparison of the members with what the destination has accepted, on demand. */
export function Drift({ id }: { readonly id: string }) {
  const { compare, isComparing, comparedAt, counts, problem } = useDrift(id);
  useShownOperation(driftQuery, { id });
  return (
    <>
      <p className="muted">
        Compares the present members with what the destination has accepted. What is still to be sent is missing or
        surplus, too.
      </p>
      <div className="actions">
        <button type="button" disabled={isComparing} onClick={() => compare()}>
          {isComparing ? 'Comparing…' : 'Compare now'}
        </button>
      </div>
      <ProblemNote problem={problem} />
      {counts ? (
        <div role="status">
          <p>
            {counts.missingCount + counts.surplusCount === 0
              ? 'No drift: the destination holds the members.'
              : `${count(counts.missingCount)} are missing there, ${count(counts.surplusCount)} are surplus.`}{' '}
            Compared <Time at={comparedAt} />.
          </p>
          <Table
            caption="Members, and what the destination holds"
            rows={rowsOf(id, counts)}
            keyOf={({ what }) => what}
            empty={null}
            columns={[
              { title: 'What', cell: ({ what }) => what },
              {
                title: 'Users',
                isNumber: true,
                cell: ({ users, to, what }) => <Count value={users} to={to} label={what} />,
              },
              { title: 'Meaning', cell: ({ meaning }) => <span className="muted">{meaning}</span> },
            ]}
          />
        </div>
      ) : null}
    </>
  );
}

interface DriftRow {
  readonly what: string;
  readonly users: number;
  readonly meaning: string;
  readonly to?: string;
}

function rowsOf(
  id: string,
  { memberCount, heldCount, refusedCount, missingCount, surplusCount }: DriftData,
): readonly DriftRow[] {
  return [
    { what: 'Members', users: memberCount, meaning: 'Users in the segment: held + refused + missing.' },
    { what: 'Held', users: heldCount, meaning: 'Members that the destination has accepted.' },
    {
      what: 'Refused',
      users: refusedCount,
      meaning: 'Members that it has refused, or cannot take.',
      to: `/cohorts/syncs/${id}/refused?latest=1`,
    },
    { what: 'Missing', users: missingCount, meaning: 'Members that it has neither accepted nor refused yet.' },
    { what: 'Surplus', users: surplusCount, meaning: 'Users that it holds, or may hold, and that are no members.' },
  ];
}
