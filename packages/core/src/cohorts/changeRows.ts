import { hash } from 'node:crypto';
import type { CohortChange, Member } from '@currents/connector';
import { memberFault, memberKey, type MemberKey } from './memberKey.js';

const maxIdLength = 400;
const maxNameLength = 1_000;
const maxSessionLength = 400;

/** Limit, and sentinel in `pages`: the total number of pages is not known yet. */
export const maxPages = 1_000_000;

/** Why a change cannot be stored; undefined if it can. Connectors let no such change through. */
export function changeFault(change: CohortChange): string | undefined {
  const fault = idFault(change.cohort.id);
  if (fault !== undefined) return fault;
  const session = 'session' in change ? change.session : undefined;
  if (!session) return undefined;
  const { page, pages } = session;
  return [page, pages].every((number) => Number.isInteger(number) && number >= 1 && number <= maxPages)
    ? undefined
    : `expected a page and a number of pages, each from 1 to ${maxPages}, got page ${page} of ${pages}`;
}

/** Why a partner's id of a cohort cannot be stored; undefined if it can. */
export function idFault(id: string): string | undefined {
  return isUsableId(id) ? undefined : `expected a cohort id of 1 to ${maxIdLength} characters, got ${id.length}`;
}

function isUsableId(id: string): boolean {
  return id.length > 0 && id.length <= maxIdLength && !id.includes('\0') && id.isWellFormed();
}

/** A change as one row of the insert. Undefined properties are absent from its JSON, and so null. */
export type ChangeRow = Readonly<ReturnType<typeof rowOf>>;

/** The rows of a push, in order. Members that the connector refused are counted in the first one. */
export function rowsOf(
  partner: string,
  changes: readonly CohortChange[],
  refused: Readonly<Record<string, number>>,
): readonly ChangeRow[] {
  const rows = mergeAdjacent(changes).map((change, position) => rowOf(change, position, partner));
  if (rows[0]) addCounts(rows[0].refused, refused);
  return rows;
}

function rowOf(change: CohortChange, position: number, partner: string) {
  const { cohort } = change;
  const refused: Record<string, number> = Object.create(null) as Record<string, number>;
  const members: MemberKey[] = [];
  const given = 'members' in change ? change.members : [];
  for (const member of given) {
    const fault = memberFault(member);
    if (fault === undefined) members.push(memberKey(member));
    else refused[fault] = (refused[fault] ?? 0) + 1;
  }
  const session = 'session' in change ? change.session : undefined;
  return {
    position,
    ref: cohort.id,
    listed: cohort.isListId === true,
    list_id: listIdOf(partner, cohort.id),
    kind: change.kind,
    name: storableText(cohort.name),
    description: storableText(cohort.description),
    created_at_ms: storableInstant(cohort.createdAtMs),
    session: session && storableSession(session.id),
    page: session?.page,
    pages: session?.pages,
    computed_at_ms: 'computedAtMs' in change ? storableInstant(change.computedAtMs) : undefined,
    members: change.kind === 'declare' ? undefined : members,
    received_count: given.length,
    refused,
  };
}

/** The hub's permanent id of a partner's cohort: a hash of the partner and its id. */
function listIdOf(partner: string, partnerId: string): string {
  return `list_${hash('sha256', `${partner}\0${partnerId}`).slice(0, 24)}`;
}

/** Truncates a text and replaces what Postgres does not store. Empty counts as absent. */
export function storableText(given: string | undefined): string | undefined {
  const whole = given?.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, maxNameLength).toWellFormed();
  return whole === '' ? undefined : whole;
}

/** Undefined for anything but a number of members. */
export function storableCount(count: number | undefined): number | undefined {
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** Undefined for anything but an instant since 1970. */
export function storableInstant(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 && ms <= 8.64e15 ? Math.trunc(ms) : undefined;
}

/** Replaces a session id that is too long by its hash. */
function storableSession(id: string): string {
  return id.length <= maxSessionLength && isUsableId(id) ? id : hash('sha256', id);
}

function addCounts(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(more)) {
    if (count > 0) counts[reason] = (counts[reason] ?? 0) + count;
  }
}

/** Merges adjacent changes of the same kind and cohort: partners may send one object per member. */
function mergeAdjacent(changes: readonly CohortChange[]): readonly CohortChange[] {
  const joined: CohortChange[] = [];
  let members: Member[] = [];
  for (const change of changes) {
    const last = joined.at(-1);
    if (last && (change.kind === 'add' || change.kind === 'remove') && continues(last, change)) {
      for (const member of change.members) members.push(member);
      continue;
    }
    if (change.kind === 'declare') joined.push(change);
    else joined.push({ ...change, members: (members = [...change.members]) });
  }
  return joined;
}

function continues(last: CohortChange, next: Extract<CohortChange, { kind: 'add' | 'remove' }>): boolean {
  return (
    last.kind === next.kind &&
    last.cohort.id === next.cohort.id &&
    last.cohort.isListId === next.cohort.isListId &&
    last.cohort.name === next.cohort.name &&
    last.computedAtMs === next.computedAtMs &&
    last.session?.id === next.session?.id &&
    last.session?.page === next.session?.page
  );
}
