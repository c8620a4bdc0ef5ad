import { useState, type FormEvent } from 'react';
import { Field } from './field.js';
import { ProblemNote, type ProblemLike } from './problem.js';

/** The address of a webhook. */
export function AddressForm({
  action,
  example,
  url: given,
  isBusy,
  problem,
  onSubmit,
}: {
  readonly action: string;
  readonly example: string;
  readonly url: string;
  readonly isBusy: boolean;
  readonly problem: ProblemLike | null;
  readonly onSubmit: (url: string) => void;
}) {
  const [url, setUrl] = useState(given);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit(url);
  };
  return (
    <form onSubmit={submit}>
      <Field label="Address" about={`Where requests are sent, such as ${example}.`}>
        {(id, describedBy) => (
          <input
            id={id}
            type="url"
            aria-describedby={describedBy}
            required
            maxLength={2_000}
            autoComplete="off"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        )}
      </Field>
      <ProblemNote problem={problem} />
      <div className="actions">
        <button type="submit" className="primary" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  );
}
