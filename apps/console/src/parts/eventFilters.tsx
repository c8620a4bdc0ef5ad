import type { ReactNode } from 'react';
import { count } from './number.js';

type Change = (changes: Readonly<Record<string, string | undefined>>) => void;

const names = [
  { name: 'event', label: 'Event id' },
  { name: 'user', label: 'User or device' },
  { name: 'type', label: 'Event type' },
] as const;

/** What the address says of the wanted events, as the filters of the hub name it. */
export function eventFilterOf(filters: URLSearchParams) {
  const [event, user, type] = names.map(({ name }) => filters.get(name));
  return { ...(event && { eventIds: [event] }), ...(user && { users: [user] }), ...(type && { eventType: type }) };
}

/** Searches for events by id, user and type. Enter applies it: a search reads stored events. */
export function EventFilters({ filters, change }: { readonly filters: URLSearchParams; readonly change: Change }) {
  return (
    <form
      key={names.map(({ name }) => filters.get(name)).join('\n')}
      className="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const texts = names.map(({ name }) => {
          const text = form.get(name);
          return [name, typeof text === 'string' ? text.trim() : ''] as const;
        });
        change({ ...Object.fromEntries(texts), after: undefined });
      }}
    >
      {names.map(({ name, label }) => (
        <label key={name}>
          {label} <input type="search" name={name} defaultValue={filters.get(name) ?? ''} autoComplete="off" />
        </label>
      ))}
      <button type="submit">Search</button>
    </form>
  );
}

export interface Reason {
  readonly code: string;
  readonly label: string;
  /** Events, or changes of users, that a person may look at. */
  readonly openCount: number;
}

/** Chooses one of the reasons, or all. */
export function ReasonFilter({
  code,
  reasons,
  change,
  children,
}: {
  readonly code: string | null;
  readonly reasons: readonly Reason[];
  readonly change: Change;
  readonly children?: ReactNode;
}) {
  const choose = (chosen: string | undefined) => change({ code: chosen, after: undefined });
  return (
    <div className="filters" role="group" aria-label="Filters">
      <button type="button" aria-pressed={code === null} onClick={() => choose(undefined)}>
        All reasons
      </button>
      {reasons.map((reason) => (
        <button
          key={reason.label}
          type="button"
          aria-pressed={code === reason.code}
          onClick={() => choose(reason.code)}
        >
          {reason.label} <strong>{count(reason.openCount)}</strong>
        </button>
      ))}
      {children}
    </div>
  );
}
