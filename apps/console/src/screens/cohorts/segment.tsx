import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { lazyScreen } from '../../parts/lazyScreen.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { words } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { goTo } from '../../routing.js';
import { sayDefinition } from './definition.js';
import { Webhooks } from './webhooks.js';

const Syncs = lazyScreen(async () => (await import('../segmentSyncs/syncs.js')).Syncs);

const partFragment = graphql(`
  fragment Part on SegmentDefinition @_unmask {
    includes {
      name
    }
    excludes {
      name
    }
  }
`);

const segmentQuery = graphql(
  `
    query Segment($id: ID!, $since: DateTime!) {
      segment(id: $id) {
        __typename
        ... on Problem {
          message
          remedy
        }
        ... on Segment {
          id
          name
          memberCount
          evaluatedAt
          evaluationMs
          isEvaluationDue
          definition {
            includes {
              name
            }
            excludes {
              name
            }
            all {
              ...Part
              all {
                ...Part
              }
              any {
                ...Part
              }
            }
            any {
              ...Part
              all {
                ...Part
              }
              any {
                ...Part
              }
            }
          }
          cohorts {
            id
            name
          }
          webhooks(first: 20) {
            nodes {
              id
              url
              state
              pendingCount
              deliveredCount
              expiredCount
              lastDeliveredAt
              formerSecretUntil
              allowedActions
              block {
                detail
              }
              deferral {
                detail
                until
              }
            }
          }
        }
      }
      segmentChanges(segmentId: $id, since: $since, first: 50) {
        __typename
        ... on SegmentChangeConnection {
          nodes {
            at
            type
            member {
              externalId
              deviceId
              alias {
                label
                name
              }
            }
          }
          pageInfo {
            hasNextPage
          }
        }
        ... on ChangesExpired {
          changesCompleteSince
        }
        ... on Problem {
          message
          remedy
        }
      }
    }
  `,
  [partFragment],
);

type SegmentData = Extract<ResultOf<typeof segmentQuery>['segment'], { readonly __typename: 'Segment' }>;
type Changes = ResultOf<typeof segmentQuery>['segmentChanges'];

interface Member {
  readonly externalId: string | null;
  readonly deviceId: string | null;
  readonly alias: { readonly label: string; readonly name: string } | null;
}

/** The id by which a member is known. */
export function nameOf({ externalId, deviceId, alias }: Member): string {
  return externalId ?? deviceId ?? (alias ? `${alias.label}: ${alias.name}` : '');
}

const dayMs = 86_400_000;

/** One segment: whom it has, who entered and left, and the webhooks that get its changes. */
export function Segment({ id }: { readonly id: string }) {
  // A fixed beginning, so that the query stays the same while it is read again.
  const [since, setSince] = useState(() => new Date(Date.now() - dayMs).toISOString());
  const reading = useHubQuery(segmentQuery, { id, since });
  const changes = reading.data?.segmentChanges;
  // A segment that is younger than a day has changes only since its first evaluation.
  const completeSince = changes?.__typename === 'ChangesExpired' ? changes.changesCompleteSince : null;
  useEffect(() => {
    if (completeSince !== null) setSince(completeSince);
  }, [completeSince]);
  return (
    <Answer reading={reading}>
      {({ segment, segmentChanges }) =>
        segment.__typename === 'Segment' ? (
          <Loaded segment={segment} changes={segmentChanges} />
        ) : (
          <>
            <h1>No such segment</h1>
            <ProblemNote problem={segment} />
            <Link href="/cohorts">All cohorts and segments</Link>
          </>
        )
      }
    </Answer>
  );
}

function Loaded({ segment, changes }: { readonly segment: SegmentData; readonly changes: Changes }) {
  const { id, name, memberCount, evaluatedAt, evaluationMs, isEvaluationDue, definition, cohorts, webhooks } = segment;
  const [isDeleting, setIsDeleting] = useState(false);
  return (
    <>
      <div className="title">
        <h1>{name}</h1>
        <button type="button" className="danger" onClick={() => setIsDeleting(true)}>
          Delete…
        </button>
      </div>
      <dl className="facts">
        <dt>Users who are</dt>
        <dd>{sayDefinition(definition)}</dd>
        <dt>Built on</dt>
        <dd>
          <ul className="names">
            {cohorts.map((cohort) => (
              <li key={cohort.id}>
                <Link href={`/cohorts/${cohort.id}`}>{cohort.name}</Link>
              </li>
            ))}
          </ul>
        </dd>
        <dt>Members now</dt>
        <dd>{memberCount === null ? 'not evaluated yet' : count(memberCount)}</dd>
        <dt>Evaluated</dt>
        <dd>
          <Time at={evaluatedAt} />
          {evaluationMs === null ? '' : `, in ${count(evaluationMs)} ms`}
          {isEvaluationDue ? ', and due again' : ''}
        </dd>
      </dl>
      <h2>Syncs</h2>
      <Syncs segmentId={id} />
      <h2>Webhooks</h2>
      <Webhooks segmentId={id} webhooks={webhooks.nodes} />
      <h2>Who entered and left in the last 24 hours</h2>
      <ChangesTable changes={changes} />
      {isDeleting ? <Delete id={id} name={name} onClose={() => setIsDeleting(false)} /> : null}
    </>
  );
}

function ChangesTable({ changes }: { readonly changes: Changes }) {
  if (changes.__typename === 'ChangesExpired') return <p className="muted">No change is stored yet.</p>;
  if (changes.__typename !== 'SegmentChangeConnection') return <ProblemNote problem={changes} />;
  return (
    <>
      <Table
        caption="Changes, the earliest first"
        rows={changes.nodes.map((change, index) => ({ ...change, index }))}
        keyOf={({ index }) => String(index)}
        empty={<p>Nobody entered or left.</p>}
        columns={[
          { title: 'When', cell: ({ at }) => <Time at={at} /> },
          { title: 'What', cell: ({ type }) => words(type) },
          { title: 'User', cell: ({ member }) => <code>{nameOf(member)}</code> },
        ]}
      />
      {changes.pageInfo.hasNextPage ? (
        <p className="muted">These are the first 50. The query segmentChanges reads the others: see Copy query.</p>
      ) : null}
    </>
  );
}

const deleteMutation = graphql(`
  mutation DeleteSegment($input: DeleteSegmentInput!) {
    deleteSegment(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function Delete({ id, name, onClose }: { readonly id: string; readonly name: string; readonly onClose: () => void }) {
  const remove = useHubMutation(deleteMutation);
  const answer = remove.data?.deleteSegment;
  return (
    <Confirm
      title={`Delete ${name}`}
      name={name}
      action="Delete"
      isBusy={remove.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(
          { input: { id, confirmName: name, dryRun: false } },
          { onSuccess: ({ deleteSegment: done }) => done.__typename === 'DeleteSegmentPayload' && goTo('/cohorts') },
        )
      }
    >
      <p>Its members, changes and webhooks are deleted. Its cohorts stay. This cannot be undone.</p>
      <ProblemNote problem={remove.error ?? (answer && 'message' in answer ? answer : null)} />
    </Confirm>
  );
}
