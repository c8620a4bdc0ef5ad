import { isDeepStrictEqual } from 'node:util';
import { eq, sql } from 'drizzle-orm';
import type { Admin, Queries } from '../admin/admin.js';
import { rowId } from '../admin/page.js';
import { cohort } from '../db/schema.js';
import type { SaveProgress } from '../ledger/saveProgress.js';
import { memberCountsOf } from './cohortView.js';
import { addCounts, countMembers, noMembers, readSets, setTable, totalOf, type MemberCounts } from './memberSet.js';

/** So many members are counted in one statement, in well under a second. */
const stepMembers = 200_000;

/** How far the check of a cohort has come. */
export interface CohortCheckProgress {
  /** The members counted so far, one by one. */
  readonly countedMembers: MemberCounts;
  /** The counters of the cohort, as they were when its members were counted; undefined before the end. */
  readonly memberCounts?: MemberCounts;
}

export const nothingCounted: CohortCheckProgress = { countedMembers: noMembers };

/** How many members a cohort has by its counters. */
export async function countedBefore({ db }: Pick<Admin, 'db'>, id: string): Promise<number> {
  const row = await readCohort(db, id);
  return row ? totalOf(memberCountsOf(row)) : 0;
}

/** Whether a check has found as many members as the counters of the cohort say. */
export function isConsistent({ countedMembers, memberCounts }: CohortCheckProgress): boolean {
  return isDeepStrictEqual(countedMembers, memberCounts);
}

/**
 * Counts a cohort's members one by one, to compare them with its counters. Sees one moment of the database, so that
 * changes may be applied meanwhile; when its process dies, another one counts from the start. Returns undefined at the end.
 */
export async function checkCohortStep(
  { db }: Pick<Admin, 'db'>,
  id: string,
  progress: CohortCheckProgress,
  save: SaveProgress<CohortCheckProgress>,
  signal: AbortSignal,
): Promise<CohortCheckProgress | undefined> {
  if (progress.memberCounts) return undefined;
  const next = await readSets(() =>
    db.transaction(
      async (tx): Promise<CohortCheckProgress> => {
        const row = await readCohort(tx, id);
        let countedMembers = noMembers;
        if (!row) return { countedMembers, memberCounts: noMembers };
        for await (const counts of row.setId === null ? [] : countSet(tx, row.setId)) {
          signal.throwIfAborted();
          countedMembers = addCounts(countedMembers, counts);
          await save(db, { countedMembers });
        }
        return { countedMembers, memberCounts: memberCountsOf(row) };
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    ),
  );
  await save(db, next);
  return next;
}

async function readCohort(db: Queries, id: string) {
  const [row] = await db
    .select()
    .from(cohort)
    .where(eq(cohort.id, rowId(id) ?? 0));
  return row;
}

/** The counts of a set, part by part in the order of its members. */
async function* countSet(tx: Queries, setId: string): AsyncGenerator<MemberCounts> {
  const table = sql.identifier(setTable(setId));
  for (let after = ''; ;) {
    const [part] = await tx.execute<MemberCounts & { readonly last: string | null } & Record<string, unknown>>(sql`
      select ${sql.raw(countMembers)}, max(m.member) as last
      from (select member from ${table} where member > ${after} order by member limit ${stepMembers}) m`);
    if (!part || part.last === null) return;
    const { externalIdCount, deviceIdCount, aliasCount } = part;
    yield { externalIdCount, deviceIdCount, aliasCount };
    after = part.last;
  }
}
