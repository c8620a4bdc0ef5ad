import { useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { problemOf, ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { CreateSegmentWebhook, DeleteSegmentWebhook, RotateSegmentWebhookSecret } from './webhookDialogs.js';

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

export interface SegmentWebhook {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly pendingCount: number;
  readonly deliveredCount: number;
  readonly expiredCount: number;
  readonly lastDeliveredAt: string | null;
  readonly formerSecretUntil: string | null;
  readonly allowedActions: readonly string[];
  readonly block: { readonly detail: string } | null;
  readonly deferral: { readonly detail: string; readonly until: string } | null;
}

type Action = 'create' | 'rotate' | 'delete';

/** The webhooks of a segment, with what keeps changes from them. */
export function Webhooks({
  segmentId,
  webhooks,
}: {
  readonly segmentId: string;
  readonly webhooks: readonly SegmentWebhook[];
}) {
  const [open, setOpen] = useState<{ readonly action: Action; readonly webhook?: SegmentWebhook }>();
  const close = (): void => setOpen(undefined);
  const [pause, resume] = [useHubMutation(pauseMutation), useHubMutation(resumeMutation)];
  const problem = problemOf(
    pause.error ?? resume.error,
    pause.data?.pauseSegmentWebhook,
    resume.data?.resumeSegmentWebhook,
  );
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
            cell: ({ url, block, deferral, formerSecretUntil }) => (
              <>
                {url}
                {formerSecretUntil ? (
                  <div className="muted reason">
                    signed with the former secret as well, last <Time at={formerSecretUntil} />
                  </div>
                ) : null}
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
            title: 'Sent',
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
            cell: (webhook) => {
              const { id, allowedActions } = webhook;
              return (
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
                  {allowedActions.includes('ROTATE_SECRET') ? (
                    <button type="button" onClick={() => setOpen({ action: 'rotate', webhook })}>
                      New secret…
                    </button>
                  ) : null}
                  {allowedActions.includes('DELETE') ? (
                    <button type="button" className="danger" onClick={() => setOpen({ action: 'delete', webhook })}>
                      Delete…
                    </button>
                  ) : null}
                </div>
              );
            },
          },
        ]}
      />
      <ProblemNote problem={problem} />
      <div className="actions">
        <button type="button" onClick={() => setOpen({ action: 'create' })}>
          New webhook
        </button>
      </div>
      {open?.action === 'create' ? <CreateSegmentWebhook segmentId={segmentId} onClose={close} /> : null}
      {open?.webhook && open.action === 'rotate' ? (
        <RotateSegmentWebhookSecret webhook={open.webhook} onClose={close} />
      ) : null}
      {open?.webhook && open.action === 'delete' ? (
        <DeleteSegmentWebhook webhook={open.webhook} onClose={close} />
      ) : null}
    </>
  );
}
