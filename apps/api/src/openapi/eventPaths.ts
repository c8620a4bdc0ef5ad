import { envelope } from '@currents/schema';
import { problemResponses } from './problemResponses.js';
import type { Header, Paths, Schema } from './types.js';

const rateLimits: Readonly<Record<string, Header>> = {
  'RateLimit-Policy': {
    description:
      'The limits of the ingest token, if it has any: events and bytes a second (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: { type: 'string', examples: ['"events";q=100;w=1, "bytes";q=1000000;w=1;qu="content-bytes"'] },
  },
  RateLimit: {
    description: 'What is left of the limits (`r`), and the seconds until they are whole again (`t`).',
    schema: { type: 'string', examples: ['"events";r=75;t=1, "bytes";r=996250;t=1'] },
  },
};

const traceparentExample = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const traceparent: Header = {
  description: 'The span of the request (W3C Trace Context), while the hub sends traces.',
  schema: { type: 'string', examples: [traceparentExample] },
};

const exampleEvent = {
  event_type: 'users.messages.email.Open',
  id: '5f0adeff-6668-4427-8d02-57d803a2b841',
  time: 1763800000,
  user: { external_user_id: 'customer-42' },
  properties: { campaign_name: 'Spring' },
};

/** An event as the catalogue expects it, from the list of what every event has. */
const eventSchema: Schema = {
  type: 'object',
  description:
    'An event of one user. What does not match is quarantined, and refuses no other event; the query `catalogue` of the GraphQL API lists the types and their properties.',
  required: envelope.filter(({ nullable }) => !nullable).map(({ name }) => name),
  properties: {
    ...Object.fromEntries(envelope.filter(({ name }) => !name.includes('.')).map(propertyOf)),
    user: {
      type: ['object', 'null'],
      properties: Object.fromEntries(
        envelope
          .filter(({ name }) => name.startsWith('user.'))
          .map((property) => propertyOf({ ...property, name: property.name.slice('user.'.length) })),
      ),
    },
    properties: { type: ['object', 'null'], description: 'What the event type says of it, and custom properties.' },
  },
};

function propertyOf({ name, type, nullable, description }: (typeof envelope)[number]): [string, Schema] {
  const jsonType = type === 'long' ? 'integer' : 'string';
  return [name, { type: nullable ? [jsonType, 'null'] : jsonType, description }];
}

const bundle: Schema = {
  type: 'object',
  required: ['events'],
  properties: { events: { type: 'array', maxItems: 10_000, items: eventSchema } },
};

/** `POST /v1/events`: see `registerIngest`. */
export const eventPaths: Paths = {
  '/v1/events': {
    post: {
      operationId: 'sendEvents',
      tags: ['Events'],
      summary: 'Send events',
      description: [
        'Stores the events of a messaging platform, which the hub then delivers to every Current that selects them. The wire format is that of a Braze Currents HTTP connector, so in Braze this is the URL of a Custom Currents Export.',
        'The answer comes after the commit. An event that cannot be read is quarantined: the answer lists its position and the reason, and all other events are stored. A repeated request gets the same answer and is stored once, so after 429 or 503, or without an answer, send the same request again.',
        'An empty body stores nothing and is answered 200: a way to check a token.',
      ].join('\n\n'),
      security: [{ ingestToken: [] }],
      parameters: [
        {
          name: 'Content-Encoding',
          in: 'header',
          description: 'How the body is compressed. None if absent.',
          schema: { enum: ['gzip', 'identity'] },
          example: 'gzip',
        },
        {
          name: 'traceparent',
          in: 'header',
          description: 'The span of the sender (W3C Trace Context), which the hub continues while it sends traces.',
          schema: { type: 'string' },
          example: traceparentExample,
        },
      ],
      requestBody: {
        description:
          'At most 10,000 events, and at most `INGEST_BODY_MEGABYTES` (10 by default) decompressed, in UTF-8. The hub goes by the body and not by `Content-Type`, except that a type with `ndjson`, `jsonl`, `jsonlines` or `json-seq` in it means an event per line.',
        required: false,
        content: {
          'application/json': {
            schema: { anyOf: [bundle, eventSchema, { type: 'array', items: { anyOf: [bundle, eventSchema] } }] },
            examples: { events: { summary: 'One event', value: { events: [exampleEvent] } } },
          },
          'application/x-ndjson': {
            schema: { type: 'string', description: 'An event, or an object with `events`, per line.' },
            examples: { lines: { summary: 'One event', value: `${JSON.stringify(exampleEvent)}\n` } },
          },
        },
      },
      responses: {
        200: {
          description: 'The events are stored, now or by an earlier request with the same body.',
          headers: { ...rateLimits, traceparent },
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['accepted', 'quarantined', 'quarantinedEvents'],
                additionalProperties: false,
                properties: {
                  accepted: { type: 'integer', minimum: 0, description: 'Events that are stored for delivery.' },
                  quarantined: { type: 'integer', minimum: 0, description: 'Events that cannot be read.' },
                  quarantinedEvents: {
                    type: 'array',
                    maxItems: 1_000,
                    description: 'The first of the quarantined events, at most 1,000.',
                    items: {
                      type: 'object',
                      required: ['position', 'code', 'detail'],
                      additionalProperties: false,
                      properties: {
                        position: { type: 'integer', minimum: 0, description: 'Index in the request, from 0.' },
                        code: { type: 'string', description: 'The reason, for programs.' },
                        detail: { type: 'string', description: 'The reason, for people.' },
                      },
                    },
                  },
                },
              },
              examples: {
                stored: { summary: 'All are stored', value: { accepted: 1, quarantined: 0, quarantinedEvents: [] } },
              },
            },
          },
        },
        ...problemResponses(['MALFORMED_JSON', 'WRONG_SHAPE', 'MALFORMED_GZIP', 'BAD_REQUEST'], rateLimits),
        ...problemResponses(['TOKEN_MISSING', 'TOKEN_UNKNOWN', 'REQUEST_TIMEOUT']),
        ...problemResponses(['BODY_TOO_LARGE', 'TOO_MANY_EVENTS'], rateLimits),
        ...problemResponses(['UNSUPPORTED_ENCODING', 'UNSUPPORTED_CHARSET']),
        ...problemResponses(['RATE_LIMITED', 'TOO_MANY_REQUESTS', 'TOO_MANY_FAILED_SIGN_INS'], rateLimits),
        ...problemResponses(['UNAVAILABLE']),
      },
    },
  },
};
