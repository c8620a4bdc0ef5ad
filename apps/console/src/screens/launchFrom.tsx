import { Field } from '../parts/field.js';

/** An earlier time to launch from, in the time of this browser; empty: from now on. */
export function LaunchFrom({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field
      label="Launch from (optional)"
      about="Also sends the events that the hub stored since then, after live ones. Leave it empty to send only what arrives from now on."
    >
      {(id, describedBy) => (
        <input
          id={id}
          type="datetime-local"
          aria-describedby={describedBy}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** The time of the API as an input of this browser shows it, such as 2026-01-31T09:30; empty without one. */
export function localTimeOf(instant: string | null): string {
  const date = new Date(instant ?? '');
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The time for the API; null when none was chosen. */
export function instantOf(value: string): string | null {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
