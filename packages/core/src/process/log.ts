import { DrizzleQueryError } from 'drizzle-orm';
import { pino, type LogFn, type Logger } from 'pino';

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
    hooks: { logMethod: logWithMessage },
  });
}

/** A line of an error alone takes over its message as it is, past the serializer. */
function logWithMessage(this: Logger, words: Parameters<LogFn>, log: LogFn): void {
  const [first] = words as readonly unknown[];
  const fields = first instanceof Error ? { err: first } : first;
  const error = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined;
  if (words.length === 1 && error instanceof DrizzleQueryError) log.call(this, fields, messageOf(error));
  else log.apply(this, words);
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
    message: messageOf(error),
    stack: stackOf(error),
    ...(error.cause !== undefined && { cause: errorOf(error.cause) }),
  };
}

/** The stacks of an error and its causes, with nothing of what drivers add. */
export function stacksOf(error: unknown): string {
  if (!(error instanceof Error)) return `something that is not an error was thrown: ${typeof error}`;
  const stack = stackOf(error);
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stacksOf(error.cause)}`;
}

function stackOf(error: Error): string {
  return error.stack?.replace(error.message, () => messageOf(error)) ?? messageOf(error);
}

/** The ORM's message of a failed statement repeats its parameters. */
function messageOf(error: Error): string {
  return error instanceof DrizzleQueryError ? `Failed query: ${error.query}` : error.message;
}
