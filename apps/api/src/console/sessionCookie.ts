import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

const name = 'currents_session';

/** The secret in the session cookie of a request; undefined when there is none. */
export function readSessionCookie({ headers }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[name];
}

/**
 * Gives the browser a session, or with `''` and 0 takes it away. Scripts cannot read the cookie, and requests that another
 * site causes do not carry it. It is `Secure` when the browser, or the trusted proxy before the hub, speaks HTTPS.
 */
export function setSessionCookie(reply: FastifyReply, value: string, maxAge: number): void {
  const secure = reply.request.protocol === 'https';
  reply.header(
    'set-cookie',
    stringifySetCookie({ name, value, path: '/', httpOnly: true, sameSite: 'strict', secure, maxAge }),
  );
}
