import type postgres from 'postgres';
import { openPool, type ConnectOptions, type Sql } from './connect.js';
import { parseDatabaseUrl } from './databaseUrl.js';

export type Transaction = postgres.TransactionSql<{ date: string }>;
/** A transaction, or a pool. */
export type Queries = Sql | Transaction;
/** A part of a statement. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

export type Session = ReturnType<typeof openSession>;

/** Code of the error when two transactions have changed the same. */
export const conflict = '40001';

type SessionOptions = Pick<ConnectOptions, 'name' | 'maxStatementMs'> & { readonly statementMs: number };

/**
 * Opens a session, one connection for work that takes several statements; connects on first use.
 */
export function openSession(url: string, options: SessionOptions) {
  const address = parseDatabaseUrl(url);
  let ended = false;
  let connection = open();
  let turn: Promise<unknown> = Promise.resolve();

  function open() {
    const state = { isStale: false };
    const onStale = (): void => void (state.isStale = true);
    return { state, pool: openPool(address, { ...options, max: 1 }, onStale) };
  }

  async function transact<Result>(work: (tx: Transaction) => Promise<Result>, view?: 'one view'): Promise<Result> {
    if (ended) throw new Error('the session has ended');
    if (connection.state.isStale) {
      void connection.pool.end();
      connection = open();
    }
    const { pool } = connection;
    return (view ? pool.sql.begin('isolation level repeatable read', work) : pool.sql.begin(work)) as Promise<Result>;
  }

  return {
    /**
     * Commits what `work` does when it resolves, and undoes it when it rejects. When the connection is lost on the way
     * it rejects, and whatever `work` was about to do is never done. One after the other: a second waits for the first.
     * In one view, every statement sees the database as the first one did; it rejects with `conflict` when somebody else
     * has changed meanwhile what it changes.
     */
    transact<Result>(work: (tx: Transaction) => Promise<Result>, view?: 'one view'): Promise<Result> {
      const result = turn.then(() => transact(work, view));
      turn = result.catch(() => undefined);
      return result;
    },
    /** What is under way gets this many seconds to end. */
    async end(withinSeconds: number) {
      ended = true;
      await connection.pool.end({ timeout: withinSeconds });
    },
  };
}
