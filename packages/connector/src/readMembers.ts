import type { CohortReference, Member } from './cohortImport.js';
import { kindOf } from '@currents/schema';

/** Why a member has no usable id: code → a sentence. */
export const memberReasons = {
  no_id: 'The partner sent the member without an id.',
  id_too_long: 'The member’s id has more than 600 characters.',
  id_not_text:
    'The member’s id is no text: it has a null character or half a character in it, or is neither text nor number.',
  id_not_exact: 'The member’s id is a number that JSON cannot carry exactly; the partner has to send it as text.',
} as const;

/** Fits into a database index; Mixpanel’s ids have up to 255 characters. */
const maxCharacters = 600;

/** An id as text; a whole number becomes its digits. */
export function readId(value: unknown): { readonly id: string } | { readonly reason: keyof typeof memberReasons } {
  if (typeof value === 'string') {
    if (value.trim() === '') return { reason: 'no_id' };
    if (value.length > maxCharacters) return { reason: 'id_too_long' };
    return value.includes('\0') || !value.isWellFormed() ? { reason: 'id_not_text' } : { id: value };
  }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { id: String(value) } : { reason: 'id_not_exact' };
  return { reason: value === undefined || value === null ? 'no_id' : 'id_not_text' };
}

/** Members of a push, and those that have no usable id. */
export interface MemberList {
  readonly members: readonly Member[];
  readonly refused: Readonly<Record<string, number>>;
}

/** Reads a list of ids into members. */
export function readMembers<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => unknown,
  memberOf: (id: string) => Member = (externalId) => ({ externalId }),
): MemberList {
  const members: Member[] = [];
  const refused: Record<string, number> = {};
  for (const entry of entries) {
    const read = readId(idOf(entry));
    if ('id' in read) members.push(memberOf(read.id));
    else refused[read.reason] = (refused[read.reason] ?? 0) + 1;
  }
  return { members, refused };
}

/** The sum of what was refused in several lists. */
export function addRefused(...lists: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const list of lists)
    for (const [reason, members] of Object.entries(list)) sum[reason] = (sum[reason] ?? 0) + members;
  return sum;
}

const maxNameCharacters = 1000;

/** A display name that can be stored; undefined when there is none. */
export function readName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.replaceAll('\0', '').trim().slice(0, maxNameCharacters).toWellFormed();
  return name === '' ? undefined : name;
}

const maxCohortIdCharacters = 400;

/** A partner's id of a cohort, or what is wrong with it; `field` is what the partner calls it. */
export function readCohortId(value: unknown, field: string): { readonly id: string } | { readonly unreadable: string } {
  const read = readId(value);
  if ('reason' in read) return { unreadable: `expected an id as ${field}, got ${kindOf(value)}` };
  if (read.id.length <= maxCohortIdCharacters) return read;
  return { unreadable: `expected at most ${maxCohortIdCharacters} characters as ${field}, got ${read.id.length}` };
}

/** A cohort by its partner's id, and its name and description if they are usable; without a name, its id is its name. */
export function readCohortReference(
  id: unknown,
  field: string,
  name: unknown,
  description?: unknown,
): CohortReference | { readonly unreadable: string } {
  const read = readCohortId(id, field);
  if ('unreadable' in read) return read;
  const text = readName(description);
  return { id: read.id, name: readName(name) ?? read.id, ...(text !== undefined && { description: text }) };
}
