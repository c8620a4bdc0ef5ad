import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { AddressForm } from '../../parts/addressForm.js';
import { ShownOnce } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialog.js';
import { count } from '../../parts/number.js';
import { ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';

const pauseMutation = graphql(`
  mutation PauseSegmentWebhook($input: PauseSegmentWebhookInput!) {
    pauseSegmentWebhook(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

const resumeMutation = graphql(`
  mutation ResumeSegmentWebhook($input: ResumeSegmentWebhookInput!) {
    resumeSegmentWebhook(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly pendingCount: number;
  readonly deliveredCount: number;
  readonly expiredCount: number;
  readonly lastDeliveredAt: string | null;
  readonly allowedActions: readonly string[];
  readonly block: { readonly detail: string } | null;
  readonly deferral: { readonly detail: string; readonly until: string } | null;
}

/** The webhooks of a segment, with what keeps changes from them. */
export function Webhooks({
  segmentId,
  webhooks,
}: {
  readonly segmentId: string;
  readonly webhooks: readonly Webhook[];
}) {
  const [isCreating, setIsCreating] = useState(false);
  const [pause, resume] = [useHubMutation(pauseMutation), useHubMutation(resumeMutation)];
  const said = [pause.error, resume.error, pause.data?.pauseSegmentWebhook, resume.data?.resumeSegmentWebhook];
  const problem = said.find((each) => each && 'message' in each);
  return (
    <>
      <Table
        caption="Webhooks"
        rows={webhooks}
        keyOf={({ id }) => id}
        empty={<p>No webhook is here. A webhook gets the members that enter and leave.</p>}
        columns={[
          {
            title: 'Address',
            cell: ({ url, block, deferral }) => (
              <>
                {url}
                {block ? <div className="muted reason">{block.detail}</div> : null}
                {deferral ? (
                  <div className="muted reason">
                    waits until <Time at={deferral.until} />: {deferral.detail}
                  </div>
                ) : null}
              </>
            ),
          },
          { title: 'State', cell: ({ state }) => <State value={state} /> },
          {
            title: 'Waiting',
            about: 'Changes that wait to be sent now',
            isNumber: true,
            cell: ({ pendingCount }) => count(pendingCount),
          },
          {
            title: 'Told',
            about: 'Changes that the receiver accepted, since the webhook was created',
            isNumber: true,
            cell: ({ deliveredCount }) => count(deliveredCount),
          },
          {
            title: 'Expired',
            about: 'Changes that could not be sent within the retry window, since the webhook was created',
            isNumber: true,
            cell: ({ expiredCount }) => count(expiredCount),
          },
          { title: 'Last sent', cell: ({ lastDeliveredAt }) => <Time at={lastDeliveredAt} /> },
          {
            title: 'Actions',
            cell: ({ id, allowedActions }) => (
              <div className="actions">
                {allowedActions.includes('PAUSE') ? (
                  <button type="button" disabled={pause.isPending} onClick={() => pause.mutate({ input: { id } })}>
                    Pause
                  </button>
                ) : null}
                {allowedActions.includes('RESUME') ? (
                  <button type="button" disabled={resume.isPending} onClick={() => resume.mutate({ input: { id } })}>
                    Resume
                  </button>
                ) : null}
              </div>
            ),
          },
        ]}
      />
      <ProblemNote problem={problem && 'message' in problem ? problem : null} />
      <div className="actions">
        <button type="button" onClick={() => setIsCreating(true)}>
          New webhook
        </button>
      </div>
      {isCreating ? <Create segmentId={segmentId} onClose={() => setIsCreating(false)} /> : null}
    </>
  );
}

const createMutation = graphql(`
  mutation CreateSegmentWebhook($input: CreateSegmentWebhookInput!) {
    createSegmentWebhook(input: $input) {
      __typename
      ... on CreateSegmentWebhookPayload {
        secret
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

function Create({ segmentId, onClose }: { readonly segmentId: string; readonly onClose: () => void }) {
  const create = useHubMutation(createMutation);
  const answer = create.data?.createSegmentWebhook;
  return (
    <Dialog title="New webhook" onClose={onClose}>
      {answer && 'secret' in answer ? (
        <ShownOnce secret={answer.secret} note="The receiver, to check the signature of each request." />
      ) : (
        <AddressForm
          action="Create"
          example="https://example.com/segments"
          url=""
          isBusy={create.isPending}
          problem={create.error ?? (answer && 'message' in answer ? answer : null)}
          onSubmit={(url) => create.mutate({ input: { segmentId, url } })}
        />
      )}
    </Dialog>
  );
}
