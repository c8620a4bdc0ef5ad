export type DatabaseClock = ReturnType<typeof createDatabaseClock>;

/** A sample that is older than this is replaced by the next one: two crystals drift apart by some milliseconds in it. */
const maxAgeMs = 60_000;

/**
 * Times that are stored are compared by Postgres, with its own clock, and the clock of a process may be minutes off. So
 * times to store are taken from here: the process's monotonic clock, and its distance from Postgres' clock.
 *
 * The distance is estimated as by Cristian ("Probabilistic clock synchronization", 1989): Postgres reads its clock at some
 * moment between a statement and its answer, so the middle of the two is wrong by at most half the time between. Of the
 * samples of a minute, the one with the quickest answer counts. One that contradicts it shows that Postgres' clock has
 * jumped, or that another server is the primary now, and replaces it at once.
 *
 * Before the first sample it follows the process's own clock.
 */
export function createDatabaseClock(monotonicMs: () => number = () => performance.now()) {
  let best: { readonly offsetMs: number; readonly errorMs: number; readonly atMs: number } | undefined;

  return {
    /** Starts a sample with a statement. Call the result on its answer, with the time that Postgres read, in milliseconds. */
    sample(): (databaseMs: number) => void {
      const sentMs = monotonicMs();
      return (databaseMs) => {
        const atMs = monotonicMs();
        const errorMs = (atMs - sentMs) / 2;
        const offsetMs = databaseMs - (sentMs + errorMs);
        const isBetter = !best || errorMs <= best.errorMs || atMs - best.atMs > maxAgeMs;
        const contradicts = best !== undefined && Math.abs(offsetMs - best.offsetMs) > errorMs + best.errorMs + slackMs;
        if (isBetter || contradicts) best = { offsetMs, errorMs, atMs };
      };
    },
    /**
     * Milliseconds since 1970, by Postgres. Whole ones, with which times are added and subtracted exactly: events that wait for
     * the same moment are stored as one deferral, and later ones of a user are due no earlier than those before them.
     */
    now: (): number => (best ? Math.floor(monotonicMs() + best.offsetMs) : Date.now()),
  };
}

/** The drift of a minute, so that it is not taken for a jump. */
const slackMs = 10;

/** SQL: the time of the database, as a sample takes it. */
export const clockColumn = 'extract(epoch from clock_timestamp())::float8 * 1000';
