import { sql } from 'drizzle-orm';
import { isCode, queryCanceled } from '../db/errors.js';
import type { Db, Queries } from './admin.js';
import { QuestionRefused } from './page.js';

/** What one statement of an admin's query may take; what takes longer on purpose is a job. */
const maxStatementSeconds = 5;

/**
 * Runs a query that may read much. Rejects with `QuestionRefused` when a statement of it takes too long.
 * @param isSnapshot whether all its statements see the same state of the database.
 */
export async function withinTime<Result>(
  { db }: Db,
  query: (tx: Queries) => Promise<Result>,
  { isSnapshot = false }: { readonly isSnapshot?: boolean } = {},
): Promise<Result> {
  try {
    return await db.transaction(
      async (tx) => {
        await tx.execute(sql.raw(`set local statement_timeout = '${maxStatementSeconds}s'`));
        return query(tx);
      },
      { accessMode: 'read only', ...(isSnapshot ? { isolationLevel: 'repeatable read' as const } : {}) },
    );
  } catch (error) {
    if (!isCode(error, queryCanceled)) throw error;
    throw new QuestionRefused(
      `expected a query that the database answers within ${maxStatementSeconds} s, got one that takes longer; restrict it, such as by from and to`,
    );
  }
}
