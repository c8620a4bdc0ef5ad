import { useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from './dialog.js';
import { Field } from './field.js';

/** Asks for a change to be confirmed by name, after `children` has said what it does. */
export function Confirm({
  title,
  name,
  action,
  isBusy,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  /** What has to be typed. */
  readonly name: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === name) onConfirm();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <form onSubmit={submit}>
        <Field label={`Type ${name} to confirm`}>
          {(id) => (
            <input id={id} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
        <div className="actions">
          <button type="submit" className="danger" disabled={typed !== name || isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
