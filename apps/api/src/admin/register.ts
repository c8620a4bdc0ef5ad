import { fastifyApolloHandler } from '@as-integrations/fastify';
import { bearerToken, checkAdminToken, type Admin } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createAdminApi } from './api.js';
import type { AdminContext } from './context.js';

export interface AdminDeps {
  readonly admin: Admin;
}

/** Bytes of a request; a Current with every event type named takes about 10,000. */
export const mostBodyBytes = 256 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    adminTokenId: string;
  }
}

/** `POST /graphql`, for whoever shows an admin token. */
export async function registerAdmin(app: FastifyInstance, { admin }: AdminDeps): Promise<void> {
  const api = createAdminApi(app.log);
  await api.start();
  // Fastify closes its plugins once no request is under way.
  app.addHook('onClose', () => api.stop());
  await app.register(async (scope) => {
    scope.decorateRequest('adminTokenId', '');
    scope.removeAllContentTypeParsers();
    // The usual parser, but for its message, which quotes the body.
    const parse = scope.getDefaultJsonParser('error', 'error');
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: mostBodyBytes },
      (request, body, done) =>
        body === ''
          ? done(new NotJson('an empty one'))
          : parse(request, body as string, (error, value: unknown) =>
              error ? done(new NotJson('something else')) : done(null, value),
            ),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
      const refusal = refusalOf(error);
      if (refusal.status === 500) request.log.error({ event: 'admin.error', err: error });
      return refuse(reply, refusal);
    });
    scope.post('/graphql', {
      onRequest: (request, reply) => authenticate(admin, request, reply),
      handler: fastifyApolloHandler<AdminContext>(api, {
        context: async ({ adminTokenId, log }, reply) => {
          // Answers may hold a token that is shown once.
          void reply.header('cache-control', 'no-store');
          return { admin, adminTokenId, log };
        },
      }),
    });
    scope.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE'],
      url: '/graphql',
      handler: async (_request, reply) => {
        reply.header('allow', 'POST');
        return refuse(reply, {
          status: 405,
          code: 'METHOD_NOT_ALLOWED',
          message: 'wanted POST with a JSON body such as {"query": "{ currents { nodes { name } } }"}',
        });
      },
    });
  });
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Asks the database each time: admins ask seldom, and a revoked token is refused at once. */
async function authenticate(
  admin: Admin,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const token = bearerToken(request.headers.authorization);
  const unauthenticated = (message: string): FastifyReply => {
    reply.header('www-authenticate', 'Bearer');
    return refuse(reply, { status: 401, code: 'UNAUTHENTICATED', message });
  };
  if (token === undefined) {
    return unauthenticated(
      'wanted the header «Authorization: Bearer <admin token>»; it is missing or not of that form. The api shows the first token when it first starts',
    );
  }
  let id;
  try {
    id = await checkAdminToken(admin, token);
  } catch (error) {
    request.log.warn({ event: 'admin.unavailable', err: error }, 'an admin token could not be checked');
    return refuse(reply, {
      status: 503,
      code: 'UNAVAILABLE',
      message: 'the database does not answer; try again later',
    });
  }
  if (id === undefined) return unauthenticated('this admin token is not known, or has been revoked');
  request.adminTokenId = id;
  return undefined;
}

class NotJson extends Error {
  constructor(came: string) {
    super(`wanted a JSON body without keys such as __proto__; ${came} came`);
    this.name = 'NotJson';
  }
}

function refusalOf(error: Error & { statusCode?: number; code?: string }): Refusal {
  if (error instanceof NotJson) return { status: 400, code: 'BAD_REQUEST', message: error.message };
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return {
      status: 413,
      code: 'BODY_TOO_LARGE',
      message: `wanted a body of at most ${mostBodyBytes} bytes; more came`,
    };
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'wanted content-type application/json' };
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return { status, code: 'BAD_REQUEST', message: 'wanted POST with a JSON body' };
  return {
    status: 500,
    code: 'INTERNAL_SERVER_ERROR',
    message: 'internal error: the hub failed on this request; it has been logged',
  };
}

/** In the form of a GraphQL answer, so that clients show the message. */
function refuse(reply: FastifyReply, { status, code, message }: Refusal): FastifyReply {
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}
