import type { Connectors } from '@currents/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { contentSecurityPolicy } from '../console/contentSecurityPolicy.js';
import { describeApi } from './describeApi.js';
import { descriptionPage } from './descriptionPage.js';
import { descriptionStyle } from './descriptionStyle.js';

/**
 * Serves the description of the api: at `/openapi.json` for programs and at `/docs` for people. Without a token: it is
 * the same at every hub of this version, and says nothing about this one.
 */
export function registerDescription(app: FastifyInstance, connectors: Connectors): void {
  const document = describeApi(connectors);
  const json = `${JSON.stringify(document, null, 2)}\n`;
  const page = descriptionPage(document);
  app.get('/openapi.json', (_request, reply) => send(reply, 'application/json; charset=utf-8', json));
  app.get('/docs', (_request, reply) =>
    send(reply.header('content-security-policy', contentSecurityPolicy), 'text/html; charset=utf-8', page),
  );
  app.get('/docs.css', (_request, reply) => send(reply, 'text/css; charset=utf-8', descriptionStyle));
}

function send(reply: FastifyReply, type: string, content: string): FastifyReply {
  return reply
    .headers({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .type(type)
    .send(content);
}
