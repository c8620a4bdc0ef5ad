import type { Member } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, QuestionRefused, type Page, type PageRequest, withNodes } from '../admin/page.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import { memberFault, memberKey, memberOf } from '../cohorts/memberKey.js';
import { readSets, setTable } from '../cohorts/memberSet.js';
import { findSegment } from './manageSegments.js';
import { segmentNotFound, type SegmentNotFound } from './segmentView.js';

type Deps = Pick<Admin, 'sql'>;

export interface Membership {
  readonly kind: 'Membership';
  readonly belongs: boolean;
  /** The cohorts of the segment that the member is in. */
  readonly cohortIds: readonly string[];
  readonly evaluatedAt: Date | undefined;
}

/** A member as an admin names it: by exactly one of its ids. */
export interface GivenMember {
  readonly externalId?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly alias?: { readonly name: string; readonly label: string } | undefined;
}

/** Whether somebody belongs to a segment, as it was last evaluated. */
export async function getMembership(
  { sql }: Deps,
  segmentId: string,
  given: GivenMember,
): Promise<Membership | SegmentNotFound | InputInvalid> {
  const member = readMember(given);
  if (!member)
    return inputInvalid([
      fieldProblem(
        'member',
        'malformed',
        'wanted exactly one of externalId, deviceId and alias, of up to 600 characters',
      ),
    ]);
  const key = memberKey(member);
  return readSets(async () => {
    const row = await findSegment({ sql }, segmentId);
    if (!row) return segmentNotFound(segmentId);
    const cohorts = await sql<{ id: number; set_id: string }[]>`
      select c.id, c.set_id from segment_cohort u join cohort c on c.id = u.cohort_id
      where u.segment_id = ${row.id} and c.deleted_at is null and c.set_id is not null order by c.id`;
    const sets = [...(row.set_id === null ? [] : [{ id: 0, set_id: row.set_id }]), ...cohorts];
    const within =
      sets.length === 0
        ? []
        : await sql<{ id: number }[]>`
      ${sets
        .map(({ id, set_id }) => sql`select ${id}::int as id from ${sql(setTable(set_id))} where member = ${key}`)
        .reduce((left, right) => sql`${left} union all ${right}`)}`;
    const ids = new Set(within.map(({ id }) => id));
    return {
      kind: 'Membership',
      belongs: ids.has(0),
      cohortIds: cohorts.filter(({ id }) => ids.has(id)).map(({ id }) => String(id)),
      evaluatedAt: row.evaluated_at ?? undefined,
    };
  });
}

function readMember({ externalId, deviceId, alias }: GivenMember): Member | undefined {
  const members: readonly Member[] = [
    ...(externalId === undefined ? [] : [{ externalId }]),
    ...(deviceId === undefined ? [] : [{ deviceId }]),
    ...(alias === undefined ? [] : [{ alias }]),
  ];
  const [only, ...more] = members;
  return only && more.length === 0 && memberFault(only) === undefined ? only : undefined;
}

/** The members of a segment, in an order of their own that never changes. Who enters meanwhile may or may not appear. */
export async function listMembers(
  { sql }: Deps,
  segmentId: string,
  { first, after }: PageRequest,
): Promise<Page<Member> | SegmentNotFound> {
  checkFirst(first);
  const last = readMemberCursor(after);
  const found = await readSets(async () => {
    const row = await findSegment({ sql }, segmentId);
    if (!row) return undefined;
    if (row.set_id === null) return [];
    return sql<{ member: string }[]>`
      select member from ${sql(setTable(row.set_id))} where member > ${last} order by member limit ${first + 1}`;
  });
  if (!found) return segmentNotFound(segmentId);
  const page = pageOf(found, { first, after }, ({ member }) => Buffer.from(member).toString('base64url'));
  return withNodes(
    page,
    page.nodes.map(({ member }) => memberOf(member)),
  );
}

function readMemberCursor(after: string | undefined): string {
  if (after === undefined) return '';
  const key = Buffer.from(after, 'base64url').toString();
  if (/^[eda]/.test(key) && memberFault(memberOf(key)) === undefined) return key;
  throw new QuestionRefused('after: wanted the nextCursor of an earlier page of this list; something else came');
}
