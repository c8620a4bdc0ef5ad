import { fastifyApolloHandler } from '@as-integrations/fastify';
import { bearerToken, checkAdminToken, type Admin } from '@currents/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusalOf, refuse, type Refusal } from '../problem.js';
import { createAdminApi } from './api.js';
import type { AdminContext } from './base/context.js';
import { createNodeLoader } from './base/node.js';

export interface AdminDeps {
  readonly admin: Admin;
}

/** Largest request body. A Current that names every event type takes about 10,000 bytes. */
export const maxBodyBytes = 256 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    adminTokenId: string;
  }
}

/** `POST /graphql`. Requires an admin token. */
export async function registerAdmin(app: FastifyInstance, { admin }: AdminDeps): Promise<void> {
  const api = createAdminApi(app.log);
  await api.start();
  // Fastify closes its plugins once no request is under way.
  app.addHook('onClose', () => api.stop());
  await app.register(async (scope) => {
    scope.decorateRequest('adminTokenId', '');
    scope.removeAllContentTypeParsers();
    // Fastify's parser, but without its messages, which quote the body.
    const parse = scope.getDefaultJsonParser('error', 'error');
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: maxBodyBytes },
      (request, body, done) =>
        body === ''
          ? done(new NotJson('an empty body'))
          : parse(request, body as string, (error, value: unknown) =>
              error ? done(new NotJson('something else')) : done(null, value),
            ),
    );
    scope.setErrorHandler((error: FastifyError, request, reply) => answer(reply, graphqlRefusalOf(error, request)));
    scope.post('/graphql', {
      onRequest: async (request, reply) => {
        const refusal = await authenticate(admin, request);
        if (refusal) return answer(reply, refusal);
      },
      handler: fastifyApolloHandler<AdminContext>(api, {
        context: async ({ adminTokenId, headers, log }, reply) => {
          // Answers may hold a token that is shown once.
          void reply.header('cache-control', 'no-store');
          return {
            admin,
            adminTokenId,
            log,
            load: createNodeLoader(admin),
            idempotencyKey: [headers['idempotency-key']].flat()[0],
          };
        },
      }),
    });
  });
}

/** Reads the database on every request, so that a revoked token is refused at once. */
async function authenticate(admin: Admin, request: FastifyRequest): Promise<Refusal | undefined> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) {
    return {
      code: 'TOKEN_MISSING',
      detail:
        'expected the header Authorization: Bearer <admin token>; the api prints the first admin token when it first starts',
    };
  }
  let id;
  try {
    id = await checkAdminToken(admin, token);
  } catch (error) {
    request.log.warn(
      { event: 'admin_token.check_failed', requestId: request.id, err: error },
      'an admin token could not be checked',
    );
    return { code: 'UNAVAILABLE', detail: 'the database does not answer; try again later' };
  }
  if (id === undefined) return { code: 'TOKEN_UNKNOWN', detail: 'this admin token does not exist or has been revoked' };
  request.adminTokenId = id;
  return undefined;
}

class NotJson extends Error {
  readonly statusCode = 400;

  constructor(got: string) {
    super(`expected a JSON body without keys such as __proto__, got ${got}`);
    this.name = 'NotJson';
  }
}

function graphqlRefusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  return error.statusCode === 413
    ? { code: 'BODY_TOO_LARGE', detail: `expected a body of at most ${maxBodyBytes} bytes` }
    : refusalOf(error, request);
}

/** A problem document with `errors` beside it, because GraphQL clients show the messages of these. */
function answer(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return refuse(reply, refusal, { errors: [{ message: refusal.detail, extensions: { code: refusal.code } }] });
}
