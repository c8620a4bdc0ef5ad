import { deflateSync, gzipSync } from 'node:zlib';
import type { Chooser } from './chooser.js';
import { randomCohortPush } from './cohortPush.js';
import { randomEventBody } from './eventBody.js';
import { awkwardDocument, type createDocumentGrammar } from './graphqlDocument.js';
import { damage, randomJson, randomText } from './text.js';

export const endpoints = ['events', 'cohorts', 'graphql', 'segments', 'operations', 'elsewhere'] as const;
export type Endpoint = (typeof endpoints)[number];

export interface FuzzRequest {
  readonly endpoint: Endpoint;
  readonly bytes: Buffer;
  /** Whether the request is well-formed HTTP: it is answered, and the connection goes on. */
  readonly isWhole: boolean;
  /** The ids of events that have to be delivered if the answer is 200. */
  readonly good: readonly string[];
}

export interface Access {
  readonly ingestToken: string;
  readonly adminToken: string;
  /** Data import keys by partner. */
  readonly importKeys: Readonly<Record<string, string>>;
}

/** More often where a request is cheap and the text long. */
const shares: Readonly<Record<Endpoint, number>> = {
  events: 8,
  cohorts: 4,
  graphql: 2,
  segments: 1,
  operations: 1,
  elsewhere: 1,
};
const weighted = endpoints.flatMap((endpoint) => Array<Endpoint>(shares[endpoint]).fill(endpoint));

interface Message {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly good: readonly string[];
}

/** Requests at all endpoints of the hub: most of them well-formed at one level and damaged at another. */
export function createRequestGrammar(access: Access, { document }: ReturnType<typeof createDocumentGrammar>) {
  return function next(choose: Chooser, nextId: () => string): FuzzRequest {
    const message = withEncoding(choose, messageAt(choose, nextId));
    const head = headOf(choose, message);
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), message.body]);
    if (!choose.chance(0.1)) return { endpoint: message.endpoint, bytes, isWhole: true, good: message.good };
    return { endpoint: message.endpoint, bytes: damage(choose, bytes), isWhole: false, good: [] };
  };

  function messageAt(choose: Chooser, nextId: () => string): Message {
    const endpoint = choose.pick(weighted);
    switch (endpoint) {
      case 'events': {
        const { text, contentType, good } = randomEventBody(choose, nextId);
        return at(
          endpoint,
          'POST',
          '/v1/events',
          { 'content-type': contentType, ...bearer(choose, access.ingestToken) },
          text,
          good,
        );
      }
      case 'cohorts': {
        const { path, text } = randomCohortPush(choose, access.importKeys);
        const basic = Buffer.from(`mixpanel:${access.importKeys['mixpanel'] ?? ''}`).toString('base64');
        const authorization = choose.chance(0.7) ? { authorization: `Basic ${basic}` } : {};
        return at(endpoint, 'POST', path, { 'content-type': 'application/json', ...authorization }, text);
      }
      case 'graphql': {
        const query = choose.chance(0.9) ? document(choose) : awkwardDocument(choose);
        const variables = choose.chance(0.1) ? `,"variables":${randomJson(choose)}` : '';
        const text = choose.chance(0.97) ? `{"query":${JSON.stringify(query)}${variables}}` : randomJson(choose);
        return at(
          endpoint,
          'POST',
          '/graphql',
          { 'content-type': 'application/json', ...bearer(choose, access.adminToken) },
          text,
        );
      }
      case 'segments': {
        const id = choose.pick(['seg_1', 'seg_999999', 'x', '%00', '..', '%ff', 'a'.repeat(2_000)]);
        const query = choose.pick([
          '',
          '?format=csv',
          '?format=xml',
          '?after=1',
          `?${encodeURIComponent(randomText(choose).toWellFormed())}`,
        ]);
        return at(endpoint, 'GET', `/v1/segments/${id}/members${query}`, bearer(choose, access.adminToken), '');
      }
      case 'operations':
        return at(
          endpoint,
          choose.pick(['GET', 'HEAD', 'POST', 'OPTIONS']),
          choose.pick(['/healthz', '/readyz', '/metrics']),
          {},
          '',
        );
      case 'elsewhere':
        return at(
          endpoint,
          choose.pick(['GET', 'PUT', 'DELETE', 'POST', 'BREW']),
          `/${encodeURIComponent(randomText(choose).slice(0, 200).toWellFormed())}`,
          {},
          '',
        );
    }
  }
}

function at(
  endpoint: Endpoint,
  method: string,
  path: string,
  headers: Record<string, string>,
  text: string,
  good: readonly string[] = [],
): Message {
  return { endpoint, method, path, headers, body: Buffer.from(text), good };
}

function bearer(choose: Chooser, token: string): Record<string, string> {
  if (choose.chance(0.95)) return { authorization: `Bearer ${token}` };
  return choose.pick([{}, { authorization: `Bearer ${token}x` }, { authorization: 'Basic x' }, { authorization: '' }]);
}

/** Compresses some bodies, damages some before and some after, and says so rightly or wrongly. */
function withEncoding(choose: Chooser, message: Message): Message {
  let { body, good } = message;
  const headers = { ...message.headers };
  if (body.length === 0) return message;
  if (choose.chance(0.08)) [body, good] = [damage(choose, body), []];
  if (choose.chance(0.25)) {
    const encoding = choose.pick(['gzip', 'gzip', 'x-gzip', 'deflate', 'br', 'zstd']);
    headers['content-encoding'] = encoding;
    // Much text in few bytes. Its end meets its beginning, which damages both.
    if (body.length > 0 && choose.chance(0.02)) [body, good] = [Buffer.alloc(1_000_000, body), []];
    body = encoding === 'deflate' ? deflateSync(body) : gzipSync(body);
    if (!/gzip/.test(encoding) || choose.chance(0.1)) [body, good] = [damage(choose, body), []];
  }
  if (choose.chance(0.03))
    headers['content-type'] = choose.pick([
      'text/plain',
      'application/json; charset=latin1',
      '',
      'multipart/form-data',
    ]);
  return { ...message, headers, body, good };
}

function headOf(choose: Chooser, { method, path, headers, body }: Message): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'host: hub'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (choose.chance(0.05))
    lines.push(`x-${choose.pick(['a', 'request-id', 'forwarded-for'])}: ${'y'.repeat(choose.below(4_000))}`);
  if (choose.chance(0.02)) lines.push('expect: 100-continue');
  if (body.length > 0 || method === 'POST') lines.push(`content-length: ${body.length}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
