/** Longer than any statement of a delivery takes on a database that works. */
const answerMs = 20_000;

/** The database did not answer in time: a connection may have been lost without a word, as in a failover. */
export class DatabaseSilent extends Error {
  constructor(ms: number) {
    super(`the database did not answer within ${ms / 1_000} s`);
    this.name = 'DatabaseSilent';
  }
}

/**
 * Rejects with `DatabaseSilent` when the work takes longer. Attempts of a Current follow one another, so one that waits
 * for ever would stop all others. The work itself is not ended, and may still succeed.
 */
export async function beforeDeadline<Result>(work: PromiseLike<Result>, ms = answerMs): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DatabaseSilent(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
