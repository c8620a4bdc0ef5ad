import {
  bearerFault,
  bearerToken,
  type AdminTokens,
  type ConsoleSessions,
  type SignInFailures,
  type ValidAdminToken,
} from '@currents/core';
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { readSessionCookie } from './console/sessionCookie.js';
import { wrongToken, type Refusal } from './problem.js';

export interface AdminSignIn {
  readonly tokens: AdminTokens;
  readonly signInFailures: SignInFailures;
  /** Sessions of the console, with which a browser may sign in as well. */
  readonly sessions?: ConsoleSessions | undefined;
}

type Endpoint = 'graphql' | 'segment_export' | 'console';

const csrfHeader = 'x-csrf-token';

/** How often a response that lasts looks again whether its token or session is valid. */
export const signInAgainMs = 2_000;

/** The valid admin token of a request, by its header or its console session, or what to answer instead. */
export async function signInAdmin(
  request: FastifyRequest,
  endpoint: Endpoint,
  { tokens, signInFailures, sessions }: AdminSignIn,
): Promise<ValidAdminToken | Refusal> {
  const { authorization } = request.headers;
  if (authorization === undefined && sessions !== undefined && readSessionCookie(request) !== undefined)
    return signInBySession(request, endpoint, { signInFailures, sessions });
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
    return notChecked(request, error);
  }
}

/**
 * The admin token of a console session, and the CSRF token of the session. Everything but GET and HEAD has to carry that in
 * the header `X-CSRF-Token`: a page of another site cannot know it, and cannot send such a header.
 */
export async function signInBySession(
  request: FastifyRequest,
  endpoint: Endpoint,
  { signInFailures, sessions }: Pick<Required<AdminSignIn>, 'signInFailures' | 'sessions'>,
): Promise<(ValidAdminToken & { readonly csrfToken: string }) | Refusal> {
  const secret = readSessionCookie(request);
  if (secret === undefined || sessions === undefined)
    return { code: 'SESSION_ENDED', detail: 'this browser is not signed in; sign in with an admin token' };
  try {
    const session = await sessions.check(secret, () => signInFailures.mayLookUp(endpoint, request.ip));
    if (session === undefined) {
      const retryAfterSeconds = signInFailures.failed(endpoint, request.ip);
      const refusal = wrongToken('', retryAfterSeconds);
      return refusal.code === 'TOKEN_UNKNOWN'
        ? { code: 'SESSION_ENDED', detail: 'the session of this browser has ended; sign in again' }
        : refusal;
    }
    if (changes(request) && !isEqual(request.headers[csrfHeader], session.csrfToken))
      return { code: 'CSRF_TOKEN_WRONG', detail: 'expected the CSRF token of this session in the header X-CSRF-Token' };
    return session;
  } catch (error) {
    return notChecked(request, error);
  }
}

function changes({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function isEqual(given: string | readonly string[] | undefined, expected: string): boolean {
  if (typeof given !== 'string') return false;
  const [one, two] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === two.length && timingSafeEqual(one, two);
}

function notChecked(request: FastifyRequest, error: unknown): Refusal {
  request.log.warn(
    { event: 'admin_token.check_failed', requestId: request.id, err: error },
    'an admin token could not be checked',
  );
  return { code: 'UNAVAILABLE', detail: 'the database does not answer; try again later' };
}
