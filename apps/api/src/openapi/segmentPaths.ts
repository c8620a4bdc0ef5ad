import { problemResponses } from './problemResponses.js';
import type { Paths } from './types.js';

/** `GET /v1/segments/{id}/members`: see `registerSegments`. */
export const segmentPaths: Paths = {
  '/v1/segments/{id}/members': {
    get: {
      operationId: 'exportSegmentMembers',
      tags: ['Segments'],
      summary: 'Export all members of a segment',
      description: [
        'Streams all members of a segment as of one moment, however many they are. A stream that ends without its last chunk is incomplete: ask for it again. It ends within two seconds when its token is revoked or its session ends.',
        'To follow what changes afterwards, pass the header `Currents-Cursor` as `after` to the query `segmentChanges` of the GraphQL API. Needs the role operator.',
      ].join('\n\n'),
      security: [{ adminToken: [] }, { consoleSession: [] }],
      parameters: [
        {
          name: 'id',
          in: 'path',
          required: true,
          description: 'The id of the segment, as the GraphQL API shows it.',
          schema: { type: 'string' },
          example: 'seg_1',
        },
        {
          name: 'format',
          in: 'query',
          description: 'The form of the export.',
          schema: { enum: ['ndjson', 'csv'], default: 'ndjson' },
          example: 'csv',
        },
      ],
      responses: {
        200: {
          description: 'All members, in the order of their ids.',
          headers: {
            'Currents-Members': {
              description: 'How many members there are.',
              required: true,
              schema: { type: 'integer', minimum: 0 },
            },
            'Currents-Cursor': {
              description: 'Where the changes after this export begin.',
              required: true,
              schema: { type: 'string', pattern: '^\\d+$' },
            },
            'Currents-Evaluated-At': {
              description: 'When these members were computed.',
              required: true,
              schema: { type: 'string', format: 'date-time' },
            },
            'Content-Disposition': {
              description: 'A name for the file, such as `seg_1.ndjson`.',
              required: true,
              schema: { type: 'string' },
            },
          },
          content: {
            'application/x-ndjson': {
              schema: {
                type: 'string',
                description:
                  'A member per line, by the id that the partner used: an object with `externalId`, `deviceId`, or `alias` with `name` and `label`.',
              },
              examples: {
                members: {
                  value: '{"externalId":"customer-42"}\n{"alias":{"name":"ann","label":"login"}}\n',
                },
              },
            },
            'text/csv': {
              schema: {
                type: 'string',
                description: 'A header, and a member per line (RFC 4180). `kind` is external_id, device_id or alias.',
              },
              examples: { members: { value: 'kind,id,label\nexternal_id,"customer-42",\n' } },
            },
          },
        },
        ...problemResponses(['UNKNOWN_FORMAT', 'TOKEN_MISSING', 'TOKEN_UNKNOWN', 'TOKEN_EXPIRED', 'SESSION_ENDED']),
        ...problemResponses(['FORBIDDEN', 'SEGMENT_NOT_FOUND', 'SEGMENT_NOT_EVALUATED']),
        ...problemResponses(['TOO_MANY_EXPORTS', 'TOO_MANY_FAILED_SIGN_INS', 'UNAVAILABLE']),
      },
    },
  },
};
