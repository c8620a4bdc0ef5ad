import pg from 'pg';
import { statementMs, plannedOnce } from './connect.js';

/** Connections for large values: they send bytes as bytes, where those of `connect` send text, of twice the length. */
export interface Writer {
  /** Runs one statement, which is planned once. Rejects with the database's error, or with that of the connection. */
  run<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]>;
  /** Lets go of every connection once what is under way has ended. */
  end(): Promise<void>;
}

export interface Statement {
  /** Unique among the statements of one writer. */
  readonly name: string;
  /** With `$1` for the first value, and so on. */
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface WriterOptions {
  /** Statements under way at once. */
  readonly max: number;
  readonly name: string;
}

/** How long after the database should have given up a statement the answer is no longer waited for. */
const graceMs = 5_000;

/** Opens a pool; connects on first use. For statements that find all they need by an index, as on a hot path of `connect`. */
export function openWriter(url: string, { max, name }: WriterOptions): Writer {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: `currents-${name}`,
    statement_timeout: statementMs,
    query_timeout: statementMs + graceMs,
    options: Object.entries({ TimeZone: 'UTC', ...plannedOnce })
      .map(([setting, value]) => `-c ${setting}=${value}`)
      .join(' '),
  });
  // An idle connection is gone: the next statement makes another one.
  pool.on('error', () => undefined);
  return {
    run: async <Row extends pg.QueryResultRow>({ name, text, values = [] }: Statement) =>
      (await pool.query<Row>({ name, text, values: [...values] })).rows,
    end: () => pool.end(),
  };
}
