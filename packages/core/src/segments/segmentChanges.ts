import type { Member } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { boundOf, QuestionRefused } from '../admin/page.js';
import { memberOf } from '../cohorts/memberKey.js';
import { findSegment } from './manageSegments.js';
import { segmentNotFound, type SegmentNotFound } from './segmentView.js';

/** Somebody entered a segment, or left it. */
export interface SegmentChange {
  /** Rises from change to change; a cursor after this change. */
  readonly cursor: string;
  readonly at: Date;
  readonly entered: boolean;
  readonly member: Member;
}

export interface SegmentChanges {
  readonly kind: 'SegmentChanges';
  readonly changes: readonly SegmentChange[];
  /** Where to go on, now or when more has happened. */
  readonly nextCursor: string;
  /** Whether there is more by now. */
  readonly more: boolean;
}

/** Some of the changes asked for are forgotten already: take all members anew, and follow from there. */
export interface ChangesExpired {
  readonly kind: 'ChangesForgotten';
  readonly message: string;
  /** Since when every change is known; undefined before the first evaluation. */
  readonly changesSince: Date | undefined;
}

export interface ChangesRequest {
  /** How many to return, 1 to 1,000. */
  readonly first: number;
  /** A cursor that this list gave, or an export, or the segment itself. */
  readonly after?: string | undefined;
  /** Without a cursor: changes noted from this moment on. */
  readonly since?: Date | undefined;
}

export const maxChangesPerPage = 1_000;

/**
 * Who entered and who left, in order, each exactly once when followed by cursor. A moment is only for where to begin:
 * changes are noted as they are committed, to about a second.
 */
export async function listSegmentChanges(
  { sql }: Pick<Admin, 'sql'>,
  segmentId: string,
  { first, after, since }: ChangesRequest,
): Promise<SegmentChanges | SegmentNotFound | ChangesExpired> {
  checkRequest(first, after, since);
  const row = await findSegment({ sql }, segmentId);
  if (!row) return segmentNotFound(segmentId);
  const changesSince = row.changes_complete_since ?? undefined;
  const known =
    after !== undefined
      ? BigInt(after) >= BigInt(row.pruned_change_id)
      : since !== undefined && changesSince !== undefined && since >= changesSince;
  if (!known) {
    const message = `changes from there on are not known${changesSince ? `, only those since ${changesSince.toISOString()}` : ' yet'}; take all members anew, and follow from the cursor that comes with them`;
    return { kind: 'ChangesForgotten', message, changesSince };
  }
  const rows = await sql<{ id: string; at: Date; entered: boolean; member: string }[]>`
    select id, at, entered, member from segment_change
    where segment_id = ${row.id} and id > ${after ?? row.pruned_change_id}::bigint
      and (${after === undefined ? boundOf(since as Date) : null}::timestamptz is null or at >= ${after === undefined ? boundOf(since as Date) : null}::timestamptz)
    order by id limit ${first + 1}`;
  const changes = rows
    .slice(0, first)
    .map(({ id, at, entered, member }) => ({ cursor: id, at, entered, member: memberOf(member) }));
  return {
    kind: 'SegmentChanges',
    changes,
    // From a moment after which nothing happened: from where the segment stood when it was looked at.
    nextCursor: changes.at(-1)?.cursor ?? after ?? row.last_change_id,
    more: rows.length > first,
  };
}

function checkRequest(first: number, after: string | undefined, since: Date | undefined): void {
  if (!(Number.isInteger(first) && first >= 1 && first <= maxChangesPerPage)) {
    throw new QuestionRefused(`first: wanted a whole number from 1 to ${maxChangesPerPage}; ${first} came`);
  }
  if ((after === undefined) === (since === undefined))
    throw new QuestionRefused('wanted either after or since; both or neither came');
  if (after !== undefined && !/^\d{1,18}$/.test(after))
    throw new QuestionRefused('after: wanted a cursor that this hub gave; something else came');
}
