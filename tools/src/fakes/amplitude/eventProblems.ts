import type { Answer } from '../exchange.js';
import type { Partial400 } from '../faults/rule.js';
import { badRequest } from './answers.js';
import type { AmplitudeProfile } from './profile.js';

export type ProblemKind = 'missing' | 'invalid' | 'length';

/** What is wrong with a request's events: kind and field to their indexes, as in Amplitude's answer. */
export interface EventProblems {
  note(kind: ProblemKind, field: string, index: number): void;
  /** The indexes that anything is wrong with. */
  indexes(): ReadonlySet<number>;
  /** The indexes that the answer names, each with the first thing it is named for. */
  named(
    indexMode: AmplitudeProfile['indexMode'],
    forced: Partial400 | undefined,
  ): ReadonlyMap<number, { readonly kind: ProblemKind; readonly field: string }>;
  answer(indexMode: AmplitudeProfile['indexMode'], forced: Partial400 | undefined, eventCount: number): Answer;
}

const kinds = ['missing', 'invalid', 'length'] as const;

const mapNames = {
  missing: 'events_with_missing_fields',
  invalid: 'events_with_invalid_fields',
  length: 'events_with_invalid_id_lengths',
} as const;

export function createEventProblems(): EventProblems {
  const maps = {
    missing: new Map<string, number[]>(),
    invalid: new Map<string, number[]>(),
    length: new Map<string, number[]>(),
  };
  const bad = new Set<number>();
  return {
    note(kind, field, index) {
      const indexes = maps[kind].get(field);
      if (indexes === undefined) maps[kind].set(field, [index]);
      else indexes.push(index);
      bad.add(index);
    },
    indexes: () => bad,
    named(indexMode, forced) {
      const named = new Map<number, { readonly kind: ProblemKind; readonly field: string }>();
      if (forced?.records === 'none' || forced?.records === 'strings') return named;
      for (const kind of kinds) {
        for (const [field, indexes] of maps[kind]) {
          for (const index of shownOf(indexes, indexMode)) if (!named.has(index)) named.set(index, { kind, field });
        }
      }
      return named;
    },
    answer(indexMode, forced, eventCount) {
      const error =
        maps.missing.size > 0
          ? 'Request missing required field'
          : maps.invalid.size === 0 && maps.length.size > 0
            ? 'Invalid id length for user_id or device_id'
            : 'Invalid field values on some events';
      if (forced?.records === 'none') return badRequest(error);
      const shown: Record<string, unknown> = {};
      for (const kind of kinds) {
        if (maps[kind].size === 0) continue;
        const fields = [...maps[kind]].map(([field, indexes]) => [
          field,
          listed(shownOf(indexes, indexMode), forced, eventCount),
        ]);
        shown[mapNames[kind]] = forced?.records === 'strings' ? [...maps[kind].keys()] : Object.fromEntries(fields);
      }
      return badRequest(error, shown);
    },
  };
}

function shownOf(indexes: readonly number[], indexMode: AmplitudeProfile['indexMode']): readonly number[] {
  return indexMode === 'all' ? indexes : indexes.slice(0, 1);
}

function listed(indexes: readonly number[], forced: Partial400 | undefined, eventCount: number): readonly unknown[] {
  switch (forced?.records) {
    case 'outOfRange':
      return [...indexes, eventCount + 7];
    case 'repeated':
      return [...indexes, ...indexes];
    case 'indexAsString':
      return indexes.map(String);
    default:
      return indexes;
  }
}
