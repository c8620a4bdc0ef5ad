import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Member } from '@currents/connector';
import type { Db } from '../admin/admin.js';
import { checkFirst, pageOf, QuestionRefused, type Page, type PageRequest } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import { memberFault, memberKey, memberOf } from '../cohorts/memberKey.js';
import { readSets, setTable, totalOf } from '../cohorts/memberSet.js';
import { cohort, segmentCohort } from '../db/schema.js';
import { findSegment } from './manageSegments.js';
import { memberCountsOf } from '../cohorts/cohortView.js';
import { segmentNotEvaluated, segmentNotFound, type SegmentNotEvaluated, type SegmentNotFound } from './segmentView.js';

export interface Membership {
  readonly kind: 'Membership';
  readonly isMember: boolean;
  /** The segment's cohorts that have the member. */
  readonly cohortIds: readonly string[];
  readonly evaluatedAt: Date;
}

/** A user, by exactly one id. */
interface MemberQuery {
  readonly externalId?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly alias?: { readonly name: string; readonly label: string } | undefined;
}

/** Whether a user is a member of a segment, as of the last evaluation. */
export async function getMembership(
  { db }: Db,
  segmentId: string,
  query: MemberQuery,
): Promise<Membership | SegmentNotFound | SegmentNotEvaluated | InputInvalid> {
  const member = readMember(query);
  if (!member) {
    const message = 'expected exactly one of externalId, deviceId and alias, of 1 to 600 characters';
    return inputInvalid([fieldProblem('member', 'malformed', message)]);
  }
  const key = memberKey(member);
  return readSets(async () => {
    const row = await findSegment({ db }, segmentId);
    if (!row) return segmentNotFound;
    if (row.evaluatedAt === null) return segmentNotEvaluated;
    const { evaluatedAt } = row;
    const cohorts = await db
      .select({ id: cohort.id, setId: cohort.setId })
      .from(segmentCohort)
      .innerJoin(cohort, eq(cohort.id, segmentCohort.cohortId))
      .where(and(eq(segmentCohort.segmentId, row.id), isNull(cohort.deletedAt), isNotNull(cohort.setId)))
      .orderBy(cohort.id);
    const own = 0;
    const sets = [{ id: own, setId: row.setId }, ...cohorts].filter(({ setId }) => setId !== null);
    const selects = sets.map(
      ({ id, setId }) =>
        sql`select ${id}::int as id from ${sql.identifier(setTable(setId as string))} where member = ${key}`,
    );
    const found = selects.length === 0 ? [] : await db.execute<{ id: number }>(sql.join(selects, sql` union all `));
    const ids = new Set(found.map(({ id }) => id));
    return {
      kind: 'Membership',
      isMember: ids.has(own),
      cohortIds: cohorts.filter(({ id }) => ids.has(id)).map(({ id }) => String(id)),
      evaluatedAt,
    };
  });
}

function readMember({ externalId, deviceId, alias }: MemberQuery): Member | undefined {
  const given = Object.entries({ externalId, deviceId, alias }).filter(([, id]) => id !== undefined);
  const member = Object.fromEntries(given) as unknown as Member;
  return given.length === 1 && memberFault(member) === undefined ? member : undefined;
}

/** The members of a segment, ordered by their ids. Members that enter meanwhile may or may not appear. */
export async function listMembers(
  { db }: Db,
  segmentId: string,
  page: PageRequest,
): Promise<Page<Member> | SegmentNotFound | SegmentNotEvaluated> {
  checkFirst(page.first);
  const last = readMemberCursor(page.after);
  return readSets(async () => {
    const row = await findSegment({ db }, segmentId);
    if (!row) return segmentNotFound;
    if (row.evaluatedAt === null) return segmentNotEvaluated;
    const table = row.setId === null ? undefined : sql.identifier(setTable(row.setId));
    const next = sql`select member from ${table} where member > ${last} order by member limit ${page.first + 1}`;
    const members = table ? await db.execute<{ member: string }>(next) : [];
    const listed = pageOf(
      members,
      page,
      ({ member }) => Buffer.from(member).toString('base64url'),
      async () => totalOf(memberCountsOf(row)),
    );
    return { ...listed, nodes: listed.nodes.map(({ member }) => memberOf(member)) };
  });
}

function readMemberCursor(after: string | undefined): string {
  if (after === undefined) return '';
  const key = Buffer.from(after, 'base64url').toString();
  if (/^[eda]/.test(key) && memberFault(memberOf(key)) === undefined) return key;
  throw new QuestionRefused('after: expected a cursor of this list, got something else');
}
