import { bearerFault, bearerToken, type AdminTokens, type SignInFailures, type ValidAdminToken } from '@currents/core';
import type { FastifyRequest } from 'fastify';
import { wrongToken, type Refusal } from './problem.js';

export interface AdminSignIn {
  readonly tokens: AdminTokens;
  readonly signInFailures: SignInFailures;
}

/** The valid admin token of a request, or what to answer instead. */
export async function signInAdmin(
  request: FastifyRequest,
  endpoint: 'graphql' | 'segment_export',
  { tokens, signInFailures }: AdminSignIn,
): Promise<ValidAdminToken | Refusal> {
  const { authorization } = request.headers;
  const token = bearerToken(authorization);
  if (token === undefined)
    return {
      code: 'TOKEN_MISSING',
      detail: `expected the header Authorization: Bearer <admin token>, got ${bearerFault(authorization)}`,
    };
  try {
    const found = await tokens.check(token, () => signInFailures.mayLookUp(endpoint, request.ip));
    if (typeof found === 'object') return found;
    const retryAfterSeconds = signInFailures.failed(endpoint, request.ip);
    return found === 'expired'
      ? { code: 'TOKEN_EXPIRED', detail: 'this admin token has expired; use another one' }
      : wrongToken('this admin token does not exist or has been revoked', retryAfterSeconds);
  } catch (error) {
    request.log.warn(
      { event: 'admin_token.check_failed', requestId: request.id, err: error },
      'an admin token could not be checked',
    );
    return { code: 'UNAVAILABLE', detail: 'the database does not answer; try again later' };
  }
}
