import { useEffect } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Count, count } from '../../parts/number.js';
import { Answer } from '../../parts/problem.js';
import { size } from '../../parts/size.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { duration } from '../../parts/time.js';
import { JobControls } from '../jobControls.js';
import { JobProgress } from '../jobProgress.js';

const resultFragment = graphql(`
  fragment ReplayOutcomes on EventReplayResult @_unmask {
    eventCount
    deliveredCount
    skippedCount
    rejectedCount
    expiredCount
    cancelledCount
    pendingCount
    unreadableCount
    plan {
      basis
      byteCount
      estimatedMs
      recognisedCount
      repeatedCount
      skippedCount
      rejectedCount
      discardedCount
      deduplication {
        rule
        source
      }
      warnings {
        code
        message
      }
    }
  }
`);

const jobQuery = graphql(
  `
    query ReplayJob($id: ID!) {
      job(id: $id) {
        id
        operation
        state
        isDryRun
        doneCount
        totalCount
        error
        reason
        estimatedEndAt
        progressedAt
        finishedAt
        isCancelRequested
        result {
          ...ReplayOutcomes
        }
        resultSoFar {
          ...ReplayOutcomes
        }
      }
    }
  `,
  [resultFragment],
);

type Job = NonNullable<ResultOf<typeof jobQuery>['job']>;
type Result = ResultOf<typeof resultFragment>;
type Plan = NonNullable<Result['plan']>;

/** A replay, or the plan of one, as it goes on; it can be paused and cancelled. */
export function ReplayJob({
  id,
  currentId,
  onPlanned,
}: {
  readonly id: string;
  readonly currentId: string;
  /** Gets the number of events that a plan has found. */
  readonly onPlanned?: (eventCount: number) => void;
}) {
  const reading = useHubQuery(jobQuery, { id }, { pollWhile: ({ job }) => isGoingOn(job) });
  const result = resultOf(reading.data?.job);
  const planned = result?.plan ? result.eventCount : undefined;
  useEffect(() => {
    if (planned !== undefined) onPlanned?.(planned);
    // The parent's function is new each time; only another number is news.
  }, [planned]);
  return (
    <Answer reading={reading}>
      {({ job }) =>
        job === null ? (
          <p className="muted">The job is no longer kept.</p>
        ) : (
          <>
            {job.isDryRun ? null : (
              <p>
                <State value={job.state} />
              </p>
            )}
            {(job.error ?? job.reason) === null ? null : <p className="note bad">{job.error ?? job.reason}</p>}
            {job.finishedAt === null ? (
              <>
                <JobProgress job={job} />
                <JobControls job={job} />
              </>
            ) : null}
            <Shown job={job} currentId={currentId} />
          </>
        )
      }
    </Answer>
  );
}

/** A job may have ended a moment before its last events have. */
function isGoingOn(job: Job | null): boolean {
  if (job === null || job.finishedAt === null) return job !== null;
  return !job.isDryRun && (resultOf(job)?.pendingCount ?? 0) > 0;
}

function resultOf(job: Job | null | undefined): Result | undefined {
  const result = job?.result ?? job?.resultSoFar;
  return result && 'eventCount' in result ? result : undefined;
}

function Shown({ job, currentId }: { readonly job: Job; readonly currentId: string }) {
  const result = resultOf(job);
  if (!result) return null;
  if (job.isDryRun) return result.plan ? <Planned result={result} plan={result.plan} /> : null;
  const rows = [
    { title: 'Delivered', value: result.deliveredCount },
    { title: 'Pending', value: result.pendingCount, to: `/currents/${currentId}/throttled` },
    { title: 'Skipped', value: result.skippedCount, to: `/currents/${currentId}/skipped` },
    { title: 'Rejected', value: result.rejectedCount, to: `/dead-letters?current=${currentId}` },
    { title: 'Expired', value: result.expiredCount, to: `/dead-letters?current=${currentId}` },
    {
      title: 'Cancelled',
      value: result.cancelledCount,
      to: `/currents/${currentId}/skipped?reason=replay_cancelled`,
    },
    { title: 'Not readable', value: result.unreadableCount },
  ];
  return (
    <Table
      caption="What became of the events of this replay"
      rows={rows}
      keyOf={({ title }) => title}
      empty={null}
      columns={[
        { title: 'Outcome', cell: ({ title }) => title },
        {
          title: 'Events',
          about: 'Of this replay, so far',
          isNumber: true,
          cell: ({ value, to }) => <Count value={value} {...(to !== undefined && { to })} />,
        },
      ]}
    />
  );
}

/** What a replay would do, above all to events that the destination has already. */
function Planned({ result: { eventCount, unreadableCount }, plan }: { readonly result: Result; readonly plan: Plan }) {
  if (eventCount === 0)
    return (
      <p className="empty" role="status">
        No stored event is of this kind. Choose another time or another outcome.
      </p>
    );
  return (
    <div role="status">
      <dl className="facts">
        <dt>Events</dt>
        <dd>
          {count(eventCount)}, about {size(plan.byteCount)}
        </dd>
        <dt>Time</dt>
        <dd>
          at least {duration(plan.estimatedMs)},{' '}
          {plan.basis === 'MEASURED' ? 'by the rate of the last replay' : 'by the limits of the destination'}
        </dd>
        <dt>Sent before</dt>
        <dd>
          <Duplicates plan={plan} />
        </dd>
        <dt>Not sent</dt>
        <dd>
          {count(plan.skippedCount)} would be skipped, {count(plan.rejectedCount)} rejected, {count(unreadableCount)}{' '}
          are not readable
        </dd>
        {plan.discardedCount > 0 ? (
          <>
            <dt>Discarded</dt>
            <dd>{count(plan.discardedCount)} were discarded by an admin, with a reason</dd>
          </>
        ) : null}
      </dl>
      {plan.warnings.map(({ code, message }) => (
        <p key={code} className="note warn">
          {message}
        </p>
      ))}
    </div>
  );
}

function Duplicates({ plan: { recognisedCount, repeatedCount, deduplication } }: { readonly plan: Plan }) {
  return (
    <>
      {recognisedCount + repeatedCount === 0 ? 'none of them. ' : null}
      {recognisedCount > 0 ? `${count(recognisedCount)} are recognised and count once. ` : null}
      {repeatedCount > 0 ? <strong>{count(repeatedCount)} would count twice. </strong> : null}
      {deduplication ? (
        <>
          {deduplication.rule}{' '}
          <a href={deduplication.source} rel="noreferrer" target="_blank">
            Source
          </a>
        </>
      ) : (
        'The destination counts each repetition.'
      )}
    </>
  );
}
