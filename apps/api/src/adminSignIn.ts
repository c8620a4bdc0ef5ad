import { bearerToken, type AdminTokens, type ValidAdminToken } from '@currents/core';
import type { FastifyRequest } from 'fastify';
import type { Refusal } from './problem.js';

/** The valid admin token of a request, or what to answer instead. */
export async function signInAdmin(
  request: FastifyRequest,
  tokens: Pick<AdminTokens, 'check'>,
): Promise<ValidAdminToken | Refusal> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined)
    return { code: 'TOKEN_MISSING', detail: 'expected the header Authorization: Bearer <admin token>' };
  try {
    const found = await tokens.check(token);
    if (found === 'expired') return { code: 'TOKEN_EXPIRED', detail: 'this admin token has expired; use another one' };
    return found ?? { code: 'TOKEN_UNKNOWN', detail: 'this admin token does not exist or has been revoked' };
  } catch (error) {
    request.log.warn(
      { event: 'admin_token.check_failed', requestId: request.id, err: error },
      'an admin token could not be checked',
    );
    return { code: 'UNAVAILABLE', detail: 'the database does not answer; try again later' };
  }
}
