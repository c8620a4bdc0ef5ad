import pg from 'pg';
import { statementMs, plannedOnce } from './connect.js';
import { pgConfig } from './pgClient.js';

export type Writer = ReturnType<typeof openWriter>;

interface Statement {
  /** Unique among the statements of one writer. */
  readonly name: string;
  /** With `$1` for the first value, and so on. */
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** How long after the database should have given up a statement the answer is no longer waited for. */
const graceMs = 5_000;

/**
 * Opens a pool for large values; connects on first use. It sends bytes as bytes, where `connect` sends text of twice the
 * length. For statements that find all they need by an index, as on a hot path of `connect`.
 * @param max statements under way at once.
 */
export function openWriter(url: string, { max, name }: { readonly max: number; readonly name: string }) {
  const pool = new pg.Pool({
    ...pgConfig(url, { name, settings: { statement_timeout: statementMs, ...plannedOnce } }),
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    query_timeout: statementMs + graceMs,
  });
  // An idle connection is gone: the next statement makes another one.
  pool.on('error', () => undefined);
  return {
    /** Runs one statement, which is planned once. Rejects with the database's error, or with that of the connection. */
    run: async <Row extends pg.QueryResultRow>({ name, text, values = [] }: Statement): Promise<Row[]> =>
      (await pool.query<Row>({ name, text, values: [...values] })).rows,
    /** Lets go of every connection once what is under way has ended. */
    end: () => pool.end(),
  };
}
