import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleImportKey } from '@currents/connector';
import { Validator } from '@seriousme/openapi-schema-validator';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerConsoleFiles } from '../../src/console/files.js';
import { methods, type Operation } from '../../src/openapi/types.js';
import { answerWithProblems, makeRequestId } from '../../src/problem.js';
import { startRequest } from '../rawRequest.js';
import { checkAnswers, description, faultOf, resolveResponse, templateOf, undescribed } from './checkAnswers.js';
import { maxBodyBytes, openContractHarness, type ContractHarness } from './contractHarness.js';

let api: ContractHarness;
/** As `POST` to `/graphql` answers it. */
let viewerToken: string;
let segmentId: string;
let newSegmentId: string;
beforeAll(async () => {
  api = await openContractHarness();
  viewerToken = await createViewer();
  [segmentId, newSegmentId] = await createSegments();
});
afterAll(async () => {
  await api.close();
  api.check.assertDescribed();
});

const folder = join(import.meta.dirname, '../..');
const operations = Object.entries(description.paths).flatMap(([path, each]) =>
  methods.flatMap((method) => {
    const operation = each[method];
    return operation ? [{ name: `${method.toUpperCase()} ${path}`, path, method, operation }] : [];
  }),
);

describe('the description of the api', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(description)));
    expect(result).toMatchObject({ valid: true });
    expect(description.openapi).toMatch(/^3\.1\./);
  });

  it('has the version of the api', () => {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
    expect(description.info.version).toBe(version);
  });

  it('is apps/api/openapi.json, which is served', async () => {
    const { payload } = await api.app.inject('/openapi.json');
    expect(payload).toBe(readFileSync(join(folder, 'openapi.json'), 'utf8'));
  });

  it('has every route of the api and no other', () => {
    const registered = api.app.endpoints
      .filter(({ url }) => !undescribed.has(url))
      .flatMap(({ url, methods }) =>
        methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${templateOf(url)}`),
      );
    expect(operations.map(({ name }) => name).sort()).toEqual(registered.sort());
  });

  it('names each operation once, and each parameter of its path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it('has examples that its own schemas accept', () => {
    const bodies = operations.flatMap(({ name, operation }) =>
      [
        ...Object.values(operation.responses).map((response) => resolveResponse(response).content ?? {}),
        operation.requestBody?.content ?? {},
      ].flatMap((content) =>
        Object.values(content).flatMap(({ schema, examples }) =>
          Object.values(examples).map(({ value }) => [name, faultOf(value, schema)]),
        ),
      ),
    );
    expect(bodies.length).toBeGreaterThan(100);
    expect(bodies.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });
});

describe('the page at /docs', () => {
  it('shows every operation and answer, without scripts and inline styles', async () => {
    const { payload, headers } = await api.app.inject('/docs');
    for (const { operation } of operations) {
      expect(payload).toContain(`<article id="${operation.operationId}">`);
      expect(payload).toContain(`<a href="#${operation.operationId}">`);
    }
    const answers = operations.flatMap(({ operation }) => Object.keys(operation.responses));
    expect(payload.split('<details><summary>').length - payload.split('<summary>Schema').length).toBe(answers.length);
    expect(payload).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
    // It loads its style, and refers to itself and the document, relative to where it is.
    expect(payload).not.toMatch(/(src|href)="(?!#|docs\.css"|openapi\.json")/);
    expect(headers['content-security-policy']).toBe((await api.app.inject('/')).headers['content-security-policy']);
  });
});

type Headers = Readonly<Record<string, string>>;
interface Question {
  readonly method?: string;
  /** Of the path and the query. */
  readonly url: string;
  readonly headers?: Headers;
  readonly payload?: string | object;
  /** The address of the caller. */
  readonly from?: string;
}
interface Answer {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly payload: string;
  json<Body>(): Body;
}
type Request = () => Promise<Pick<Answer, 'statusCode'>>;

async function ask({ method = 'GET', url, headers = {}, payload, from = nextAddress() }: Question): Promise<Answer> {
  const isObject = typeof payload === 'object';
  const response = await fetch(api.url + url, {
    method,
    headers: { 'x-forwarded-for': from, ...(isObject && json), ...headers },
    ...(payload !== undefined && { body: isObject ? JSON.stringify(payload) : payload }),
  });
  const text = await response.text();
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    payload: text,
    json: () => JSON.parse(text),
  };
}

/** Another address for each request: failed sign-ins are limited for each. */
let addresses = 0;
const nextAddress = (): string => `198.51.${100 + (addresses >> 8)}.${addresses++ & 255}`;
const json = { 'content-type': 'application/json' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const wrongToken = bearer('cur_wrong');

/** A second wrong token from the same address. */
async function twice(question: Question): Promise<Answer> {
  const from = nextAddress();
  await ask({ ...question, from });
  return ask({ ...question, from });
}

const event = {
  event_type: 'users.messages.email.Open',
  id: 'e',
  time: 1_750_000_000,
  user: { external_user_id: 'u' },
};
const postEvents = (payload: string | object, headers: Headers = {}): Request => {
  return () =>
    ask({
      method: 'POST',
      url: '/v1/events',
      payload,
      headers: { ...bearer(api.ingestToken), 'content-type': 'application/json', ...headers },
    });
};
const members = (
  id: () => string,
  more: { readonly query?: string; readonly headers?: Headers; readonly token?: () => string } = {},
): Request => {
  const { token = () => api.adminToken, query = '', headers } = more;
  return () => ask({ url: `/v1/segments/${id()}/members${query}`, headers: headers ?? bearer(token()) });
};

interface Browser {
  readonly cookie: string;
  readonly 'x-csrf-token': string;
}
async function signIn(): Promise<Browser> {
  const answer = await ask({ method: 'POST', url: '/console/session', headers: bearer(api.adminToken) });
  return {
    cookie: (answer.headers['set-cookie'] ?? '').split(';')[0] ?? '',
    'x-csrf-token': answer.json<{ csrfToken: string }>().csrfToken,
  };
}
const wrongSession = { cookie: 'currents_session=cur_session_wrong', 'x-csrf-token': 'x' };
/** A body that is too large, of another type, or not JSON, where none is read. */
const withBody = (method: 'POST' | 'DELETE', url: string): Readonly<Record<number, Request>> => ({
  400: () => ask({ method, url, payload: '{', headers: json }),
  413: () => ask({ method, url, payload: 'x'.repeat(1_100_000), headers: json }),
  415: () => ask({ method, url, payload: 'x', headers: { 'content-type': 'text/xml' } }),
});
const signOut = (url: string): Readonly<Record<number, Request>> => ({
  ...withBody('DELETE', url),
  204: async () => ask({ method: 'DELETE', url, headers: { ...(await signIn()) } }),
  401: () => ask({ method: 'DELETE', url }),
  403: async () => ask({ method: 'DELETE', url, headers: { cookie: (await signIn()).cookie } }),
  429: () => twice({ method: 'DELETE', url, headers: wrongSession }),
});

/** A request for each documented answer of an operation, but 503. */
const requests: Readonly<Record<string, Readonly<Record<number, Request>>>> = {
  'POST /v1/events': {
    200: postEvents({ events: [event, { id: 'broken' }] }),
    400: postEvents('{'),
    401: postEvents('', wrongToken),
    408: async () => {
      const stalled = { ...bearer(api.ingestToken), 'content-length': 4_000 };
      const request = startRequest(api.url, '/v1/events', stalled, [Buffer.from('{')]);
      await request.closed;
      return { statusCode: request.status() ?? 0 };
    },
    413: postEvents(' '.repeat(maxBodyBytes + 1)),
    415: postEvents('x', { 'content-encoding': 'br' }),
    429: () => twice({ method: 'POST', url: '/v1/events', headers: wrongToken }),
  },
  'GET /v1/segments/{id}/members': {
    200: members(() => segmentId),
    400: members(() => segmentId, { query: '?format=xml' }),
    401: members(() => segmentId, { headers: wrongToken }),
    403: members(() => segmentId, { token: () => viewerToken }),
    404: members(() => 'seg_4711'),
    409: members(() => newSegmentId),
    429: () => twice({ url: `/v1/segments/${segmentId}/members`, headers: wrongToken }),
  },
  'GET /healthz': { 200: () => ask({ url: '/healthz' }) },
  'GET /readyz': { 200: () => ask({ url: '/readyz' }) },
  'GET /metrics': { 200: () => ask({ url: '/metrics' }) },
  'GET /console/session': {
    200: async () => ask({ url: '/console/session', headers: { ...(await signIn()) } }),
    204: () => ask({ url: '/console/session' }),
    401: () => ask({ url: '/console/session', headers: wrongSession }),
    429: () => twice({ url: '/console/session', headers: wrongSession }),
  },
  'POST /console/session': {
    ...withBody('POST', '/console/session'),
    200: () => ask({ method: 'POST', url: '/console/session', headers: bearer(api.adminToken) }),
    401: () => ask({ method: 'POST', url: '/console/session' }),
    429: () => twice({ method: 'POST', url: '/console/session', headers: wrongToken }),
  },
  'DELETE /console/session': signOut('/console/session'),
  'DELETE /console/sessions': signOut('/console/sessions'),
  'GET /': { 200: () => ask({ url: '/' }), 404: askWithoutConsole },
  'GET /assets/{name}': {
    200: () => ask({ url: '/assets/index.js' }),
    404: () => ask({ url: '/assets/other.js' }),
  },
  'GET /openapi.json': { 200: () => ask({ url: '/openapi.json' }) },
  'GET /docs': { 200: () => ask({ url: '/docs' }) },
  'GET /docs.css': { 200: () => ask({ url: '/docs.css' }) },
};

/** Pushes to a partner's endpoint, by what is wrong with them. */
function pushesTo(path: string, operation: Operation) {
  const isInBody = operation.security.length === 0;
  const partner = /^\/partners\/(\w+)/.exec(path)?.[1] ?? 'segment';
  const example = exampleOf(operation);
  const withKey = (key: string | undefined): object => (isInBody ? { ...example, client_secret: key } : example);
  const push = async (body: object | string, key?: string, more: Partial<Question> = {}): Promise<Answer> =>
    ask({
      method: 'POST',
      url: await fill(path, partner),
      payload: body,
      headers: { ...json, ...(!isInBody && key !== undefined && headerWith(operation, key)) },
      ...more,
    });
  const key = () => api.importKey(partner);
  return {
    stored: () => push(withKey(key()), key()),
    unreadable: () => push('{', key()),
    unauthorised: () => push(withKey(undefined)),
    tooLarge: () => push(' '.repeat(maxBodyBytes + 1), key()),
    busy: async () => {
      const from = nextAddress();
      await push(withKey('cur_import_wrong'), 'cur_import_wrong', { from });
      return push(withKey('cur_import_wrong'), 'cur_import_wrong', { from });
    },
    /** Only a whole membership is accepted for a cohort that was deleted, and no list but the one that was created. */
    unknownCohort: async () => {
      await push(withKey(key()), key());
      const url = path.replace(/\{listId\}/, 'no-list');
      await api.sql`update cohort set deleted_at = now()`;
      const changes = 'action' in example ? { ...example, action: 'add_members' } : { ...example, message_id: 'other' };
      const answer = await push(changes, key(), { url: await fill(url, partner) });
      await api.sql`update cohort set deleted_at = null`;
      return answer;
    },
    unavailable: () => push(withKey(key()), key()),
  };
}

const exampleOf = ({ requestBody }: Operation) =>
  Object.values(requestBody?.content['application/json']?.examples ?? {})[0]?.value as Readonly<
    Record<string, unknown>
  >;

function headerWith({ security }: Operation, key: string): Readonly<Record<string, string>> {
  const schemes = security.flatMap(Object.keys);
  if (schemes.includes('importKeyBearer')) return bearer(key);
  return { authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}` };
}

/** The path with a value for each parameter; a list is created first. */
async function fill(path: string, partner: string): Promise<string> {
  let listId = '';
  if (path.includes('{listId}')) {
    const answer = await ask({
      method: 'POST',
      url: `/partners/${partner}/lists`,
      payload: { name: 'Big spenders: 7khm89cz' },
      headers: bearer(api.importKey(partner)),
    });
    listId = answer.json<{ listId: string }>().listId;
  }
  return path.replace('{listId}', listId).replace('{partner}', partner).replace('{property}', 'email');
}

const partnerOperations = operations.filter(({ path }) => path.startsWith('/partners/'));

/** The pushes by the status that answers them. */
const pushOf = (path: string, operation: Operation, status: string): Request | undefined => {
  const pushes = pushesTo(path, operation);
  const isAnyPartner = path.startsWith('/partners/{partner}');
  const unknownPartner: Request = () => ask({ method: 'POST', url: path.replace('{partner}', 'unknown') });
  return {
    200: pushes.stored,
    201: pushes.stored,
    400: pushes.unreadable,
    401: pushes.unauthorised,
    404: isAnyPartner ? unknownPartner : pushes.unknownCohort,
    413: pushes.tooLarge,
    423: pushes.busy,
    429: pushes.busy,
  }[status];
};

const answers = operations.flatMap(({ name, path, operation }) =>
  Object.keys(operation.responses)
    .filter((status) => status !== 'default' && status !== '503')
    .map((status) => ({
      name,
      status,
      request: requests[name]?.[Number(status)] ?? pushOf(path, operation, status),
    })),
);

describe('every answer in the description is one of the api:', () => {
  it.each(answers)('$name $status', async ({ status, request }) => {
    expect((await request?.())?.statusCode).toBe(Number(status));
    api.check.assertDescribed();
  });

  it('and the examples of partners’ pushes are pushes that are stored', async () => {
    expect(partnerOperations.length).toBeGreaterThan(8);
    for (const { path, operation } of partnerOperations) {
      const { statusCode, payload } = await pushesTo(path, operation).stored();
      expect([path, statusCode, payload]).toEqual([path, expect.toBeOneOf([200, 201]), expect.any(String)]);
      if (operation.security.length === 0)
        expect(exampleOf(operation)).toMatchObject({ client_secret: exampleImportKey });
    }
  });
});

describe('an answer that is not in the description', () => {
  it.each([
    ['another status', (reply: any) => reply.code(418).send(), 'no such answer'],
    ['another media type', (reply: any) => reply.type('text/plain').send('ok'), 'content type text/plain'],
    ['another body', (reply: any) => reply.send({ status: 'fine' }), 'must be equal to constant'],
    ['another header', (reply: any) => reply.header('x-more', '1').send({ status: 'ok' }), 'header x-more'],
  ])('is found: %s', async (_, answer, fault) => {
    const app = fastify();
    const check = checkAnswers(app);
    app.get('/healthz', (_request, reply) => answer(reply.header('x-request-id', crypto.randomUUID())));
    await app.inject('/healthz');
    expect(check.assertDescribed).toThrow(fault);
    await app.close();
  });
});

describe('without its database', () => {
  beforeAll(() => api.loseDatabase());

  const unavailable = operations.filter(({ operation }) => '503' in operation.responses);

  it.each(unavailable)('$name is answered 503', async ({ name, path, method, operation }) => {
    const token = path.startsWith('/v1/events') ? api.ingestToken : api.adminToken;
    const headers = path.startsWith('/console') && method !== 'post' ? wrongSession : bearer(token);
    const answer = await (name.startsWith('POST /partners/')
      ? pushesTo(path.replace('{listId}', 'list_1'), operation).unavailable()
      : ask({
          method: method.toUpperCase(),
          url: path.replace('{id}', segmentId),
          headers: { ...headers },
          ...(path === '/v1/events' && { payload: JSON.stringify({ events: [{ ...event, id: 'late' }] }) }),
        }));
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '7']);
    api.check.assertDescribed();
  });
});

/** `GET /` where the console was not built. */
async function askWithoutConsole() {
  const app = fastify({ genReqId: makeRequestId });
  answerWithProblems(app, 7);
  const check = checkAnswers(app);
  await registerConsoleFiles(app, join(folder, 'no-such-folder'));
  const answer = await app.inject('/');
  await app.close();
  check.assertDescribed();
  return answer;
}

async function createViewer(): Promise<string> {
  const query =
    'mutation { createAdminToken(input: { name: "viewer", role: VIEWER }) { ... on CreateAdminTokenPayload { token } } }';
  const answer = await ask({
    method: 'POST',
    url: '/graphql',
    payload: { query },
    headers: bearer(api.adminToken),
  });
  return answer.json<{ data: { createAdminToken: { token: string } } }>().data.createAdminToken.token;
}

/** One with a member, and one that is not evaluated. */
async function createSegments(): Promise<[string, string]> {
  await api.sql`create table member_set_4711 (member text primary key)`;
  await api.sql`insert into member_set_4711 values ('ecustomer-42')`;
  const rows = await api.sql<{ id: string }[]>`
    insert into segment (name, definition, set_id, external_ids, evaluated_at)
    values ('evaluated', '{}', 4711, 1, now()), ('new', '{}', null, 0, null) returning 'seg_' || id as id`;
  return [rows[0]?.id ?? '', rows[1]?.id ?? ''];
}
