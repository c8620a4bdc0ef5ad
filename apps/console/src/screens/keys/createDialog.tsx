import { useState, type FormEvent, type ReactNode } from 'react';
import { ShownOnce } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialog.js';
import { Field } from '../../parts/field.js';
import { ProblemNote } from '../../parts/problem.js';

interface Problem {
  readonly message: string;
  readonly remedy?: string | null;
}

/** Asks for the name of a new secret and for what `children` ask; then shows the secret once. */
export function CreateDialog({
  title,
  about,
  isBusy,
  problem,
  created,
  onCreate,
  onClose,
  children,
}: {
  readonly title: string;
  /** What the name is good for. */
  readonly about: string;
  readonly isBusy: boolean;
  readonly problem: Problem | null | undefined;
  readonly created: { readonly secret: string; readonly command?: string; readonly note?: string } | undefined;
  readonly onCreate: (name: string) => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const [name, setName] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onCreate(name);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {created ? (
        <ShownOnce {...created} />
      ) : (
        <form onSubmit={submit}>
          <Field label="Name" about={about}>
            {(id, describedBy) => (
              <input
                id={id}
                aria-describedby={describedBy}
                required
                maxLength={100}
                autoComplete="off"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          {children}
          <ProblemNote problem={problem} />
          <div className="actions">
            <button type="submit" className="primary" disabled={isBusy}>
              Create
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
