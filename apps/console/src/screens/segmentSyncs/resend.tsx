import { useEffect, useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyOperation } from '../../parts/copyOperation.js';
import { count } from '../../parts/number.js';
import { problemOf, ProblemNote } from '../../parts/problem.js';
import { useDrift, type DriftData } from './drift.js';
import type { SyncData } from './sync.js';

const resendMutation = graphql(`
  mutation ResendSegmentSync($input: ResendSegmentSyncInput!) {
    resendSegmentSync(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

type Mode = 'CHANGED' | 'ALL';

/** Looks through all members again, once a comparison has said how many are sent and the name is typed. */
export function Resend({
  sync: { id, objectName },
  onClose,
}: {
  readonly sync: Pick<SyncData, 'id' | 'objectName'>;
  readonly onClose: () => void;
}) {
  const [mode, setMode] = useState<Mode>('CHANGED');
  const resend = useHubMutation(resendMutation);
  const { compare, counts, problem } = useDrift(id);
  useEffect(() => compare(), [compare]);
  const variables = { input: { id, mode } };
  return (
    <Confirm
      title={`Send the members of ${objectName} again`}
      name={objectName}
      action="Send again"
      isBusy={resend.isPending}
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
          All of them, after the destination has lost something
        </label>
      </fieldset>
      <p role="status">{counts ? planOf(mode, counts) : problem ? 'It could not be planned.' : 'Planning…'}</p>
      <ProblemNote problem={problem} />
      <ProblemNote problem={problemOf(resend.error, resend.data?.resendSegmentSync)} />
      <CopyOperation document={resendMutation} variables={variables} />
    </Confirm>
  );
}

function planOf(mode: Mode, { memberCount, missingCount, surplusCount }: DriftData): string {
  return mode === 'ALL'
    ? `All ${count(memberCount)} members are sent, and ${count(surplusCount)} surplus users are taken back. The destination may charge for each.`
    : `${count(missingCount)} missing members are sent, and ${count(surplusCount)} surplus users are taken back. All ${count(memberCount)} are looked through.`;
}
