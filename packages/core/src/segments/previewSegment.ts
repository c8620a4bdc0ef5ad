import type { Admin } from '../admin/admin.js';
import { inputInvalid } from '../admin/problem.js';
import { memberOf } from '../cohorts/memberKey.js';
import { countMembers, readSets, totalOf, type MemberCounts } from '../cohorts/memberSet.js';
import { openSession, type Transaction } from '../db/session.js';
import { readCohortSets, selectMembers } from './condition.js';
import type { Definition } from './definition.js';
import { checkDefinition } from './manageSegments.js';

const maxExamples = 20;
/** Long enough to count tens of millions of members. */
const maxPreviewMs = 120_000;

/** Counts the members that a definition would select, and returns some of them. Stores nothing. */
export async function previewSegment(admin: Pick<Admin, 'db' | 'databaseUrl'>, given: unknown) {
  const checked = await checkDefinition(admin, given);
  if ('problems' in checked) return inputInvalid(checked.problems);
  const session = openSession(admin.databaseUrl, { name: 'preview', statementMs: maxPreviewMs });
  try {
    return await readSets(() => session.transact((tx) => preview(tx, checked.definition), 'one view'));
  } finally {
    await session.end(0);
  }
}

async function preview(tx: Transaction, definition: Definition) {
  await tx`set local work_mem = '64MB'`;
  const sets = await readCohortSets(tx, definition);
  const [memberCounts] = await tx<[MemberCounts]>`
    select ${tx.unsafe(countMembers)} from (${selectMembers(tx, definition, sets)}) m`;
  const examples = await tx<{ member: string }[]>`
    select member from (${selectMembers(tx, definition, sets)}) m order by member limit ${maxExamples}`;
  return {
    kind: 'SegmentPreview' as const,
    memberCount: totalOf(memberCounts),
    memberCounts,
    examples: examples.map(({ member }) => memberOf(member)),
  };
}
