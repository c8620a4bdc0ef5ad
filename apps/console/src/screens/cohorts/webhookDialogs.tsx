import { useEffect } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { count } from '../../parts/number.js';
import { problemOf } from '../../parts/problem.js';
import { CreateWebhook, DeleteWebhook, RotateWebhookSecret } from '../../parts/webhookDialogs.js';
import type { SegmentWebhook } from './webhooks.js';

interface OfOne {
  readonly webhook: SegmentWebhook;
  readonly onClose: () => void;
}

const note = 'The receiver, to check the signature of each request.';

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

export function CreateSegmentWebhook({
  segmentId,
  onClose,
}: {
  readonly segmentId: string;
  readonly onClose: () => void;
}) {
  const create = useHubMutation(createMutation);
  const answer = create.data?.createSegmentWebhook;
  return (
    <CreateWebhook
      title="New webhook"
      example="https://example.com/segments"
      secret={answer && 'secret' in answer ? answer.secret : undefined}
      note={note}
      isBusy={create.isPending}
      problem={problemOf(create.error, answer)}
      onSubmit={(url) => create.mutate({ input: { segmentId, url } })}
      onClose={onClose}
    />
  );
}

const rotateMutation = graphql(`
  mutation RotateSegmentWebhookSecret($input: RotateSegmentWebhookSecretInput!) {
    rotateSegmentWebhookSecret(input: $input) {
      __typename
      ... on RotateSegmentWebhookSecretPayload {
        secret
      }
      ... on Problem {
        message
        remedy
      }
    }
  }
`);

export function RotateSegmentWebhookSecret({ webhook: { id, url }, onClose }: OfOne) {
  const rotate = useHubMutation(rotateMutation);
  const answer = rotate.data?.rotateSegmentWebhookSecret;
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
  mutation DeleteSegmentWebhook($input: DeleteSegmentWebhookInput!) {
    deleteSegmentWebhook(input: $input) {
      __typename
      ... on DeleteSegmentWebhookPayload {
        segmentWebhook {
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

export function DeleteSegmentWebhook({ webhook: { id, url }, onClose }: OfOne) {
  const [plan, remove] = [useHubMutation(deleteMutation), useHubMutation(deleteMutation)];
  const { mutate } = plan;
  useEffect(() => mutate({ input: { id, dryRun: true } }), [mutate, id]);
  const [planned, answer] = [plan.data?.deleteSegmentWebhook, remove.data?.deleteSegmentWebhook];
  return (
    <DeleteWebhook
      url={url}
      plan={
        planned && 'segmentWebhook' in planned
          ? `It gets no change from now on, and its secret is erased. ${count(planned.segmentWebhook.pendingCount)} waiting changes are not sent to it. This cannot be undone.`
          : undefined
      }
      isBusy={remove.isPending}
      problem={problemOf(remove.error ?? plan.error, answer, planned)}
      onConfirm={() =>
        remove.mutate(
          { input: { id, dryRun: false, confirmUrl: url } },
          { onSuccess: (data) => data.deleteSegmentWebhook.__typename === 'DeleteSegmentWebhookPayload' && onClose() },
        )
      }
      onClose={onClose}
    />
  );
}
