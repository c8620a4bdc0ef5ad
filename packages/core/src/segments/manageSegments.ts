import type { Admin } from '../admin/admin.js';
import { checkName } from '../admin/name.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed } from '../admin/problem.js';
import { violatesUnique } from '../admin/violation.js';
import { cohortsOf, readDefinition, type Definition } from './definition.js';
import {
  segmentColumns,
  segmentNotFound,
  segmentViewOf,
  type SegmentNotFound,
  type SegmentRow,
  type SegmentView,
} from './segmentView.js';

type Deps = Pick<Admin, 'sql'>;

/** The definition asks about cohorts that there are not. */
export interface CohortsUnknown {
  readonly kind: 'CohortsUnknown';
  readonly message: string;
  readonly cohortIds: readonly string[];
}

export interface NewSegment {
  readonly name: string;
  readonly definition: unknown;
}

/** A new segment. Its members are there as soon as a worker has evaluated it. */
export async function createSegment(
  { sql }: Deps,
  given: NewSegment,
): Promise<SegmentView | InputInvalid | CohortsUnknown | NameTaken> {
  const checked = await checkSegment({ sql }, given);
  if ('kind' in checked) return checked;
  const { name, definition } = checked;
  try {
    const [row] = await sql<[{ id: number }]>`
      with made as (
        insert into segment (name, definition) values (${name}, ${sql.json(definition)}) returning id
      ), used as (
        insert into segment_cohort (cohort_id, segment_id) select unnest(${cohortsOf(definition)}::int[]), id from made
      ), due as (
        insert into segment_candidate (segment_id) select id from made
      )
      select id from made`;
    return (await getSegment({ sql }, String(row.id))) as SegmentView;
  } catch (error) {
    return nameTaken({ sql }, name, error);
  }
}

/** Changes name or definition. Who enters or leaves by a new definition is noted as ever. */
export async function updateSegment(
  { sql }: Deps,
  id: string,
  given: Given,
): Promise<SegmentView | SegmentNotFound | InputInvalid | CohortsUnknown | NameTaken> {
  const row = await findSegment({ sql }, id);
  if (!row) return segmentNotFound(id);
  const checked = await checkSegment({ sql }, given);
  if ('kind' in checked) return checked;
  const { name, definition } = checked;
  try {
    if (name !== undefined)
      await sql`update segment set name = ${name}, version = version + 1, updated_at = now() where id = ${row.id} and deleted_at is null`;
  } catch (error) {
    return nameTaken({ sql }, name, error);
  }
  if (definition !== undefined) await redefine({ sql }, row.id, definition);
  return getSegment({ sql }, id);
}

async function redefine({ sql }: Deps, id: number, definition: Definition): Promise<void> {
  const cohortIds = cohortsOf(definition);
  await sql`
    with changed as (
      update segment set definition = ${sql.json(definition)}, definition_version = definition_version + 1, version = version + 1, updated_at = now(), evaluate_after = now()
      where id = ${id} and deleted_at is null returning id
    ), unused as (
      delete from segment_cohort where segment_id in (select id from changed) and cohort_id <> all(${cohortIds}::int[])
    ), used as (
      insert into segment_cohort (cohort_id, segment_id) select c, id from changed, unnest(${cohortIds}::int[]) c on conflict do nothing
    )
    insert into segment_candidate (segment_id) select id from changed`;
}

/** Segments, the newest first. */
export async function listSegments(
  { sql }: Deps,
  { first, after }: PageRequest,
  { text, cohortId }: { readonly text?: string | undefined; readonly cohortId?: string | undefined } = {},
): Promise<Page<SegmentView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const part = text?.replaceAll('\0', '\uFFFD') ?? null;
  const rows = await sql<SegmentRow[]>`
    select ${segmentColumns({ sql })} from segment s
    where s.deleted_at is null
      and (${part}::text is null or position(lower(${part}) in lower(s.name)) > 0)
      and (${cohortId ?? null}::text is null
        or exists (select from segment_cohort c where c.segment_id = s.id and c.cohort_id = ${cohortId === undefined ? 0 : (rowId(cohortId) ?? 0)}))
      and (${cursor ?? null}::bigint is null or s.id < ${cursor ?? null}::bigint)
    order by s.id desc limit ${first + 1}`;
  return pageOf(rows.map(segmentViewOf), { first, after }, ({ id }) => writeCursor(id));
}

export async function getSegment({ sql }: Deps, id: string): Promise<SegmentView | SegmentNotFound> {
  const row = await findSegment({ sql }, id);
  return row ? segmentViewOf(row) : segmentNotFound(id);
}

export async function findSegment({ sql }: Deps, id: string): Promise<SegmentRow | undefined> {
  const [row] = await sql<SegmentRow[]>`
    select ${segmentColumns({ sql })} from segment s where s.id = ${rowId(id) ?? 0} and s.deleted_at is null`;
  return row;
}

export interface SegmentDeleted {
  readonly kind: 'SegmentDeleted';
  readonly id: string;
  readonly name: string;
  readonly members: number;
}

/** Ends a segment: nobody can ask it anything any more, and its webhooks are told nothing more. Confirmed by its name, exactly. */
export async function deleteSegment(
  { sql }: Deps,
  id: string,
  confirmName: string,
): Promise<SegmentDeleted | SegmentNotFound | NotConfirmed> {
  const row = await findSegment({ sql }, id);
  if (!row) return segmentNotFound(id);
  const { name, members } = segmentViewOf(row);
  if (confirmName !== name) {
    const message = `confirmName: wanted the segment's name, ${JSON.stringify(name)}, to confirm; something else came. It has ${members} members`;
    return { kind: 'NotConfirmed', message };
  }
  const deleted = await sql`
    with ended as (
      update segment set deleted_at = now() where id = ${row.id} and deleted_at is null and name = ${name} returning id
    ), unused as (
      delete from segment_cohort where segment_id in (select id from ended)
    ), untold as (
      update segment_webhook set state = 'deleted', state_since = now(), secret = null where segment_id in (select id from ended)
    )
    select from ended`;
  // Another admin renamed or deleted it in this very moment: look again.
  if (deleted.count === 0) return deleteSegment({ sql }, id, confirmName);
  return { kind: 'SegmentDeleted', id, name, members };
}

interface Given {
  readonly name?: string | undefined;
  readonly definition?: unknown;
}

/** Name and definition as they are stored, where they are given; or what is wrong with them. */
async function checkSegment<Some extends Given>(
  { sql }: Deps,
  given: Some,
): Promise<Checked<Some> | InputInvalid | CohortsUnknown> {
  const name = given.name === undefined ? undefined : checkName(given.name);
  const read = given.definition === undefined ? undefined : readDefinition(given.definition);
  const problems = [
    ...(name && 'problem' in name ? [name.problem] : []),
    ...(read && 'problems' in read ? read.problems : []),
  ];
  if (problems.length > 0) return inputInvalid(problems);
  const definition = read && 'definition' in read ? read.definition : undefined;
  const unknown = definition && (await findUnknownCohorts({ sql }, definition));
  return unknown ?? ({ name: name && 'value' in name ? name.value : undefined, definition } as Checked<Some>);
}

interface Checked<Some> {
  readonly name: Some extends NewSegment ? string : string | undefined;
  readonly definition: Some extends NewSegment ? Definition : Definition | undefined;
}

export async function findUnknownCohorts({ sql }: Deps, definition: Definition): Promise<CohortsUnknown | undefined> {
  const ids = cohortsOf(definition);
  const rows = await sql<{ id: number }[]>`select id from cohort where id = any(${ids}::int[]) and deleted_at is null`;
  const known = new Set(rows.map(({ id }) => String(id)));
  const cohortIds = ids.filter((id) => !known.has(id));
  if (cohortIds.length === 0) return undefined;
  return {
    kind: 'CohortsUnknown',
    message: `definition: there is no cohort with the id ${cohortIds.join(', ')}`,
    cohortIds,
  };
}

async function nameTaken({ sql }: Deps, name: string | undefined, error: unknown): Promise<NameTaken> {
  if (!violatesUnique(error, 'segment_name')) throw error;
  const [owner] = await sql<
    { id: number }[]
  >`select id from segment where lower(name) = lower(${name ?? ''}) and deleted_at is null`;
  const message = `name: the segment ${owner?.id ?? 'deleted a moment ago'} is called ${JSON.stringify(name)} already; choose another name`;
  return { kind: 'NameTaken', message, ownerType: 'Segment', ownerId: String(owner?.id ?? '') };
}
