import { randomBytes } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { QuestionRefused } from '@currents/core';
import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Codes of errors that the caller caused. Their messages are answered. */
const callerErrors = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'INVALID_ID',
  'WRONG_ID_TYPE',
  'OPERATION_RESOLUTION_FAILURE',
  // Clients that send the hash of a query first (automatic persisted queries) then send its text.
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'QUERY_TOO_COSTLY',
  'TOO_MANY_REQUESTS',
]);

/** Formats errors for the caller. The hub's own errors are logged under an id, and only the id is answered. */
export function createErrorFormat(
  log: FastifyBaseLogger,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const origin = unwrapResolverError(error);
    const place = formatted.path ? { path: formatted.path } : {};
    if (origin instanceof QuestionRefused)
      return { message: origin.message, ...place, extensions: { code: 'BAD_USER_INPUT' } };
    if (isTextRefused(origin))
      return {
        message: 'expected text without NUL characters, got one with a NUL',
        ...place,
        extensions: { code: 'BAD_USER_INPUT' },
      };
    const code = formatted.extensions?.['code'];
    if (error instanceof GraphQLError && typeof code === 'string' && callerErrors.has(code)) {
      const locations = formatted.locations ? { locations: formatted.locations } : {};
      const { requiredRole, role } = formatted.extensions ?? {};
      const roles = code === 'FORBIDDEN' ? { requiredRole, role } : {};
      return { message: withoutValues(formatted.message), ...locations, ...place, extensions: { code, ...roles } };
    }
    const id = randomBytes(6).toString('hex');
    log.error(
      { event: 'admin_request.failed', id, err: withoutParameters(origin) },
      'the admin API failed on a request',
    );
    return {
      message: `internal error ${id}: the hub failed on this request; the log tells why under that id`,
      ...place,
      extensions: { code: 'INTERNAL_SERVER_ERROR', id },
    };
  };
}

/** Codes of PostgreSQL for a NUL in a text and for one in JSON: its texts cannot contain any. What is stored has none. */
const textRefusals = new Set<unknown>(['22021', '22P05']);

/** Whether the database refused a text that the caller gave. */
function isTextRefused(error: unknown): boolean {
  for (let fault = error; fault instanceof Error; fault = fault.cause)
    if ('code' in fault && textRefusals.has(fault.code)) return true;
  return false;
}

/** A failed query's message holds its parameters, and so what an admin gave; what the database said of it is its cause. */
function withoutParameters(error: unknown): unknown {
  return error instanceof Error && 'params' in error ? error.cause : error;
}

const tokenWithText = '(?:Name|Int|Float|String|BlockString)';
const quotations: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^(Syntax Error: .*?(?:, found|Unexpected) ${tokenWithText}) [\\s\\S]*$`), '$1.'],
  [/^(Syntax Error: Invalid [^:]*):[\s\S]*$/, '$1.'],
  [/^(Variable "\$\w+" got )invalid value[\s\S]*$/, '$1an invalid value.'],
  [/^(Expected value of type [^,]*), found [\s\S]*$/, '$1.'],
  [/^(.*? cannot represent [^:]*):[\s\S]*$/, '$1.'],
  [/^Value "[\s\S]*" does not exist in/, 'The value does not exist in'],
];

/** graphql-js quotes what came, and what came may hold credentials: the reason is kept, the value is not. */
export function withoutValues(message: string): string {
  return quotations.reduce((text, [quotation, rest]) => text.replace(quotation, rest), message);
}
