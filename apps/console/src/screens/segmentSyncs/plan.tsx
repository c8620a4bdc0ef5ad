import { useRested } from '../../hub/useRested.js';
import { graphql, type ResultOf, type VariablesOf } from '../../hub/graphql.js';
import { useHubQuery } from '../../hub/useHub.js';
import { Json } from '../../parts/json.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { duration } from '../../parts/time.js';

export const planFragment = graphql(`
  fragment SegmentSyncPlanFacts on SegmentSyncPlan @_unmask {
    objectName
    memberCount
    requestCount
    durationMs
    cost {
      unit
      count
    }
    sampledCount
    sampledRefusals {
      code
      description
      count
    }
  }
`);

const planQuery = graphql(
  `
    query SegmentSyncPlan($input: SegmentSyncPlanInput!) {
      segmentSyncPlan(input: $input) {
        __typename
        ... on Problem {
          message
          remedy
        }
        ... on InputInvalid {
          problems {
            path
            message
          }
        }
        ... on SegmentSyncPlan {
          ...SegmentSyncPlanFacts
          example
        }
      }
    }
  `,
  [planFragment],
);

type PlanInput = VariablesOf<typeof planQuery>['input'];
/** The plan, or what is wrong with what is planned. */
export type Planned = ResultOf<typeof planQuery>['segmentSyncPlan'];

/** Plans the first sync once what is entered has rested: sends and stores nothing. */
export function usePlan(input: PlanInput, isComplete: boolean) {
  const rested = useRested(input);
  const isRested = JSON.stringify(rested) === JSON.stringify(input);
  const reading = useHubQuery(planQuery, { input: rested }, { isLive: false, isEnabled: isComplete && isRested });
  return { reading, isPlanning: isComplete && (!isRested || reading.isPlaceholderData || reading.isFetching) };
}

/** What the first sync takes, or what is wrong with the settings. */
export function Plan({
  plan: { reading, isPlanning },
  isComplete,
}: {
  readonly plan: ReturnType<typeof usePlan>;
  readonly isComplete: boolean;
}) {
  if (!isComplete) return <p className="muted">It is planned as soon as all settings are filled in.</p>;
  if (isPlanning) return <p role="status">Planning…</p>;
  return (
    <div aria-live="polite">
      <Answer reading={reading}>
        {({ segmentSyncPlan }) =>
          segmentSyncPlan.__typename === 'SegmentSyncPlan' ? (
            <PlanFacts plan={segmentSyncPlan} />
          ) : (
            <ProblemNote problem={segmentSyncPlan} />
          )
        }
      </Answer>
    </div>
  );
}

/** What it takes to send members. `example` is shown where it was asked for. */
export function PlanFacts({
  plan,
}: {
  readonly plan: ResultOf<typeof planFragment> & { readonly example?: Record<string, unknown> | null };
}) {
  const { objectName, memberCount, requestCount, durationMs, cost, sampledCount, sampledRefusals, example } = plan;
  return (
    <>
      <dl className="facts">
        <dt>Held in</dt>
        <dd>
          <code>{objectName}</code>
        </dd>
        <dt>Users</dt>
        <dd>{count(memberCount)} at most</dd>
        <dt>Requests</dt>
        <dd>{count(requestCount)} at most</dd>
        <dt>Takes</dt>
        <dd>about {duration(durationMs)}, at the rate of the settings</dd>
        <dt>Costs</dt>
        <dd>{cost ? `${count(cost.count)} ${cost.unit} at most` : 'nothing'}</dd>
        <dt>Cannot be sent</dt>
        <dd>
          {sampledRefusals.length === 0
            ? `none of ${count(sampledCount)} members that were looked at`
            : `of ${count(sampledCount)} members that were looked at:`}
          <ul className="names">
            {sampledRefusals.map(({ code, description, count: members }) => (
              <li key={code}>
                {count(members)} <code>{code}</code> <span className="muted">{description}</span>
              </li>
            ))}
          </ul>
        </dd>
      </dl>
      {example ? (
        <>
          <p>So the entry of one member is sent:</p>
          <Json value={example} label="Entry of one member" />
        </>
      ) : null}
    </>
  );
}
