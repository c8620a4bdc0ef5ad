import { useEffect, useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { count } from '../../parts/number.js';
import { problemOf, ProblemNote } from '../../parts/problem.js';
import { goTo } from '../../routing.js';
import type { SyncData } from './sync.js';

const deleteMutation = graphql(`
  mutation DeleteSegmentSync($input: DeleteSegmentSyncInput!) {
    deleteSegmentSync(input: $input) {
      __typename
      ... on DeleteSegmentSyncPayload {
        clearedCount
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

/** Deletes a sync once the plan has said what is taken back, and its name is typed. */
export function DeleteSync({
  sync: { id, objectName, state, segment },
  onClose,
}: {
  readonly sync: Pick<SyncData, 'id' | 'objectName' | 'state' | 'segment'>;
  readonly onClose: () => void;
}) {
  const [isClearing, setIsClearing] = useState(true);
  const [plan, remove] = [useHubMutation(deleteMutation), useHubMutation(deleteMutation)];
  const { mutate } = plan;
  useEffect(() => mutate({ input: { id, isClearing, dryRun: true } }), [mutate, id, isClearing]);
  const [planned, answer] = [plan.data?.deleteSegmentSync, remove.data?.deleteSegmentSync];
  const variables = { input: { id, isClearing, dryRun: false, confirmName: objectName } };
  const isPlanned = planned?.__typename === 'DeleteSegmentSyncPayload' && !plan.isPending;
  const leaves = !isClearing || state === 'DRAFT';
  return (
    <Confirm
      title={`Delete ${objectName}`}
      name={objectName}
      action="Delete"
      isBusy={remove.isPending || !isPlanned}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(variables, {
          onSuccess: ({ deleteSegmentSync: done }) => {
            if (done.__typename !== 'DeleteSegmentSyncPayload') return;
            // What is taken back shows its progress here.
            if (leaves) goTo(segment ? `/cohorts/segments/${segment.id}` : '/cohorts');
            else onClose();
          },
        })
      }
    >
      {state === 'DRAFT' ? null : (
        <label className="choice">
          <input type="checkbox" checked={isClearing} onChange={(event) => setIsClearing(event.target.checked)} />
          Take back first what was sent
        </label>
      )}
      <p role="status">
        {isPlanned
          ? leaves
            ? 'It is deleted at once with its credentials. What the destination holds stays there. This cannot be undone.'
            : `The values of ${count(planned.clearedCount)} users are taken back, and then it is deleted with its credentials. This cannot be undone.`
          : 'Planning…'}
      </p>
      <ProblemNote problem={problemOf(remove.error ?? plan.error, answer, planned)} />
      <CopyOperation document={deleteMutation} variables={variables} />
    </Confirm>
  );
}
