import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findBreakingOpenApiChanges, type OpenApi } from '../../src/release/openApiChanges.js';

const text = readFileSync(join(import.meta.dirname, '../../../apps/api/openapi.json'), 'utf8');
const present = (): OpenApi => JSON.parse(text) as OpenApi;

/** A small document, of which each test changes one thing. */
const former = {
  paths: {
    '/items': {
      get: {
        security: [{ token: [] }, { cookie: [] }],
        parameters: [{ name: 'first', in: 'query', schema: { type: 'number' } }],
        responses: { '200': { $ref: '#/components/responses/Items' }, '404': {} },
      },
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name'],
                properties: { name: { type: ['string', 'null'] }, kind: { enum: ['a', 'b'] } },
              },
            },
            'text/csv': {},
          },
        },
        responses: { '201': {} },
      },
    },
  },
  components: {
    responses: {
      Items: {
        content: {
          'application/json': {
            schema: { type: 'array', items: { $ref: '#/components/schemas/Item' } },
          },
        },
      },
    },
    schemas: { Item: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, more: {} } } },
  },
};
type Document = typeof former;
const changed = (change: (document: Document) => unknown): readonly string[] => {
  const copy = structuredClone(former);
  change(copy);
  return findBreakingOpenApiChanges(former, copy);
};
/** Any part of the document, to be changed without regard to its type. */
type Part = Record<string, unknown>;
const requestOf = ({ paths }: Document) => paths['/items'].post.requestBody.content['application/json'].schema;
const itemOf = ({ components }: Document) => components.schemas.Item;

it('finds nothing between the description of this release and itself', () => {
  expect(findBreakingOpenApiChanges(present(), present())).toEqual([]);
});

it('finds every operation of this release when all paths are gone', () => {
  expect(findBreakingOpenApiChanges(present(), { ...present(), paths: {} }).length).toBeGreaterThan(15);
});

it.each<readonly [string, (document: Document) => unknown]>([
  ['POST /items is gone', ({ paths }) => delete (paths['/items'] as Part)['post']],
  ['GET /items: status 404 is gone', ({ paths }) => delete (paths['/items'].get.responses as Part)['404']],
  ['GET /items: authentication by cookie is gone', ({ paths }) => paths['/items'].get.security.pop()],
  ['GET /items: query parameter first is gone', ({ paths }) => paths['/items'].get.parameters.pop()],
  [
    'GET /items: query parameter first is required',
    ({ paths }) => Object.assign(paths['/items'].get.parameters[0] as Part, { required: true }),
  ],
  [
    'GET /items: query parameter first: the type was number, and is integer',
    ({ paths }) => Object.assign(paths['/items'].get.parameters[0]?.schema as Part, { type: 'integer' }),
  ],
  [
    'POST /items: the request body is required',
    ({ paths }) => Object.assign(paths['/items'].post.requestBody, { required: true }),
  ],
  [
    'POST /items: the request: the media type text/csv is gone',
    ({ paths }) => delete (paths['/items'].post.requestBody.content as Part)['text/csv'],
  ],
  [
    'POST /items: the request (application/json).kind is required',
    (document) => requestOf(document).required.push('kind'),
  ],
  [
    'POST /items: the request (application/json).kind is gone',
    (document) => delete (requestOf(document).properties as Part)['kind'],
  ],
  [
    'POST /items: the request (application/json).kind: the value "b" is gone',
    (document) => requestOf(document).properties.kind.enum.pop(),
  ],
  [
    'POST /items: the request (application/json).name: the type was string or null, and is string',
    (document) => requestOf(document).properties.name.type.pop(),
  ],
  ['GET /items: the answer 200 (application/json)[].id may be absent', (document) => itemOf(document).required.pop()],
  [
    'GET /items: the answer 200 (application/json)[].more is gone',
    (document) => delete (itemOf(document).properties as Part)['more'],
  ],
  [
    'GET /items: the answer 200 (application/json)[].id: the type was integer, and is string',
    (document) => Object.assign(itemOf(document).properties.id, { type: 'string' }),
  ],
])('finds: %s', (expected, change) => {
  expect(changed(change)).toEqual([expected]);
});

it.each<readonly [string, (document: Document) => unknown]>([
  ['operation', ({ paths }) => Object.assign(paths, { '/more': { get: { responses: {} } } })],
  ['status', ({ paths }) => Object.assign(paths['/items'].post.responses, { '409': {} })],
  [
    'parameter',
    ({ paths }) => paths['/items'].get.parameters.push({ name: 'after', in: 'query', schema: { type: 'string' } }),
  ],
  ['property of a request', (document) => Object.assign(requestOf(document).properties, { more: {} })],
  ['enum value', (document) => requestOf(document).properties.kind.enum.push('c')],
  ['property of an answer', (document) => Object.assign(itemOf(document).properties, { name: {} })],
  ['promise of an answer', (document) => itemOf(document).required.push('more')],
])('allows a new %s', (_what, change) => {
  expect(changed(change)).toEqual([]);
});
