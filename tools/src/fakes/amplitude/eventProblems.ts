import type { Answer } from '../exchange.js';
import type { Partial400 } from '../faults/rule.js';
import { badRequest } from './answers.js';
import type { AmplitudeProfile } from './profile.js';

type IndexMode = AmplitudeProfile['indexMode'];

const mapNames = {
  missing: 'events_with_missing_fields',
  invalid: 'events_with_invalid_fields',
  length: 'events_with_invalid_id_lengths',
} as const;
type ProblemKind = keyof typeof mapNames;
const kinds = Object.keys(mapNames) as ProblemKind[];

export type EventProblems = ReturnType<typeof createEventProblems>;

/** The faults of a request's events: kind and field to their indexes, as in Amplitude's response. */
export function createEventProblems() {
  const maps: Readonly<Record<ProblemKind, Map<string, number[]>>> = {
    missing: new Map(),
    invalid: new Map(),
    length: new Map(),
  };
  const bad = new Set<number>();
  return {
    note(kind: ProblemKind, field: string, index: number): void {
      const indexes = maps[kind].get(field);
      if (indexes === undefined) maps[kind].set(field, [index]);
      else indexes.push(index);
      bad.add(index);
    },
    /** The indexes of all events with faults. */
    indexes: bad as ReadonlySet<number>,
    /** The indexes in the response, each with its first fault. */
    named(indexMode: IndexMode, forced: Partial400 | undefined) {
      const named = new Map<number, { readonly kind: ProblemKind; readonly field: string }>();
      if (forced?.records === 'none' || forced?.records === 'strings') return named;
      for (const kind of kinds) {
        for (const [field, indexes] of maps[kind]) {
          for (const index of shownOf(indexes, indexMode)) if (!named.has(index)) named.set(index, { kind, field });
        }
      }
      return named;
    },
    answer(indexMode: IndexMode, forced: Partial400 | undefined, eventCount: number): Answer {
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
        const fields = [...maps[kind]].map(([field, indexes]) => {
          return [field, listed(shownOf(indexes, indexMode), forced, eventCount)] as const;
        });
        shown[mapNames[kind]] = forced?.records === 'strings' ? [...maps[kind].keys()] : Object.fromEntries(fields);
      }
      return badRequest(error, shown);
    },
  };
}

function shownOf(indexes: readonly number[], indexMode: IndexMode): readonly number[] {
  return indexMode === 'all' ? indexes : indexes.slice(0, 1);
}

function listed(indexes: readonly number[], forced: Partial400 | undefined, eventCount: number): readonly unknown[] {
  if (forced?.records === 'outOfRange') return [...indexes, eventCount + 7];
  if (forced?.records === 'repeated') return [...indexes, ...indexes];
  return forced?.records === 'indexAsString' ? indexes.map(String) : indexes;
}
