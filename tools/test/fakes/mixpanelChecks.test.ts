import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { event, events, send, start, type Sent } from './mixpanelClient.js';

let fake: FakeMixpanel;
beforeAll(async () => {
  fake = await startFakeMixpanel({
    ...start,
    projects: [...start.projects, { projectId: '88', token: 'token-88', region: 'eu', identity: 'original' }],
  });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const unauthorised = { code: 401, error: 'Invalid credentials', status: 'Unauthorized' };
const bad = (error: string) => ({ code: 400, error, status: 'Bad Request' });
const okOne = { code: 200, num_records_imported: 1, status: 'OK' };

const cases: readonly (readonly [string, Sent, number, unknown])[] = [
  ['a path it does not have', { path: '/imports' }, 404, { code: 404, error: 'Not Found', status: 'Not Found' }],
  ['another method', { method: 'GET' }, 405, ''],
  ['no credentials', { credentials: null }, 401, unauthorised],
  ['credentials without a colon', { credentials: 'token-77' }, 401, unauthorised],
  ['an unknown token', { credentials: 'token-99:' }, 401, unauthorised],
  ['an empty user', { credentials: ':' }, 401, unauthorised],
  ['a token of another residency', { credentials: 'token-88:' }, 401, unauthorised],
  ['a token with a password', { credentials: 'token-77:x' }, 401, unauthorised],
  ['a token and the id of another project', { path: '/import?strict=1&project_id=88' }, 401, unauthorised],
  ['a token and its own project id', { path: '/import?strict=1&project_id=77' }, 200, okOne],
  ['a project secret', { credentials: 'secret-77:' }, 200, okOne],
  ['a service account', { credentials: 'writer:pass', path: '/import?strict=1&project_id=77' }, 200, okOne],
  ['a service account without project_id', { credentials: 'writer:pass' }, 401, unauthorised],
  [
    'a service account with a wrong secret',
    { credentials: 'writer:past', path: '/import?strict=1&project_id=77' },
    401,
    unauthorised,
  ],
  [
    'a service account that may only read',
    { credentials: 'reader:pass', path: '/import?strict=1&project_id=77' },
    401,
    unauthorised,
  ],
  ['no content type', { contentType: null }, 400, bad('unsupported content type')],
  ['a form', { contentType: 'application/x-www-form-urlencoded' }, 400, bad('unsupported content type')],
  ['a content type with a charset', { contentType: 'application/json; charset=utf-8' }, 200, okOne],
  ['an unknown encoding', { encoding: 'br', raw: 'x' }, 400, bad('unsupported content encoding')],
  ['gzip', { encoding: 'gzip' }, 200, okOne],
  ['what only says to be gzip', { encoding: 'gzip', raw: Buffer.from('[]') }, 400, bad('bad gzip')],
  [
    'truncated gzip',
    { encoding: 'gzip', raw: gzipSync(JSON.stringify(events(1))).subarray(0, -6) },
    400,
    bad('bad gzip'),
  ],
  [
    'gzip with trailing zeros',
    { encoding: 'gzip', raw: Buffer.concat([gzipSync(JSON.stringify(events(1))), Buffer.alloc(3)]) },
    400,
    bad('bad gzip'),
  ],
  [
    'more bytes than the limit',
    { raw: `${JSON.stringify(events(1))}${' '.repeat(2_097_152)}` },
    413,
    { code: 413, error: 'request exceeds max limit of 2097152 bytes', status: 'Request Entity Too Large' },
  ],
  [
    'more bytes than the limit after decompression',
    { encoding: 'gzip', raw: gzipSync(`${JSON.stringify(events(1))}${' '.repeat(2_097_152)}`) },
    413,
    { code: 413, error: 'request exceeds max limit of 2097152 bytes', status: 'Request Entity Too Large' },
  ],
  ['a strict of its own', { path: '/import?strict=yes' }, 400, bad("'strict' must be 0 or 1")],
  ['one event outside a list', { body: event('a') }, 400, bad('invalid JSON')],
  ['an empty list', { body: [] }, 400, bad('invalid JSON')],
  ['a trailing comma', { raw: `[${JSON.stringify(event('a'))},]` }, 400, bad('invalid JSON')],
  ['a comment', { raw: `[${JSON.stringify(event('a'))}] // done` }, 400, bad('invalid JSON')],
  ['NaN', { raw: JSON.stringify([event('a', { x: 0 })]).replace('"x":0', '"x":NaN') }, 400, bad('invalid JSON')],
  [
    'lines of events as JSON',
    { raw: `${JSON.stringify(event('a'))}\n${JSON.stringify(event('b'))}` },
    400,
    bad('invalid JSON'),
  ],
  [
    'lines of events with blank ones',
    { contentType: 'application/x-ndjson', raw: `\n${JSON.stringify(event('a'))}\n\n${JSON.stringify(event('b'))}\n` },
    200,
    { ...okOne, num_records_imported: 2 },
  ],
  ['exactly 2000 events', { body: events(2000) }, 200, { ...okOne, num_records_imported: 2000 }],
  [
    'more than 2000 events',
    { body: events(2001) },
    413,
    { code: 413, error: 'request exceeds max limit of 2000 events', status: 'Request Entity Too Large' },
  ],
  [
    'an identity event in a simplified project',
    { body: [event('a'), { ...event('b'), event: '$identify' }] },
    400,
    {
      code: 400,
      error: 'some data points in the request failed validation',
      failed_records: ['identity events are not allowed when project is using simplified identity management'],
      num_records_imported: 0,
      status: 'Bad Request',
    },
  ],
];

describe('Mixpanel /import', () => {
  it.each(cases)('answers %s', async (_name, sent, status, body) => {
    const response = await send(fake.url, sent);
    expect({ status: response.status, body: response.body ?? response.text }).toEqual({ status, body });
    const { accepted, statuses } = fake.control.summary();
    expect(statuses).toEqual({ [status]: 1 });
    expect(accepted).toBe(
      status === 200 ? (response.body as { num_records_imported: number }).num_records_imported : 0,
    );
  });

  it('accepts a key only in its region', async () => {
    expect((await send(fake.urls['eu'] as string, { credentials: 'token-88:' })).status).toBe(200);
    expect((await send(fake.urls['in'] as string, { credentials: 'token-88:' })).status).toBe(401);
  });

  it('accepts identity events in a project with original id merge', async () => {
    const body = [{ ...event('b'), event: '$identify' }];
    expect((await send(fake.urls['eu'] as string, { credentials: 'token-88:', body })).status).toBe(200);
  });

  it('keeps the received bytes of every request', async () => {
    const raw = gzipSync(JSON.stringify(events(3)));
    await send(fake.url, { encoding: 'gzip', raw });
    const [request] = fake.control.ledger().requests;
    expect(Buffer.from(fake.control.body(request?.seq ?? 0) ?? []).equals(raw)).toBe(true);
    expect(request).toMatchObject({
      project: '77',
      rawSize: raw.length,
      encoding: 'gzip',
      eventCount: 3,
      status: 200,
      reason: 'imported',
    });
    expect(request?.uncompressedSize).toBe(JSON.stringify(events(3)).length);
  });

  it('counts events of a refused request as possibly lost until they arrive again', async () => {
    await send(fake.url, { credentials: 'wrong:', body: events(5) });
    expect(fake.control.summary().lostCandidates).toBe(5);
    await send(fake.url, { body: events(4) });
    expect(fake.control.summary().lostCandidates).toBe(1);
    expect(fake.control.missing(['e-0', 'e-4', 'x'])).toEqual(['e-4', 'x']);
  });
});
