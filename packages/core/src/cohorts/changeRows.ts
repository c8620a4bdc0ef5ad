import { createHash } from 'node:crypto';
import type { CohortChange, Member } from '@currents/connector';
import { listIdOf } from './listId.js';
import { memberFault, memberKey, type MemberKey } from './memberKey.js';

const maxIdLength = 400;
const maxNameLength = 1_000;
const maxSessionLength = 400;

/** A session of so many pages has more than that to come: how many, its sender does not know yet. */
export const maxPages = 1_000_000;

/** What no connector lets through, and the database would not take. */
export function changeFault(change: CohortChange): string | undefined {
  const { id } = change.cohort;
  if (!isUsableId(id)) return `expected a cohort id of 1 to ${maxIdLength} characters, got ${id.length}`;
  const session = 'session' in change ? change.session : undefined;
  if (!session) return undefined;
  const { page, pages } = session;
  const fits =
    Number.isInteger(page) &&
    Number.isInteger(pages) &&
    page >= 1 &&
    pages >= 1 &&
    page <= maxPages &&
    pages <= maxPages;
  return fits
    ? undefined
    : `expected a page and a number of pages, each from 1 to ${maxPages}, got page ${page} of ${pages}`;
}

function isUsableId(id: string): boolean {
  return id.length > 0 && id.length <= maxIdLength && !id.includes('\0') && id.isWellFormed();
}

/** A change as it is stored, in the statement's words; what is undefined is left out of the JSON, and so null. */
export interface ChangeRow {
  readonly position: number;
  readonly ref: string;
  readonly listed: boolean;
  readonly list_id: string;
  readonly kind: CohortChange['kind'];
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly created_at_ms: number | undefined;
  readonly session: string | undefined;
  readonly page: number | undefined;
  readonly pages: number | undefined;
  readonly computed_at_ms: number | undefined;
  readonly members: readonly MemberKey[] | undefined;
  readonly received_count: number;
  readonly refused: Record<string, number>;
}

/** The rows of a push, in its order. What the partner refused itself counts for the first of them. */
export function rowsOf(
  partner: string,
  changes: readonly CohortChange[],
  refused: Readonly<Record<string, number>>,
): readonly ChangeRow[] {
  const rows = mergeAdjacent(changes).map((change, position) => rowOf(change, position, partner));
  if (rows[0]) addCounts(rows[0].refused, refused);
  return rows;
}

function rowOf(change: CohortChange, position: number, partner: string): ChangeRow {
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

/** Text for people: cut to size and made storable. Empty counts as none. */
function storableText(given: string | undefined): string | undefined {
  const whole = given?.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, maxNameLength).toWellFormed();
  return whole === '' ? undefined : whole;
}

/** What is no instant since 1970 says nothing. */
function storableInstant(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 && ms <= 8.64e15 ? Math.trunc(ms) : undefined;
}

/** An id of any length keeps what tells it from others. */
function storableSession(id: string): string {
  if (id.length <= maxSessionLength && isUsableId(id)) return id;
  return createHash('sha256').update(id).digest('hex');
}

function addCounts(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(more)) {
    if (count > 0) counts[reason] = (counts[reason] ?? 0) + count;
  }
}

/** Joins neighbours that say the same of the same cohort: partners may send an object for each member. */
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
