import { pino, type Logger } from 'pino';

/** Paths that never reach a log line, wherever they appear. */
const secret = [
  'authorization',
  'credentials',
  'token',
  'secret',
  'password',
  'apiKey',
  'masterKey',
  'client_secret',
  'partner_api_key',
];

/** The process's log: one JSON line each, on standard output, with secrets blanked out. */
export function createLog(name: string, level: string): Logger {
  return pino({
    name,
    level,
    redact: { paths: secret.flatMap((word) => [word, `*.${word}`, `*.*.${word}`]), censor: '[redacted]' },
    serializers: { err: errorOf },
  });
}

/**
 * An error as it may be logged: kind, code, message, stack. Database drivers hang the query's parameters, and so
 * customers' events, on their errors; nothing but these fields is kept.
 */
function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: errorOf(error.cause) }),
  };
}
