import type { Logger } from 'pino';
import { isCode, isLostConnectionCode, readOnlyTransaction } from '../db/errors.js';
import { ConnectFailed } from '../db/openSocket.js';
import { isLostClient } from '../db/pgClient.js';

/**
 * postgres.js lets a rejection of its own go unhandled when a connection is lost while it is being opened. The query
 * behind it is answered with an error of its own, so the process has nothing to die for. Anything else still ends it.
 * @param log without it, that query alone says that the connection was lost
 * @returns ends the process again on such a rejection
 */
export function surviveLostConnections(log?: Logger): () => void {
  const onRejection = (error: unknown): void => {
    if (!isLostConnection(error)) throw error;
    log?.warn(
      { event: 'connection.lost', err: error },
      'a connection to the database was lost while it was being opened',
    );
  };
  process.on('unhandledRejection', onRejection);
  return () => void process.off('unhandledRejection', onRejection);
}

/** Does work on the database in a process that has other work as well, and survives lost connections meanwhile. */
export async function survivingLostConnections<Result>(work: () => Promise<Result>): Promise<Result> {
  const end = surviveLostConnections();
  try {
    return await work();
  } finally {
    // Node reports an unhandled rejection once the turn in which it came has ended.
    await new Promise((resolve) => setImmediate(resolve));
    end();
  }
}

/**
 * Whether an error, or what caused it, is a connection that could not be opened, or was lost: codes of sockets, of postgres.js,
 * and of Postgres when it stops or starts (57P), and what node-postgres says.
 */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof ConnectFailed) return true;
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && isLost(error.code)) return true;
  if (isLostClient(error)) return true;
  return error.cause !== undefined && error.cause !== error && isLostConnection(error.cause);
}

/**
 * Whether an error, or what caused it, is an outage of the database: a lost connection, a server that is out of memory, disk
 * or connections (53), cannot read or write its files (58), or may not write, as a standby (Postgres, appendix A).
 */
export function isOutage(error: unknown): boolean {
  if (isLostConnection(error)) return true;
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && /^5[38]\w{3}$/.test(error.code)) return true;
  return isCode(error, readOnlyTransaction) || (error.cause !== undefined && isOutage(error.cause));
}

const isLost = (code: string): boolean => isLostConnectionCode(code) || /^57P\d\d$/.test(code);
