import type { Admin } from '../admin/admin.js';
import { QuestionRefused } from '../admin/page.js';
import { inputInvalid } from '../admin/problem.js';
import { memberOf } from '../cohorts/memberKey.js';
import { countMembers, readSets, totalOf, type MemberCounts } from '../cohorts/memberSet.js';
import { isCode, queryCanceled } from '../db/errors.js';
import { openSession, type Transaction } from '../db/session.js';
import { readCohortSets, selectMembers } from './condition.js';
import type { Definition } from './definition.js';
import { checkDefinition } from './manageSegments.js';

const maxExamples = 20;
/** Long enough to count ten million members. */
const maxPreviewMs = 20_000;

/**
 * Counts the members that a definition would select, and returns some of them. Stores nothing. Rejects with
 * `QuestionRefused` when counting them, or finding some, takes longer than `maxMs`.
 */
export async function previewSegment(
  admin: Pick<Admin, 'db' | 'databaseUrl'>,
  given: unknown,
  maxMs: number = maxPreviewMs,
) {
  const checked = await checkDefinition(admin, given);
  if ('problems' in checked) return inputInvalid(checked.problems);
  const session = openSession(admin.databaseUrl, { name: 'preview', statementMs: maxMs });
  try {
    return await readSets(() => session.transact((tx) => preview(tx, checked.definition), 'one view'));
  } catch (error) {
    if (!isCode(error, queryCanceled)) throw error;
    throw new QuestionRefused(
      `expected a definition whose members are counted within ${maxMs / 1_000} s, got one that takes longer; create the segment, and its members are counted in the background`,
    );
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
