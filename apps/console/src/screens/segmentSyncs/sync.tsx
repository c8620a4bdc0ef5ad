import { Link } from 'wouter';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Breakable } from '../../parts/code.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote, sentence } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { duration, Time, useNowMs } from '../../parts/time.js';
import { AuditTable } from '../activity.js';
import { Actions } from './actions.js';
import { Balance } from './balance.js';
import { NewCredentials } from './credentials.js';
import { Drift } from './drift.js';
import { PassProgress } from './passProgress.js';
import { SyncSettings } from './syncSettings.js';

const syncQuery = graphql(`
  query SegmentSync($id: ID!) {
    segmentSync(id: $id) {
      __typename
      ... on Problem {
        message
        remedy
      }
      ... on SegmentSync {
        id
        objectName
        destination
        state
        stateSince
        allowedActions
        isClearing
        createdAt
        syncedAt
        lastDeliveredAt
        changeCount
        deliveredCount
        refusedCount
        returnedCount
        inFlightCount
        waitingCount
        requestCount
        segment {
          id
          name
          memberCount
        }
        progress {
          kind
          doneCount
          totalCount
        }
        block {
          code
          detail
          nextProbeAt
        }
        deferral {
          code
          detail
          until
        }
      }
    }
    segmentDestinations {
      name
      label
      credentialsSchema
    }
  }
`);

type Data = ResultOf<typeof syncQuery>;
export type SyncData = Extract<Data['segmentSync'], { readonly __typename: 'SegmentSync' }>;
export type DestinationData = Data['segmentDestinations'][number];

/** One sync of a segment: how far it is, what became of its changes, and what keeps them from the destination. */
export function Sync({ id }: { readonly id: string }) {
  const reading = useHubQuery(syncQuery, { id }, { isQuick: true });
  return (
    <Answer reading={reading}>
      {({ segmentSync, segmentDestinations }) =>
        segmentSync.__typename === 'SegmentSync' ? (
          <Loaded
            sync={segmentSync}
            destination={segmentDestinations.find(({ name }) => name === segmentSync.destination)}
          />
        ) : (
          <>
            <h1>No such sync</h1>
            <ProblemNote problem={segmentSync} />
            <Link href="/cohorts">All cohorts and segments</Link>
          </>
        )
      }
    </Answer>
  );
}

function Loaded({
  sync,
  destination,
}: {
  readonly sync: SyncData;
  /** Undefined when this release has no such destination. */
  readonly destination: DestinationData | undefined;
}) {
  const { id, objectName, state, stateSince, segment, isClearing, syncedAt, lastDeliveredAt, createdAt } = sync;
  return (
    <>
      <div className="title">
        <h1>
          <Breakable text={objectName} />
        </h1>
        <State value={state} />
        <span className="muted">
          {destination?.label ?? sync.destination}, since <Time at={stateSince} />
        </span>
      </div>
      <Actions sync={sync} />
      <Trouble sync={sync} />
      {isClearing ? <p>What was sent is taken back, and then the sync is deleted.</p> : null}
      {sync.progress ? <PassProgress progress={sync.progress} syncedAt={syncedAt} /> : null}
      <dl className="facts">
        <dt>Segment</dt>
        <dd>
          {segment ? <Link href={`/cohorts/segments/${segment.id}`}>{segment.name}</Link> : 'deleted'}
          {segment?.memberCount == null ? null : `, ${count(segment.memberCount)} members now`}
        </dd>
        <dt>Last accepted</dt>
        <dd>
          <Time at={lastDeliveredAt} />
        </dd>
        <dt>All members looked through</dt>
        <dd>
          <Time at={syncedAt} />
        </dd>
        <dt>Created</dt>
        <dd>
          <Time at={createdAt} />
        </dd>
      </dl>
      <h2>Changes since it was created</h2>
      <Balance sync={sync} />
      {sync.allowedActions.includes('CHECK') ? (
        <>
          <h2>Drift</h2>
          <Drift id={id} />
        </>
      ) : null}
      {destination && sync.allowedActions.includes('UPDATE') ? (
        <>
          <h2>New credentials</h2>
          <NewCredentials sync={sync} schema={destination.credentialsSchema} />
        </>
      ) : null}
      <h2>Settings</h2>
      <SyncSettings id={id} />
      <h2>History</h2>
      <AuditTable targetId={id} />
    </>
  );
}

function Trouble({ sync: { state, block, deferral, stateSince, waitingCount } }: { readonly sync: SyncData }) {
  const nowMs = useNowMs();
  if (deferral)
    return (
      <p className="note warn">
        It waits until <Time at={deferral.until} />: {sentence(deferral.detail)}
      </p>
    );
  if (state !== 'BLOCKED' || !block) return null;
  return (
    <div className="note bad">
      <p>
        <strong>Blocked</strong> <Time at={stateSince} />: {sentence(block.detail)}
      </p>
      <p>
        What changed for {count(waitingCount)} users is still to be sent; none of it expires.{' '}
        {block.nextProbeAt === null ? (
          'The hub does not try again by itself.'
        ) : (
          <>
            The hub tries again in <span className="countdown">{duration(Date.parse(block.nextProbeAt) - nowMs)}</span>,
            and the sync goes on once that works.
          </>
        )}
      </p>
    </div>
  );
}
