import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { httpProblems } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { connectors } from '../../src/connectors.js';
import { describeApi } from '../../src/openapi/describeApi.js';
import type { Header, Method, Reference, Response, Schema } from '../../src/openapi/types.js';

export const description = describeApi(connectors);

/** The GraphQL API describes itself. */
export const undescribed = new Set(['/graphql']);

/** A route's path as OpenAPI writes it: `/v1/segments/:id/members` becomes `/v1/segments/{id}/members`. */
export const templateOf = (url: string): string => url.replace(/:(\w+)/g, '{$1}');

const { components } = description;
const ajv = new Ajv2020({ strict: false, allErrors: true });
// The module is CommonJS, whose default export TypeScript sees as a namespace.
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
const compiled = new Map<Schema, ValidateFunction>();

/** What is wrong with a value, or undefined. */
export function faultOf(value: unknown, schema: Schema): string | undefined {
  let validate = compiled.get(schema);
  if (!validate) compiled.set(schema, (validate = ajv.compile({ ...schema, components })));
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

export function resolveResponse(response: Response | Reference): Response {
  return '$ref' in response ? (components.responses[nameIn(response)] as Response) : response;
}

function resolveHeader(header: Header | Reference): Header {
  return '$ref' in header ? (components.headers[nameIn(header)] as Header) : header;
}

const nameIn = ({ $ref }: Reference): string => $ref.split('/').pop() ?? '';

export interface AnswerCheck {
  /** Fails if an answer was not as the description says: its status, headers, media type or body. */
  assertDescribed(): void;
}

/** Compares every answer of the app with the description of the api. To be called before routes are added in scopes. */
export function checkAnswers(app: FastifyInstance): AnswerCheck {
  const faults = new Set<string>();
  app.addHook('onSend', async (request, reply, payload) => {
    const found = faultsOf(request, reply, payload);
    for (const fault of found)
      faults.add(`${request.method} ${request.routeOptions.url ?? request.url} ${reply.statusCode}: ${fault}`);
  });
  return {
    assertDescribed() {
      if (faults.size > 0) throw new Error(`answers that the description of the api lacks:\n${[...faults].join('\n')}`);
    },
  };
}

const notFound: Response = {
  description: '',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples: {} } },
};
const notAllowed: Response = {
  ...notFound,
  headers: { ...notFound.headers, Allow: { description: '', required: true, schema: { type: 'string' } } },
};

function faultsOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): readonly string[] {
  const { url } = request.routeOptions;
  // Never sent: the client is gone.
  if (reply.statusCode === httpProblems.CLIENT_CLOSED_REQUEST) return [];
  if (url !== undefined && undescribed.has(url)) return [];
  const response = responseOf(request, reply);
  if (!response) return ['the description has no such answer'];
  return [...headerFaults(response, reply), ...bodyFaults(response, request, reply, payload)];
}

function responseOf(request: FastifyRequest, { statusCode }: FastifyReply): Response | undefined {
  if (request.is404) return notFound;
  if (statusCode === 405) return notAllowed;
  const method = (request.method === 'HEAD' ? 'GET' : request.method).toLowerCase() as Method;
  const responses = description.paths[templateOf(request.routeOptions.url ?? '')]?.[method]?.responses;
  const response = responses?.[statusCode] ?? (otherStatuses.has(statusCode) ? responses?.['default'] : undefined);
  return response && resolveResponse(response);
}

/** What `default` stands for. */
const otherStatuses = new Set([408, 500]);

/** Headers that any answer may have, and that say nothing of the endpoint. */
const general = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'connection', 'cache-control', 'vary'],
  ...['x-content-type-options', 'referrer-policy'],
]);

function headerFaults(response: Response, reply: FastifyReply): readonly string[] {
  const described = new Map(
    Object.entries(response.headers ?? {}).map(([name, header]) => [name.toLowerCase(), resolveHeader(header)]),
  );
  const missing = [...described].filter(([name, { required }]) => required && reply.getHeader(name) === undefined);
  const others = Object.keys(reply.getHeaders()).filter((name) => !described.has(name) && !general.has(name));
  const wrong = [...described].flatMap(([name, { schema }]) => {
    const sent = reply.getHeader(name);
    if (sent === undefined) return [];
    const fault = faultOf(schema['type'] === 'integer' ? Number(sent) : String(sent), schema);
    return fault === undefined ? [] : [`${name}: ${fault}`];
  });
  return [...missing.map(([name]) => `no header ${name}`), ...others.map((name) => `header ${name}`), ...wrong];
}

function bodyFaults(
  { content }: Response,
  { method }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): readonly string[] {
  if (!content) return payload === undefined || payload === null || payload === '' ? [] : ['a body'];
  const type = String(reply.getHeader('content-type')).split(';')[0] ?? '';
  const media = content[type];
  if (!media) return [`content type ${type}`];
  const isText = typeof payload === 'string' || Buffer.isBuffer(payload);
  // A stream is not read here, and HEAD has no body.
  if (!isText || method === 'HEAD') return [];
  const text = payload.toString();
  const fault = faultOf(/\bjson$/.test(type) && !type.endsWith('ndjson') ? JSON.parse(text) : text, media.schema);
  return fault === undefined ? [] : [fault];
}
