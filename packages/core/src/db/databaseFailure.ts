import { OperatorError } from '../operatorError.js';
import { isLostConnectionCode } from './errors.js';
import { ConnectFailed } from './openSocket.js';
import { isLostClient } from './pgClient.js';

/** The database cannot be reached, or does not do what the hub needs. */
export class DatabaseUnusable extends OperatorError {}

const named = 'the database that DATABASE_URL names';

/** What an operator can do about an error of the database or of the way to it; undefined for any other error. */
export function databaseFailure(error: unknown): OperatorError | undefined {
  if (error instanceof OperatorError) return error;
  if (error instanceof ConnectFailed) return new DatabaseUnusable(unreachable(error), { cause: error });
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') {
    if ('severity' in error)
      return new DatabaseUnusable(`${named} refuses the hub: ${error.message} (${error.code})`, { cause: error });
    if (isLostConnectionCode(error.code))
      return new DatabaseUnusable(`${named} cannot be reached (${error.code}); ${advice}`, { cause: error });
  }
  if (isLostClient(error))
    return new DatabaseUnusable(`${named} cannot be reached (CONNECTION_CLOSED); ${advice}`, { cause: error });
  // drizzle and others wrap the error of the driver.
  return error.cause === undefined ? undefined : databaseFailure(error.cause);
}

const advice = 'see that it runs, and that host, port, name, user and password are right';

function unreachable({ code, message }: ConnectFailed): string {
  const isNetwork = /^(E[A-Z_]+|CONNECT_TIMEOUT|CONNECTION_CLOSED)$/.test(code) && !code.startsWith('ERR_');
  const advised = isNetwork ? advice : `${message}; see sslmode and sslrootcert in DATABASE_URL`;
  return `${named} cannot be reached (${code}); ${advised}`;
}
