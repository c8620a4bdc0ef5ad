import { setTimeout as wait } from 'node:timers/promises';
import type postgres from 'postgres';

type Tx = postgres.TransactionSql<{ date: string }>;
type Work = (tx: Tx) => unknown;

/** How long after an error that ends connections the end of the transaction's own connection may come. */
const lossMs = 1_000;

/**
 * Makes the transactions of a pool outlive their connection. The driver goes on with the work of a transaction whose
 * connection was lost: its next statement, also the rollback, is written to no socket, which ends the process
 * (https://github.com/porsager/postgres/issues/1208), or to the next session of the same slot, outside of any
 * transaction. Here each statement after the loss is rejected, and nothing is rolled back that the server has forgotten.
 */
export function guardTransactions<Pool extends postgres.Sql<{ date: string }>>(sql: Pool): Pool {
  const driverBegin = sql.begin.bind(sql) as (...words: unknown[]) => Promise<unknown>;

  const begin = (...words: readonly unknown[]): Promise<unknown> => {
    const work = words.at(-1) as Work;
    let loss: unknown;
    const running: Promise<unknown> = driverBegin(...words.slice(0, -1), async (tx: Tx) => {
      try {
        const result = work(rejectedAfter(tx, () => loss));
        return await (Array.isArray(result) ? Promise.all(result) : result);
      } catch (error) {
        // The error may also be of another connection; then this transaction is still open, and rolled back.
        if (loss === undefined && endsConnection(error)) await Promise.race([ended, wait(lossMs)]);
        if (loss === undefined) throw error;
        return never();
      }
    });
    const ended = running.catch((error: unknown) => {
      loss ??= error ?? new Error('the transaction has ended');
    });
    return running;
  };
  return Object.assign(sql, { begin });
}

/** The transaction as the work sees it: once `lossOf` returns an error, it says nothing more to the driver. */
function rejectedAfter(tx: Tx, lossOf: () => unknown): Tx {
  return new Proxy(tx, {
    apply(target, self, words: unknown[]): unknown {
      const loss = lossOf();
      return loss === undefined || !isTemplate(words[0]) ? Reflect.apply(target as never, self, words) : rejected(loss);
    },
    get(target, property): unknown {
      const value = Reflect.get(target, property) as unknown;
      if (typeof value !== 'function' || (property !== 'unsafe' && property !== 'file' && property !== 'savepoint'))
        return value;
      return (...words: unknown[]): unknown => {
        const loss = lossOf();
        return loss === undefined ? Reflect.apply(value as never, target, words) : rejected(loss);
      };
    },
  });
}

/** A call with anything else only makes a part of a statement. */
function isTemplate(word: unknown): boolean {
  return Array.isArray(word) && 'raw' in word;
}

/** A statement that fails, however its rows were to be read. */
function rejected(loss: unknown): unknown {
  const promise = Promise.reject(asError(loss));
  promise.catch(() => undefined);
  const statement: unknown = new Proxy(promise, {
    get(target, property): unknown {
      const value = Reflect.get(target, property) as unknown;
      return typeof value === 'function' ? value.bind(target) : () => statement;
    },
  });
  return statement;
}

function asError(loss: unknown): Error {
  return loss instanceof Error ? loss : new Error(String(loss));
}

/** The driver has given up this promise as well, since it rejected the transaction at the loss. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** After these there is no connection to roll back on, if it was this one. */
function endsConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('severity_local' in error)
    return 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC');
  return 'code' in error && typeof error.code === 'string' && /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT)/.test(error.code);
}
