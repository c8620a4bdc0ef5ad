/** Codes of Postgres' errors (Postgres, appendix A). */
export const lockNotAvailable = '55P03';
export const undefinedTable = '42P01';
/** As on a primary that has become a standby. */
export const readOnlyTransaction = '25006';
/** A statement took longer than its timeout. */
export const queryCanceled = '57014';
const uniqueViolation = '23505';

/**
 * Codes of errors after which a connection is gone: those of its socket, also when the way to the server is gone, and
 * those of postgres.js.
 */
const lostConnection =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|CONNECT_TIMEOUT|CONNECTION_\w+)$/;

export function isLostConnectionCode(code: string): boolean {
  return lostConnection.test(code);
}

export function isCode(error: unknown, code: string): boolean {
  return property(error, 'code') === code;
}

/** Whether Postgres refused a row because the named unique index has its key already. */
export function violatesUnique(error: unknown, index: string): boolean {
  return isCode(error, uniqueViolation) && property(error, 'constraint_name') === index;
}

function property(error: unknown, name: string): unknown {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return typeof cause === 'object' && cause !== null ? (cause as Record<string, unknown>)[name] : undefined;
}
