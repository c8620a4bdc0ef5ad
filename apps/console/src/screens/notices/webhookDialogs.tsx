import { useEffect, useState } from 'react';
import { graphql } from '../../hub/graphql.js';
import { useHubMutation } from '../../hub/useHub.js';
import { AddressForm } from '../../parts/addressForm.js';
import { Confirm } from '../../parts/confirm.js';
import { ShownOnce } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialog.js';
import { Field } from '../../parts/field.js';
import { count } from '../../parts/number.js';
import { ProblemNote } from '../../parts/problem.js';
import type { NoticeWebhook } from './noticeWebhooks.js';

interface OfOne {
  readonly webhook: NoticeWebhook;
  readonly onClose: () => void;
}

const example = 'https://example.com/notices';
const secretNote = 'The receiver, to check the signature of each request as Standard Webhooks describes.';

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

export function CreateWebhook({ onClose }: { readonly onClose: () => void }) {
  const create = useHubMutation(createMutation);
  const answer = create.data?.createNoticeWebhook;
  return (
    <Dialog title="New notice webhook" onClose={onClose}>
      {answer && 'secret' in answer ? (
        <ShownOnce secret={answer.secret} note={secretNote} />
      ) : (
        <AddressForm
          action="Create"
          example={example}
          url=""
          isBusy={create.isPending}
          problem={create.error ?? (answer && 'message' in answer ? answer : null)}
          onSubmit={(url) => create.mutate({ input: { url } })}
        />
      )}
    </Dialog>
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

export function MoveWebhook({ webhook: { id, url: former }, onClose }: OfOne) {
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
        problem={move.error ?? (answer && 'message' in answer ? answer : null)}
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

export function RotateSecret({ webhook: { id, url }, onClose }: OfOne) {
  const [hours, setHours] = useState('24');
  const rotate = useHubMutation(rotateMutation);
  const answer = rotate.data?.rotateNoticeWebhookSecret;
  if (answer && 'secret' in answer)
    return (
      <Dialog title="The new secret" onClose={onClose}>
        <ShownOnce secret={answer.secret} note={secretNote} />
      </Dialog>
    );
  return (
    <Confirm
      title="Make a new secret"
      name={url}
      action="Make a new secret"
      isBusy={rotate.isPending}
      onClose={onClose}
      onConfirm={() => rotate.mutate({ input: { id, confirmUrl: url, overlapHours: Number(hours) } })}
    >
      <p>
        Requests are signed with the new secret from now on, and for a while with the former one as well, so that the
        receiver accepts them until it has the new one. The former one is lost then.
      </p>
      <Field
        label="Sign with the former one for (hours)"
        about="0 to 720. 0 when it has leaked: the receiver refuses requests then until it has the new one."
      >
        {(field, describedBy) => (
          <input
            id={field}
            type="number"
            aria-describedby={describedBy}
            required
            min={0}
            max={720}
            value={hours}
            onChange={(event) => setHours(event.target.value)}
          />
        )}
      </Field>
      <ProblemNote problem={rotate.error ?? (answer && 'message' in answer ? answer : null)} />
    </Confirm>
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

export function DeleteWebhook({ webhook: { id, url }, onClose }: OfOne) {
  const [plan, remove] = [useHubMutation(deleteMutation), useHubMutation(deleteMutation)];
  const { mutate } = plan;
  useEffect(() => mutate({ input: { id, dryRun: true } }), [mutate, id]);
  const [planned, answer] = [plan.data?.deleteNoticeWebhook, remove.data?.deleteNoticeWebhook];
  const problem = [answer, planned].find((said) => said && 'message' in said);
  return (
    <Confirm
      title="Delete the webhook"
      name={url}
      action="Delete"
      isBusy={remove.isPending || plan.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(
          { input: { id, dryRun: false, confirmUrl: url } },
          {
            onSuccess: (data) => data.deleteNoticeWebhook.__typename === 'DeleteNoticeWebhookPayload' && onClose(),
          },
        )
      }
    >
      {planned && 'noticeWebhook' in planned ? (
        <p>
          It gets no notice from now on, and its secret is erased. {count(planned.noticeWebhook.pendingCount)} waiting
          notices are not sent to it. This cannot be undone.
        </p>
      ) : (
        <p className="muted">Planning…</p>
      )}
      <ProblemNote problem={remove.error ?? plan.error ?? (problem && 'message' in problem ? problem : null)} />
    </Confirm>
  );
}
