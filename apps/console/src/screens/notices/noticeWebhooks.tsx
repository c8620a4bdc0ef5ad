import { useState } from 'react';
import { graphql, type ResultOf } from '../../hub/graphql.js';
import { useHubMutation, useHubQuery } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { Answer, ProblemNote } from '../../parts/problem.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import {
  CreateNoticeWebhook,
  DeleteNoticeWebhook,
  MoveNoticeWebhook,
  RotateNoticeWebhookSecret,
} from './webhookDialogs.js';

const webhooksQuery = graphql(`
  query NoticeWebhooks {
    noticeWebhooks(first: 50) {
      nodes {
        id
        url
        state
        stateSince
        pendingCount
        formerSecretUntil
        createdAt
        block {
          detail
        }
      }
    }
  }
`);

export type NoticeWebhook = ResultOf<typeof webhooksQuery>['noticeWebhooks']['nodes'][number];

const testMutation = graphql(`
  mutation TestNoticeWebhook($input: TestNoticeWebhookInput!) {
    testNoticeWebhook(input: $input) {
      __typename
      ... on TestNoticeWebhookPayload {
        hasPassed
        detail
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

type Action = 'create' | 'move' | 'rotate' | 'delete';

/** Programs that get every notice. */
export function NoticeWebhooks() {
  const reading = useHubQuery(webhooksQuery, {});
  const test = useHubMutation(testMutation);
  const [open, setOpen] = useState<{ readonly action: Action; readonly webhook?: NoticeWebhook }>();
  const close = (): void => setOpen(undefined);
  const tested = test.data?.testNoticeWebhook;
  return (
    <section>
      <div className="title">
        <h2>Webhooks</h2>
        <button type="button" onClick={() => setOpen({ action: 'create' })}>
          New notice webhook
        </button>
      </div>
      <Answer reading={reading}>
        {({ noticeWebhooks }) => (
          <Table
            caption="Notice webhooks"
            rows={noticeWebhooks.nodes}
            keyOf={({ id }) => id}
            empty={<p>No webhook is here. Create one to send notices to a chat or a pager.</p>}
            columns={[
              {
                title: 'Address',
                cell: ({ url, block, formerSecretUntil }) => (
                  <>
                    {url}
                    {formerSecretUntil ? (
                      <div className="muted reason">
                        signed with the former secret as well, last <Time at={formerSecretUntil} />
                      </div>
                    ) : null}
                    {block ? <div className="muted reason">{block.detail}</div> : null}
                  </>
                ),
              },
              {
                title: 'State',
                cell: ({ state, stateSince }) => (
                  <>
                    <State value={state} /> <Time at={stateSince} />
                  </>
                ),
              },
              {
                title: 'Waiting',
                about: 'Notices that are still to be sent to it now',
                isNumber: true,
                cell: ({ pendingCount }) => count(pendingCount),
              },
              { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
              {
                title: 'Actions',
                cell: (webhook) => (
                  <div className="actions">
                    <button
                      type="button"
                      disabled={test.isPending}
                      onClick={() => test.mutate({ input: { id: webhook.id } })}
                    >
                      Test
                    </button>
                    <button type="button" onClick={() => setOpen({ action: 'move', webhook })}>
                      Move…
                    </button>
                    <button type="button" onClick={() => setOpen({ action: 'rotate', webhook })}>
                      New secret…
                    </button>
                    <button type="button" className="danger" onClick={() => setOpen({ action: 'delete', webhook })}>
                      Delete…
                    </button>
                  </div>
                ),
              },
            ]}
          />
        )}
      </Answer>
      <ProblemNote problem={test.error ?? (tested && 'message' in tested ? tested : null)} />
      {tested && 'hasPassed' in tested ? (
        <p className={tested.hasPassed ? 'note good' : 'note bad'} role="status">
          {tested.hasPassed ? 'The receiver accepted a signed request.' : `It did not pass: ${tested.detail ?? ''}`}
        </p>
      ) : null}
      {open?.action === 'create' ? <CreateNoticeWebhook onClose={close} /> : null}
      {open?.webhook && open.action === 'move' ? <MoveNoticeWebhook webhook={open.webhook} onClose={close} /> : null}
      {open?.webhook && open.action === 'rotate' ? (
        <RotateNoticeWebhookSecret webhook={open.webhook} onClose={close} />
      ) : null}
      {open?.webhook && open.action === 'delete' ? (
        <DeleteNoticeWebhook webhook={open.webhook} onClose={close} />
      ) : null}
    </section>
  );
}
