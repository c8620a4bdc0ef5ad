import { useState, type ReactNode } from 'react';
import { AddressForm } from './addressForm.js';
import { Confirm } from './confirm.js';
import { ShownOnce } from './copy.js';
import { Dialog } from './dialog.js';
import { Field } from './field.js';
import { ProblemNote, type ProblemLike } from './problem.js';

interface Asked {
  readonly isBusy: boolean;
  readonly problem: ProblemLike | null;
  readonly onClose: () => void;
}

/** Asks where requests are to be sent, and then shows the secret that signs them. */
export function CreateWebhook({
  title,
  example,
  secret,
  note,
  onSubmit,
  onClose,
  ...asked
}: Asked & {
  readonly title: string;
  readonly example: string;
  /** Once it is created. */
  readonly secret: string | undefined;
  /** Who needs the secret. */
  readonly note: string;
  readonly onSubmit: (url: string) => void;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      {secret === undefined ? (
        <AddressForm action="Create" example={example} url="" {...asked} onSubmit={onSubmit} />
      ) : (
        <ShownOnce secret={secret} note={note} />
      )}
    </Dialog>
  );
}

/** Asks for how long the former secret signs as well, and then shows the new one. */
export function RotateWebhookSecret({
  url,
  secret,
  note,
  isBusy,
  problem,
  onConfirm,
  onClose,
}: Asked & {
  readonly url: string;
  /** Once it is made. */
  readonly secret: string | undefined;
  /** Who needs the secret. */
  readonly note: string;
  readonly onConfirm: (overlapHours: number) => void;
}) {
  const [hours, setHours] = useState('24');
  if (secret !== undefined)
    return (
      <Dialog title="The new secret" onClose={onClose}>
        <ShownOnce secret={secret} note={note} />
      </Dialog>
    );
  return (
    <Confirm
      title="Make a new secret"
      name={url}
      action="Make a new secret"
      isBusy={isBusy}
      onClose={onClose}
      onConfirm={() => onConfirm(Number(hours))}
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
      <ProblemNote problem={problem} />
    </Confirm>
  );
}

/** Says what the plan of deleting a webhook says, and asks for its address. */
export function DeleteWebhook({
  url,
  plan,
  isBusy,
  problem,
  onConfirm,
  onClose,
}: Asked & {
  readonly url: string;
  /** Undefined while it is made. */
  readonly plan: ReactNode | undefined;
  readonly onConfirm: () => void;
}) {
  return (
    <Confirm
      title="Delete the webhook"
      name={url}
      action="Delete"
      isBusy={isBusy || plan === undefined}
      onClose={onClose}
      onConfirm={onConfirm}
    >
      {plan === undefined ? <p className="muted">Planning…</p> : <p>{plan}</p>}
      <ProblemNote problem={problem} />
    </Confirm>
  );
}
