import { problemResponses } from './problemResponses.js';
import type { Header, MediaType, Operation, Paths } from './types.js';

const open = { tags: ['Pages'], security: [] } as const satisfies Partial<Operation>;

const header = (description: string): Header => ({ description, required: true, schema: { type: 'string' } });

const cacheControl = header('How long a browser may keep it.');
const pageHeaders = {
  'Cache-Control': cacheControl,
  'Content-Security-Policy': header('Nothing from elsewhere, no inline code, in no frame.'),
};

const text = (value: string): MediaType => ({ schema: { type: 'string' }, examples: { file: { value } } });

/** The console's files and the description of the api: see `registerConsoleFiles` and `registerDescription`. */
export const pagePaths: Paths = {
  '/': {
    get: {
      ...open,
      operationId: 'openConsole',
      summary: 'The console',
      description: 'The page of the web console. It holds no data: the browser signs in, and asks the GraphQL API.',
      responses: {
        200: { description: 'The page.', headers: pageHeaders, content: { 'text/html': text('<!doctype html>…') } },
        ...problemResponses(['NOT_FOUND']),
      },
    },
  },
  '/assets/{name}': {
    get: {
      ...open,
      operationId: 'readConsoleFile',
      summary: 'A file of the console',
      description: 'The scripts, styles and images of the console. The name of a file changes with its content.',
      parameters: [
        {
          name: 'name',
          in: 'path',
          required: true,
          description: 'The name, as the page of the console has it.',
          schema: { type: 'string' },
          example: 'index-DfG3kq1w.js',
        },
      ],
      responses: {
        200: {
          description: 'The file.',
          headers: { 'Cache-Control': cacheControl },
          content: {
            'text/javascript': text('export {};'),
            'text/css': text(':root {}'),
            'image/svg+xml': text('<svg xmlns="http://www.w3.org/2000/svg"/>'),
          },
        },
        ...problemResponses(['NOT_FOUND']),
      },
    },
  },
  '/openapi.json': {
    get: {
      ...open,
      operationId: 'readDescription',
      summary: 'This description, for programs',
      description:
        'The description of the HTTP endpoints as an OpenAPI 3.1 document, for generators of clients, gateways and tests. It needs no token: it is the same at every hub of this version.',
      responses: {
        200: {
          description: 'The document.',
          headers: { 'Cache-Control': cacheControl },
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['openapi', 'info', 'paths'],
                properties: { openapi: { type: 'string' }, info: { type: 'object' }, paths: { type: 'object' } },
              },
              examples: { document: { value: { openapi: '3.1.1', info: {}, paths: {} } } },
            },
          },
        },
      },
    },
  },
  '/docs': {
    get: {
      ...open,
      operationId: 'openDescription',
      summary: 'This description, for people',
      description: 'One page with everything in the document. It has no scripts, and loads nothing from elsewhere.',
      responses: {
        200: { description: 'The page.', headers: pageHeaders, content: { 'text/html': text('<!doctype html>…') } },
      },
    },
  },
  '/docs.css': {
    get: {
      ...open,
      operationId: 'readDescriptionStyle',
      summary: 'The style of the page of this description',
      description: 'The only file that the page needs.',
      responses: {
        200: {
          description: 'The style sheet.',
          headers: { 'Cache-Control': cacheControl },
          content: { 'text/css': text('body {}') },
        },
      },
    },
  },
};
