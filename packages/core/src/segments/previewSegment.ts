import type { Member } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { inputInvalid, type InputInvalid } from '../admin/problem.js';
import { memberOf } from '../cohorts/memberKey.js';
import { readSets, totalOf, type Sizes } from '../cohorts/memberSet.js';
import { openSession, type Transaction } from '../db/session.js';
import { selectMembers, readCohortSets } from './condition.js';
import { readDefinition, type Definition } from './definition.js';
import { findUnknownCohorts, type CohortsUnknown } from './manageSegments.js';

/** Whom a segment of this definition would hold now. Nothing of it is kept. */
export interface SegmentPreview {
  readonly kind: 'SegmentPreview';
  readonly sizes: Sizes;
  readonly members: number;
  readonly examples: readonly Member[];
}

const maxExamples = 20;
/** A segment over tens of millions of members is counted in this time. */
const maxPreviewMs = 120_000;

/** Counts the members that a definition would hold, and shows some. */
export async function previewSegment(
  { sql, databaseUrl }: Pick<Admin, 'sql' | 'databaseUrl'>,
  given: unknown,
): Promise<SegmentPreview | InputInvalid | CohortsUnknown> {
  const read = readDefinition(given);
  if ('problems' in read) return inputInvalid(read.problems);
  const unknown = await findUnknownCohorts({ sql }, read.definition);
  if (unknown) return unknown;
  const session = openSession(databaseUrl, { name: 'preview', statementMs: maxPreviewMs });
  try {
    return await readSets(() => session.transact((tx) => preview(tx, read.definition), 'one view'));
  } finally {
    await session.end(0);
  }
}

async function preview(tx: Transaction, definition: Definition): Promise<SegmentPreview> {
  await tx`set local work_mem = '64MB'`;
  const sets = await readCohortSets(tx, definition);
  const [row] = await tx<[{ e: string; d: string; a: string }]>`
    select count(*) filter (where left(member, 1) = 'e') as e, count(*) filter (where left(member, 1) = 'd') as d,
      count(*) filter (where left(member, 1) = 'a') as a
    from (${selectMembers(tx, definition, sets)}) everybody`;
  const sizes = { externalIds: Number(row.e), deviceIds: Number(row.d), aliases: Number(row.a) };
  const examples = await tx<{ member: string }[]>`
    select member from (${selectMembers(tx, definition, sets)}) everybody order by member limit ${maxExamples}`;
  return {
    kind: 'SegmentPreview',
    sizes,
    members: totalOf(sizes),
    examples: examples.map(({ member }) => memberOf(member)),
  };
}
