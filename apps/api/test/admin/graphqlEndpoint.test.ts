import { gzipSync } from 'node:zlib';
import { connect, createAdminToken, createSignInFailures, revokeAdminToken, watchAdminTokens } from '@currents/core';
import fastify from 'fastify';
import request from 'supertest';
import { getIntrospectionQuery, isRequiredArgument } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerWithProblems } from '../../src/problem.js';
import { createRequestBodies } from '../../src/body/requestBodies.js';
import { registerAdmin } from '../../src/admin/register.js';
import { buildAdminSchema } from '../../src/admin/schema.js';
import { createCurrent, good, openAdminHarness, until, type AdminHarness } from './adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

async function make(given: { name: string; role: 'viewer' | 'admin'; expiresAt?: Date }) {
  const made = await createAdminToken(harness.admin, given);
  if (made.kind !== 'AdminTokenCreated') throw new Error(made.message);
  return made;
}

const names = '{ currents { nodes { name } } }';

describe('the GraphQL endpoint', () => {
  it('refuses a number that a 64-bit float does not hold, in variables and in a query', async () => {
    const query =
      'mutation ($input: CreateCurrentInput!) { createCurrent(input: $input) { ... on Problem { message } } }';
    const variables = `{"input":${JSON.stringify({ ...good, settings: {} }).replace('"settings":{}', '"settings":{"a":[12345678901234567890]}')}}`;
    const inVariables = await harness.send(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
    expect([inVariables.status, inVariables.body.code]).toEqual([400, 'BAD_REQUEST']);
    expect(inVariables.body.detail).toMatch(
      /^variables\.input\.settings\.a\.0: expected a number that a 64-bit float holds/,
    );
    const inQuery = await harness.ask(
      'mutation { createCurrent(input: { name: "n", contactEmail: "a@b.c", destination: "mixpanel", settings: { a: 1e400 }, credentials: {}, selection: {} }) { __typename } }',
    );
    expect(inQuery.body.errors[0].message).toMatch(/expected a number that a 64-bit float holds exactly/);
    expect(inQuery.text).not.toMatch(/12345678901234567890|1e400/);
  });

  it.each([
    ['no token', undefined],
    ['another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['no token after the scheme', 'Bearer '],
    ['a token that does not exist', 'Bearer cur_admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['something else', 'Bearer x" or 1=1 --'],
  ])('refuses %s with 401 and names the expected header', async (_what, authorization) => {
    const { status, body, headers } = await harness.ask(names, {}, { authorization });
    expect(status).toBe(401);
    expect([headers['www-authenticate'], headers['content-type']]).toEqual([
      'Bearer',
      'application/problem+json; charset=utf-8',
    ]);
    const { code, detail } = body;
    expect(detail).toMatch(/admin token/);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail,
      code: expect.stringMatching(/^TOKEN_(MISSING|UNKNOWN)$/),
      requestId: headers['x-request-id'],
      errors: [{ message: detail, extensions: { code } }],
    });
  });

  it('refuses a revoked token at once', async () => {
    const { token, adminToken } = await make({ name: 'leaked', role: 'admin' });
    expect((await harness.ask(names, {}, { authorization: `Bearer ${token}` })).status).toBe(200);
    await revokeAdminToken(harness.admin, adminToken.id, adminToken.id);
    expect((await harness.ask(names, {}, { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('refuses an expired token with a code of its own, and says when each token was last used', async () => {
    const { token, adminToken } = await make({
      name: 'brief',
      role: 'viewer',
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    const me = '{ me { name role expiresAt lastUsedAt isValid isOwn } }';
    const ask = () => harness.ask(me, {}, { authorization: `Bearer ${token}` });
    expect((await ask()).body.data.me).toMatchObject({
      name: 'brief',
      role: 'VIEWER',
      expiresAt: adminToken.expiresAt?.toISOString(),
      isValid: true,
      isOwn: true,
    });
    await until(
      async () => (await ask()).body.data.me.lastUsedAt,
      (at) => at !== null,
    );
    await harness.sql`update admin_token set expires_at = now() - interval '1 second' where name = 'brief'`;
    const { status, body } = await ask();
    expect([status, body.code]).toEqual([401, 'TOKEN_EXPIRED']);
    const { nodes } = await harness.do('{ adminTokens { nodes { name isValid } } }');
    expect(nodes).toContainEqual({ name: 'brief', isValid: false });
  });

  it('refuses an ingest token', async () => {
    const made = await harness.do(
      'mutation { createIngestToken(input: { name: "nosy" }) { ... on CreateIngestTokenPayload { token } } }',
    );
    expect((await harness.ask(names, {}, { authorization: `Bearer ${made.token}` })).status).toBe(401);
  });

  it('checks the token before it reads the body', async () => {
    expect((await harness.send('x'.repeat(10_000_000), { authorization: undefined })).status).toBe(401);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'] as const)('answers %s with 405 and Allow', async (method) => {
    const response = await harness.app.inject({
      method,
      url: `/graphql?query=${encodeURIComponent(names)}`,
      headers: { authorization: `Bearer ${harness.token}` },
    });
    expect(response.statusCode).toBe(405);
    expect(response.headers['allow']).toBe('POST');
    expect(response.json()).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      detail: `expected POST /graphql, got ${method}`,
    });
  });

  it.each([
    ['a form', 'query=%7Bcurrents%7D', 'application/x-www-form-urlencoded', 415, /application\/json/],
    [
      'plain text, which a page of another site can send',
      JSON.stringify({ query: names }),
      'text/plain',
      415,
      /application\/json/,
    ],
    ['no content type', JSON.stringify({ query: names }), undefined, 415, /application\/json/],
    ['invalid JSON', '{"query": "CANARY-in-the-body', 'application/json', 400, /expected a JSON body/],
    ['an empty body', '', 'application/json', 400, /empty/],
    [
      'a key that pollutes a prototype',
      '{"query": "{ currents { nodes { name } } }", "variables": {"__proto__": {"x": 1}}}',
      'application/json',
      400,
      /__proto__/,
    ],
    ['a list of queries', JSON.stringify([{ query: names }]), 'application/json', 400, /batching/],
    ['JSON without a query', '{"hello": "there"}', 'application/json', 400, /query/],
    [
      'a body of 300 KB',
      JSON.stringify({ query: names, variables: { x: 'x'.repeat(300_000) } }),
      'application/json',
      413,
      /262144 bytes/,
    ],
  ])('refuses %s with a clear message', async (_what, payload, type, status, message) => {
    const answer = await harness.send(payload, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0].message).toMatch(message);
    expect(answer.text).not.toContain('CANARY');
    expect(answer.text).not.toContain('    at ');
  });

  it.each([
    ['gzip', 200, (body: string) => gzipSync(body), 'gzip'],
    ['x-gzip', 200, (body: string) => gzipSync(body), 'x-gzip'],
    ['another encoding', 415, (body: string) => Buffer.from(body), 'br'],
    ['gzip that is none', 400, (body: string) => Buffer.from(body), 'gzip'],
    ['gzip of more than the limit', 413, (body: string) => gzipSync(body.padEnd(300_000)), 'gzip'],
    [
      'bytes that are not UTF-8',
      400,
      (body: string) => Buffer.concat([Buffer.from(body), Buffer.from([0xff])]),
      'identity',
    ],
  ])('reads a compressed body, or refuses it clearly: %s', async (_, status, encode, encoding) => {
    const headers = { authorization: `Bearer ${harness.token}`, 'content-type': 'application/json' };
    const response = await harness.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...headers, 'content-encoding': encoding },
      payload: encode(JSON.stringify({ query: names })),
    });
    expect(response.statusCode).toBe(status);
    if (status === 200) expect(response.json().data.currents.nodes).toEqual([]);
    else expect(response.json().errors).toHaveLength(1);
  });

  it('works over a real connection, and forbids caching', async () => {
    await harness.app.ready();
    const answer = await request(harness.app.server)
      .post('/graphql')
      .set('authorization', `Bearer ${harness.token}`)
      .send({ query: names });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body.data.currents.nodes).toEqual([]);
  });
});

describe('a query', () => {
  const deep = (levels: number): string =>
    `{ currents { nodes { ${'... on Current { '.repeat(levels)} id ${'} '.repeat(levels)} } } }`;
  const nested = (levels: number): string => `{ ${'currents { nodes { '.repeat(levels)} id ${'} } '.repeat(levels)} }`;
  const bomb = (levels: number): string =>
    `query { currents { nodes { ...F0 } } } ${Array.from({ length: levels }, (_, level) => `fragment F${level} on Current { id ${level + 1 < levels ? `...F${level + 1} ...F${level + 1}` : ''} }`).join(' ')}`;

  it.each([
    ['with an unknown field', '{ currents { nodes { colour } } }', /Cannot query field "colour" on type "Current"/],
    ['with an unknown argument', '{ currents(colour: "red") { nodes { id } } }', /Unknown argument "colour"/],
    ['51 levels deep', nested(25), /expected at most 16 levels of fields, got 51/],
    ['50,000 levels deep', `{${'a{'.repeat(50_000)}`, /tokens/],
    [
      'with 10,000 aliases',
      `{${Array.from({ length: 10_000 }, (_, n) => `a${n}:node(id:1){id}`).join(' ')}}`,
      /more tha[nt] 2000 tokens/,
    ],
    [
      'with 60 aliases',
      `{ ${Array.from({ length: 60 }, (_, n) => `a${n}: currents { totalCount }`).join(' ')} }`,
      /expected at most 50 aliases, got 60/,
    ],
    ['of fragments that double forty times', bomb(40), /expected at most 1000 fields/],
    [
      'with fragments that spread each other',
      '{ currents { nodes { ...F } } } fragment F on Current { id ...G } fragment G on Current { ...F }',
      /Cannot spread fragment/,
    ],
    ['of brackets without end', `{ currents(filter: ${'['.repeat(100_000)}`, /tokens/],
    [
      'that costs too much',
      '{ currents(first: 200) { nodes { throttledKeys(first: 200) { nodes { key } } } } }',
      /would cost \d+, and the limit is 50000/,
    ],
    [
      'with ten full scans',
      `{ ${Array.from({ length: 10 }, (_, n) => `a${n}: quarantineCounts { code }`).join(' ')} }`,
      /would cost/,
    ],
    ['that is not GraphQL', '{ currents { ', /Syntax Error/],
    ['that is empty', '', /non-empty|query/],
    ['that subscribes', 'subscription { currents { nodes { id } } }', /subscription/],
    [
      'for a page of size 0',
      '{ currents(first: 0) { nodes { id } } }',
      /first: expected a whole number from 1 to 200, got 0/,
    ],
    ['for a page of size 201', '{ deadLetters(first: 201) { nodes { id } } }', /first: expected/],
    ['with a made-up cursor', '{ quarantinedEvents(after: "abc") { nodes { id } } }', /after: expected a cursor/],
    ['with an invalid time', '{ deadLetters(filter: { from: "yesterday" }) { nodes { id } } }', /ISO 8601/],
    [
      'with an unknown state',
      '{ currents(filter: { states: [asleep] }) { nodes { id } } }',
      /does not exist in "CurrentState"/,
    ],
  ])('%s is refused with a clear message', async (_what, query, message) => {
    const startedMs = performance.now();
    const { status, body, text } = await harness.ask(query);
    expect(body.errors[0].message).toMatch(message);
    expect([200, 400]).toContain(status);
    expect(body.data ?? null).toBeNull();
    expect(text).not.toMatch(/stacktrace|\.ts|node_modules/);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('may nest fragments, which do not count as depth', async () => {
    expect((await harness.ask(deep(30))).body).toEqual({ data: { currents: { nodes: [] } } });
  });

  it('may be the introspection query of a tool', async () => {
    const { body } = await harness.ask(getIntrospectionQuery());
    expect(body.errors).toBeUndefined();
    expect(body.data.__schema.types.length).toBeGreaterThan(50);
  });

  it('may select all fields of 200 Currents', async () => {
    const everything = `{ currents(first: 200) { totalCount pageInfo { endCursor } nodes {
      id name contactEmail destinationName settings credentials { kind fields } selection { eventTypes channels groups } eventTypes
      warnings { code message eventTypes eventCount firstAt lastAt } state stateChangedAt allowedActions block { code detail blockedAt nextProbeAt } deferral { code detail until }
      version createdAt updatedAt oldestPendingAt
      counts { selected delivered skipped rejected expired pending skippedReasons { code eventCount } rejectedReasons { code eventCount } expiredReasons { code eventCount } } } } }`;
    expect((await harness.ask(everything)).body.errors).toBeUndefined();
  });

  it.each([
    ['an unknown field', { ...good, colour: 'CANARY' }, /colour/],
    ['a name that is an object', { ...good, name: { a: 'CANARY' } }, /input\.name/],
    ['credentials as text', { ...good, credentials: 'CANARY; CANARY' }, /input\.credentials.*expected a JSON object/],
    ['a list', [{ ...good, credentials: { key: 'CANARY' } }], /input/],
    ['nothing', undefined, /\$input/],
    ['null', null, /input/],
    ['a field that is missing', { ...good, name: undefined, credentials: { key: 'CANARY' } }, /name/],
  ])('whose variables contain %s is refused with the path, without the value', async (_what, input, message) => {
    const { body, text, status } = await harness.ask(createCurrent, { input });
    expect(status).toBe(400);
    expect(body.errors[0].message).toMatch(message);
    expect(text).not.toContain('CANARY');
  });

  it.each([
    'mutation { createCurrent(input: {name: {a: "CANARY"}}) { __typename } }',
    'mutation { createCurrent(input: [{name: "CANARY"}, {name: "CANARY"}]) { __typename } }',
    'mutation { createCurrent(input: "CANARY") { __typename } }',
    'mutation { createCurrent(input: {credentials: "CANARY"}) { __typename } }',
    'mutation { createCurrent(input: {credentials: CANARY}) { __typename } }',
    'mutation { createCurrent(input: {credentials: {key: CANARY}}) { __typename } }',
    'mutation { createCurrent(input: {credentials: {key: "CANARY"}} { __typename } }',
    'mutation { createCurrent(input: {credentials: {key: "CANARY}}) { __typename } }',
    'mutation { createCurrent(input: {credentials: {key "CANARY"}}) { __typename } }',
    'mutation { createCurrent(input: {credentials: {key: CANARY"}}) { __typename } }',
    'mutation "CANARY" { createCurrent }',
    '"CANARY" { currents { nodes { id } } }',
    '{ currents(filter: {states: "CANARY"}) { nodes { id } } }',
    '{ currents(first: "CANARY") { nodes { id } } }',
    '{ quarantinedEvents(filter: {from: "CANARY"}) { nodes { id } } }',
    '{ quarantinedEvents(filter: {from: {a: "CANARY"}}) { nodes { id } } }',
    '{ current(id: {a: "CANARY"}) { __typename } }',
  ])('with an error is refused without quoting its text: %s', async (query) => {
    const { body, text } = await harness.ask(query);
    expect(body.errors.length).toBeGreaterThan(0);
    expect(text).not.toContain('CANARY');
  });
});

describe('a list', () => {
  const lists = Object.values(buildAdminSchema().getQueryType()?.getFields() ?? {}).filter(
    ({ type, args }) => String(type).endsWith('Connection!') && !args.some(isRequiredArgument),
  );

  it.each(lists.map(({ name, args }) => [name, args.map((arg) => arg.name)] as const))(
    '%s accepts null for every nullable argument, and refuses a cursor of another list',
    async (name, args) => {
      const nulls = args.filter((arg) => !['first', 'includeRevoked'].includes(arg)).map((arg) => `${arg}: null`);
      expect(await harness.do(`{ ${name}(${nulls.join(', ')}) { totalCount } }`)).toEqual({
        totalCount: expect.any(Number),
      });
      for (const after of ['', 'x', 'OiE', '"""']) {
        const { body } = await harness.ask(`query ($after: String) { ${name}(after: $after) { totalCount } }`, {
          after,
        });
        expect(body.errors?.[0]?.message, after).toMatch(/^after: expected a cursor of this list/);
      }
    },
  );
});

describe('variables', () => {
  it.each([
    ['an input', 'query ($v: SegmentDefinitionInput!) { previewSegment(definition: $v) { __typename } }', 'not'],
    [
      'a patch',
      'query ($v: JsonObject!) { previewEvent(source: { sampleOf: "users.messages.email.Open" }, input: { currentId: "CURRENT", settings: $v }) { __typename } }',
      'a',
    ],
  ])('are refused when %s is nested too deep for the stack', async (name, query, key) => {
    const current = await harness.createCurrent({ ...good, name: `Nested ${name}` });
    const levels = 30_000;
    const deep = `{"${key}":`.repeat(levels) + '{}' + '}'.repeat(levels);
    const { status, body } = await harness.send(
      `{"query":${JSON.stringify(query.replace('CURRENT', current))},"variables":{"v":${deep}}}`,
    );
    expect([status, body.errors]).toEqual([
      400,
      [{ message: '$v: expected at most 1000 levels, got more', extensions: { code: 'BAD_USER_INPUT' } }],
    ]);
  });
});

describe('an internal error', () => {
  it('of an unreachable database is answered 503, before the body is read', async () => {
    const sql = connect(harness.databaseUrl, { max: 1, name: 'test' });
    const tokens = await watchAdminTokens(sql, () => undefined);
    await sql.end();
    const app = fastify();
    answerWithProblems(app, 7);
    const bodies = createRequestBodies({ maxBytes: 64 * 1024 * 1024 });
    const signInFailures = createSignInFailures({ log: app.log, count: () => undefined });
    const { admin, hubStatus, hub, liveTail } = harness;
    await registerAdmin(app, { admin, hubStatus, hub, liveTail, tokens, signInFailures, bodies });
    const answer = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${harness.token}` },
      payload: { query: names },
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.json().errors[0].message).toContain('the database does not answer');
    await app.close();
    await tokens.stop();
  });

  it('has an id, under which the log has the cause', async () => {
    await harness.sql`alter table tally rename to tally_away`;
    await harness.do(createCurrent, { input: { ...good, name: 'To fail' } }).catch(() => undefined);
    harness.log.length = 0;
    const { body, text } = await harness.ask('{ currents { nodes { id } } }');
    await harness.sql`alter table tally_away rename to tally`;
    const [{ message, extensions }] = body.errors;
    expect(message).toBe(
      `internal error ${extensions.id}: the hub failed on this request; the log tells why under that id`,
    );
    expect(text).not.toMatch(/tally|select/);
    expect(harness.log.some((line) => line.includes(extensions.id) && line.includes('tally'))).toBe(true);
  });
});
