import { useEffect } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { AddressForm } from '../../parts/addressForm.js';
import { Dialog } from '../../parts/dialog.js';
import { count } from '../../parts/number.js';
import { problemOf } from '../../parts/problem.js';
import { CreateWebhook, DeleteWebhook, RotateWebhookSecret } from '../../parts/webhookDialogs.js';
import type { NoticeWebhook } from './noticeWebhooks.js';

interface OfOne {
  readonly webhook: NoticeWebhook;
  readonly onClose: () => void;
}

const example = 'https://example.com/notices';

const note = 'The receiver, to check the signature of each request as Standard Webhooks describes.';

const createMutation = graphql(`
  mutation CreateNoticeWebhook($input: CreateNoticeWebhookInput!) {
    createNoticeWebhook(input: $input) {
      __typename
      ... on CreateNoticeWebhookPayload {
        secret
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function CreateNoticeWebhook({ onClose }: { readonly onClose: () => void }) {
  const create = useHubMutation(createMutation);
  const answer = create.data?.createNoticeWebhook;
  return (
    <CreateWebhook
      title="New notice webhook"
      example={example}
      secret={answer && 'secret' in answer ? answer.secret : undefined}
      note={note}
      isBusy={create.isPending}
      problem={problemOf(create.error, answer)}
      onSubmit={(url) => create.mutate({ input: { url } })}
      onClose={onClose}
    />
  );
}

const moveMutation = graphql(`
  mutation UpdateNoticeWebhook($input: UpdateNoticeWebhookInput!) {
    updateNoticeWebhook(input: $input) {
      __typename
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function MoveNoticeWebhook({ webhook: { id, url: former }, onClose }: OfOne) {
  const move = useHubMutation(moveMutation);
  const answer = move.data?.updateNoticeWebhook;
  return (
    <Dialog title="Move the webhook" onClose={onClose}>
      <p>Notices go to the new address from now on, also those that wait. The secret stays the same.</p>
      <AddressForm
        action="Move"
        example={example}
        url={former}
        isBusy={move.isPending}
        problem={problemOf(move.error, answer)}
        onSubmit={(url) =>
          move.mutate(
            { input: { id, url } },
            {
              onSuccess: (data) => data.updateNoticeWebhook.__typename === 'UpdateNoticeWebhookPayload' && onClose(),
            },
          )
        }
      />
    </Dialog>
  );
}

const rotateMutation = graphql(`
  mutation RotateNoticeWebhookSecret($input: RotateNoticeWebhookSecretInput!) {
    rotateNoticeWebhookSecret(input: $input) {
      __typename
      ... on RotateNoticeWebhookSecretPayload {
        secret
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function RotateNoticeWebhookSecret({ webhook: { id, url }, onClose }: OfOne) {
  const rotate = useHubMutation(rotateMutation);
  const answer = rotate.data?.rotateNoticeWebhookSecret;
  return (
    <RotateWebhookSecret
      url={url}
      secret={answer && 'secret' in answer ? answer.secret : undefined}
      note={note}
      isBusy={rotate.isPending}
      problem={problemOf(rotate.error, answer)}
      onConfirm={(overlapHours) => rotate.mutate({ input: { id, confirmUrl: url, overlapHours } })}
      onClose={onClose}
    />
  );
}

const deleteMutation = graphql(`
  mutation DeleteNoticeWebhook($input: DeleteNoticeWebhookInput!) {
    deleteNoticeWebhook(input: $input) {
      __typename
      ... on DeleteNoticeWebhookPayload {
        noticeWebhook {
          pendingCount
        }
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function DeleteNoticeWebhook({ webhook: { id, url }, onClose }: OfOne) {
  const [plan, remove] = [useHubMutation(deleteMutation), useHubMutation(deleteMutation)];
  const { mutate } = plan;
  useEffect(() => mutate({ input: { id, dryRun: true } }), [mutate, id]);
  const [planned, answer] = [plan.data?.deleteNoticeWebhook, remove.data?.deleteNoticeWebhook];
  return (
    <DeleteWebhook
      url={url}
      plan={
        planned && 'noticeWebhook' in planned
          ? `It gets no notice from now on, and its secret is erased. ${count(planned.noticeWebhook.pendingCount)} waiting notices are not sent to it. This cannot be undone.`
          : undefined
      }
      isBusy={remove.isPending}
      problem={problemOf(remove.error ?? plan.error, answer, planned)}
      onConfirm={() =>
        remove.mutate(
          { input: { id, dryRun: false, confirmUrl: url } },
          { onSuccess: (data) => data.deleteNoticeWebhook.__typename === 'DeleteNoticeWebhookPayload' && onClose() },
        )
      }
      onClose={onClose}
    />
  );
}
