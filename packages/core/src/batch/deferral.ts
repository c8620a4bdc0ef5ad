import type { Sql } from '../db/connect.js';

/** Events of one delivery that wait for a later time. A list of these is stored as JSON in `delivery.deferred`. */
export interface Deferral {
  readonly dueAtMs: number;
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly positions: readonly number[];
  /** Whose events they are, each user once with its first position: the user's later events wait for them. */
  readonly users?: readonly (readonly [user: string, position: number])[];
  /** Set when they wait for the budget of a key. */
  readonly budget?: BudgetQueueEntry;
}

/** Events queued for the budget of a key. Stored as JSON in `delivery.deferred`. */
export interface BudgetQueueEntry {
  readonly name: string;
  readonly key: string;
  /** The budget's terms, see `termsOf`; under other terms the events queue again. */
  readonly terms: string;
  /** Whether the gate refused them, or a pause of their key did. */
  readonly turnedAway?: boolean;
  /** Since when the events wait for this key, however often they were deferred. */
  readonly sinceMs: number;
}

/**
 * The form of `delivery.deferred`. A list is the first one, and the present one: it has no version, because the release
 * before this one reads it. A later form is an object with its version: `{"version": 2, …}`. What is in it cannot be
 * guessed, not even which events wait, so its delivery is left to a worker of a release that reads it.
 */
export function isReadable(stored: unknown): stored is readonly Deferral[] {
  return Array.isArray(stored);
}

/** SQL: the deferrals of the delivery `d`, one a row; none where a later release has stored them. */
export function deferralsOf(sql: Sql) {
  return sql`jsonb_array_elements(case jsonb_typeof(d.deferred) when 'array' then d.deferred else '[]'::jsonb end)`;
}
