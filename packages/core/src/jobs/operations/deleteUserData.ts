import { sql } from 'drizzle-orm';
import { eraseStep } from '../../privacy/erase.js';
import { nothingErased, type ErasureProgress } from '../../privacy/erasure.js';
import { endUserDeletion, openUserDeletion } from '../../privacy/userDeletions.js';
import { createUserMatcher } from '../../privacy/userIds.js';
import type { Operation } from '../operation.js';

/** The ids are in the row of the deletion, sealed, so that no job shows them. */
export interface DeletionInput {
  readonly deletionKey: string;
  readonly isDryRun: boolean;
}

export const deleteUserData: Operation<DeletionInput, ErasureProgress> = {
  async start({ db }) {
    const [row] = await db.execute<{ n: number }>(sql`select count(*)::float8 as n from batch`);
    return { progress: nothingErased, totalCount: row?.n ?? 0 };
  },
  async step(admin, { deletionKey, isDryRun }, progress, save) {
    const ids = await openUserDeletion(admin, deletionKey);
    // The process died after the last step.
    if (!ids) return undefined;
    const users = createUserMatcher(ids);
    const next = await eraseStep({ admin, users, isDryRun, save }, progress);
    if (!next) await endUserDeletion(admin.db, deletionKey, isDryRun);
    return next;
  },
  doneCount: ({ counts }) => counts.batchCount,
  result: ({ counts }) => counts,
};
