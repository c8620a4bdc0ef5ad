import { useEffect, useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { problemOf, ProblemNote } from '../../parts/problem.js';
import { PlanFacts, planFragment } from './plan.js';
import type { SyncData } from './sync.js';

const resendMutation = graphql(
  `
    mutation ResendSegmentSync($input: ResendSegmentSyncInput!) {
      resendSegmentSync(input: $input) {
        __typename
        ... on ResendSegmentSyncPayload {
          plan {
            ...SegmentSyncPlanFacts
          }
        }
        ... on Problem {
          message
          remedy
        }
      }
    }
  `,
  [planFragment],
);

type Mode = 'CHANGED' | 'ALL';

/** Looks through all members again, once a plan has said what that takes and the name is typed. */
export function Resend({
  sync: { id, objectName },
  onClose,
}: {
  readonly sync: Pick<SyncData, 'id' | 'objectName'>;
  readonly onClose: () => void;
}) {
  const [mode, setMode] = useState<Mode>('CHANGED');
  const [dryRun, resend] = [useHubMutation(resendMutation), useHubMutation(resendMutation)];
  const { mutate } = dryRun;
  useEffect(() => mutate({ input: { id, mode, dryRun: true } }), [mutate, id, mode]);
  const [planned, answer] = [dryRun.data?.resendSegmentSync, resend.data?.resendSegmentSync];
  const plan = planned?.__typename === 'ResendSegmentSyncPayload' && !dryRun.isPending ? planned.plan : null;
  const variables = { input: { id, mode, dryRun: false, confirmName: objectName } };
  const problem = problemOf(resend.error ?? dryRun.error, answer, planned);
  return (
    <Confirm
      title={`Send the members of ${objectName} again`}
      name={objectName}
      action="Send again"
      isBusy={resend.isPending || plan === null}
      onClose={onClose}
      onConfirm={() =>
        resend.mutate(variables, {
          onSuccess: (data) => data.resendSegmentSync.__typename === 'ResendSegmentSyncPayload' && onClose(),
        })
      }
    >
      <fieldset>
        <legend>Which members</legend>
        <label className="choice">
          <input type="radio" name="mode" checked={mode === 'CHANGED'} onChange={() => setMode('CHANGED')} />
          Those that differ from what was sent
        </label>
        <label className="choice">
          <input type="radio" name="mode" checked={mode === 'ALL'} onChange={() => setMode('ALL')} />
          All of them, and who has left, after the destination has lost something
        </label>
      </fieldset>
      <div role="status">{plan ? <PlanFacts plan={plan} /> : problem ? 'It could not be planned.' : 'Planning…'}</div>
      <ProblemNote problem={problem} />
      <CopyOperation document={resendMutation} variables={variables} />
    </Confirm>
  );
}
