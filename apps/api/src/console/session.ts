import { createConsoleSession, endConsoleSession, endConsoleSessions, type Admin } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signInAdmin, signInBySession, type AdminSignIn } from '../adminSignIn.js';
import { refuse } from '../problem.js';
import { readSessionCookie, setSessionCookie } from './sessionCookie.js';

export interface ConsoleSessionDeps extends Required<AdminSignIn> {
  readonly admin: Pick<Admin, 'db'>;
}

/**
 * The sessions of the console. `POST /console/session` with an admin token in the header `Authorization` signs a browser
 * in, `GET` answers the CSRF token of the session (204 to a browser without a cookie), `DELETE` signs out, and `DELETE
 * /console/sessions` signs out all browsers that signed in with the same admin token. None of them reads a body.
 */
export function registerConsoleSession(app: FastifyInstance, deps: ConsoleSessionDeps): void {
  const { admin } = deps;
  // One route: every route refuses the methods that it lacks.
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/console/session',
    handler: (request, reply) => {
      if (request.method === 'POST') return signIn(request, reply, deps);
      return request.method === 'DELETE' ? signOutHere(request, reply, deps) : readSession(request, reply, deps);
    },
  });
  app.delete('/console/sessions', (request, reply) =>
    signOut(request, reply, deps, (adminTokenId) => endConsoleSessions(admin, adminTokenId)),
  );
}

async function signIn(request: FastifyRequest, reply: FastifyReply, deps: ConsoleSessionDeps): Promise<FastifyReply> {
  // Only with the token itself: a session must not prolong itself.
  const signedIn = await signInAdmin(request, 'console', { ...deps, sessions: undefined });
  if ('code' in signedIn) return refuse(reply, signedIn);
  const former = readSessionCookie(request);
  const { secret, csrfToken, maxAgeSeconds } = await createConsoleSession(deps.admin, signedIn.id);
  if (former !== undefined) await endConsoleSession(deps.admin, former);
  setSessionCookie(reply, secret, maxAgeSeconds);
  return answer(reply, { csrfToken });
}

async function readSession(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ConsoleSessionDeps,
): Promise<FastifyReply> {
  // Every sign-in begins without a session. A browser would log a 401 as an error of the page.
  if (readSessionCookie(request) === undefined) return reply.code(204).header('cache-control', 'no-store').send();
  const session = await signInBySession(request, 'console', deps);
  return 'code' in session ? refuse(reply, session) : answer(reply, { csrfToken: session.csrfToken });
}

function signOutHere(request: FastifyRequest, reply: FastifyReply, deps: ConsoleSessionDeps): Promise<FastifyReply> {
  return signOut(request, reply, deps, () => endConsoleSession(deps.admin, readSessionCookie(request) ?? ''));
}

async function signOut(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ConsoleSessionDeps,
  end: (adminTokenId: string) => Promise<void>,
): Promise<FastifyReply> {
  const session = await signInBySession(request, 'console', deps);
  if ('code' in session) return refuse(reply, session);
  await end(session.id);
  setSessionCookie(reply, '', 0);
  return reply.code(204).send();
}

function answer(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('cache-control', 'no-store').send(body);
}
