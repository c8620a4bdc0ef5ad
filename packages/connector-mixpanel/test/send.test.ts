import type { HttpAnswer, SendOutcome } from '@currents/connector';
import { htmlAnswer, itemsOf, jsonAnswer, noAnswer, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { mixpanel } from '@currents/connector-mixpanel';
import { describe, expect, it } from 'vitest';
import { propertiesIn, settings } from './payload.js';

const credentials = mixpanel.credentials.parse({ kind: 'projectToken', token: '9f2c41d07be84a6f8c35e1a2d7460b9e' });
const [first, second, third] = itemsOf(mixpanel, settings, 3).map(({ payload }) => propertiesIn(payload)['$insert_id']);

async function send(answer: HttpAnswer, count = 3): Promise<Record<string, unknown>[]> {
  const items = itemsOf(mixpanel, settings, count);
  const results = await mixpanel.send(items, { settings, credentials, http: scriptedHttp(answer) });
  return items.map(({ id }) => {
    const { id: _, ...verdict } = results.find((result) => result.id === id) ?? { id };
    return verdict;
  });
}

describe('an answer to the whole request', () => {
  const error = 'words of Mixpanel';
  const current = { outcome: 'deferred', scope: 'current' } as const;
  const date = 'Wed, 01 Jan 2025 00:00:00 GMT';
  const unconfirmed = (got: string): string =>
    `HTTP 200 without a confirmation from Mixpanel: expected num_records_imported of up to 3, got ${got}`;

  it.each<[name: string, answer: HttpAnswer, verdict: Partial<SendOutcome>]>([
    ['200', jsonAnswer(200, { code: 200, num_records_imported: 3, status: 'OK' }), { outcome: 'delivered' }],
    ['200 by its code', jsonAnswer(200, { code: 200 }), { outcome: 'delivered', warning: unconfirmed('none') }],
    ['200 by its status', jsonAnswer(200, { status: 'OK' }), { outcome: 'delivered', warning: unconfirmed('none') }],
    [
      '200, none imported',
      jsonAnswer(200, { code: 200, num_records_imported: 0, status: 'OK' }),
      { outcome: 'delivered', warning: unconfirmed('0') },
    ],
    ['200 of /track', jsonAnswer(200, { status: 1 }), { ...current, code: 'unreadable_answer' }],
    [
      '200, fewer imported',
      jsonAnswer(200, { code: 200, num_records_imported: 1, status: 'OK' }),
      { outcome: 'delivered' },
    ],
    ['200, not Mixpanel’s', jsonAnswer(200, { ok: true }), { ...current, code: 'unreadable_answer' }],
    ['200, HTML', htmlAnswer(200), { ...current, code: 'unreadable_answer' }],
    ['301', textAnswer(301, '', { location: 'https://example.com' }), { outcome: 'blocked', code: 'redirected' }],
    [
      '400',
      jsonAnswer(400, { code: 400, error }),
      { outcome: 'split', code: 'bad_request', detail: `HTTP 400: ${error}` },
    ],
    ['400, HTML', htmlAnswer(400), { outcome: 'split', code: 'bad_request', detail: 'HTTP 400' }],
    ['401', jsonAnswer(401, { code: 401, error }), { outcome: 'blocked', code: 'credentials_refused' }],
    ['402', jsonAnswer(402, { error, status: 'error' }), { outcome: 'blocked', code: 'payment_required' }],
    ['403', jsonAnswer(403, { error, status: 'error' }), { outcome: 'blocked', code: 'access_refused' }],
    ['404', htmlAnswer(404), { outcome: 'blocked', code: 'not_found' }],
    ['408', textAnswer(408, ''), { ...current, code: 'http_408' }],
    ['413', jsonAnswer(413, { code: 413, error }), { outcome: 'split', code: 'request_too_large' }],
    ['418', textAnswer(418, ''), { ...current, code: 'http_418' }],
    ['429', jsonAnswer(429, { code: 429, error }), { ...current, code: 'throttled', detail: `HTTP 429: ${error}` }],
    ['429 for 20 s', textAnswer(429, '', { 'retry-after': '20' }), { ...current, code: 'throttled', afterMs: 20_000 }],
    ['429 for no time', textAnswer(429, '', { 'retry-after': '0' }), { ...current, code: 'throttled', afterMs: 1_000 }],
    [
      '429 for a day',
      textAnswer(429, '', { 'retry-after': '86400' }),
      { ...current, code: 'throttled', afterMs: 300_000 },
    ],
    [
      '429 until a date',
      textAnswer(429, '', { date, 'retry-after': 'Wed, 01 Jan 2025 00:01:30 GMT' }),
      { ...current, code: 'throttled', afterMs: 90_000 },
    ],
    ['500', htmlAnswer(500), { ...current, code: 'http_500', detail: 'HTTP 500' }],
    ['503 for 20 s', textAnswer(503, '', { 'retry-after': '20' }), { ...current, code: 'http_503', afterMs: 20_000 }],
    ['503 that names events', jsonAnswer(503, { failed_records: [{ index: 0 }] }), { ...current, code: 'http_503' }],
    ['a timeout', noAnswer('timeout'), { ...current, code: 'timeout' }],
    ['an unreachable host', noAnswer('unreachable'), { ...current, code: 'unreachable' }],
    ['a broken connection', noAnswer('broken'), { ...current, code: 'broken_connection' }],
  ])('%s', async (_, answer, verdict) => {
    for (const result of await send(answer)) {
      expect(result).toMatchObject(verdict);
      if (!('afterMs' in verdict)) expect(result).not.toHaveProperty('afterMs');
    }
  });
});

describe('a 400 that names events', () => {
  const fault = { field: 'properties.time', message: 'must be specified as seconds since epoch' };
  const [delivered, rejected, split] = ['delivered', 'rejected', 'split'] as const;

  it.each<[name: string, records: unknown, imported: number | undefined, outcomes: readonly string[]]>([
    ['by index', [{ index: 1, ...fault }], 2, [delivered, rejected, delivered]],
    ['by index, without a count', [{ index: 1, ...fault }], undefined, [delivered, rejected, delivered]],
    ['by index and id', [{ index: 0, insert_id: first, ...fault }], 2, [rejected, delivered, delivered]],
    [
      'by index and id, in the other spelling',
      [{ index: 2, $insert_id: third, ...fault }],
      2,
      [delivered, delivered, rejected],
    ],
    ['by index and an empty id', [{ index: 2, insert_id: '', ...fault }], 2, [delivered, delivered, rejected]],
    ['by index in a string', [{ index: '1', ...fault }], 2, [delivered, rejected, delivered]],
    [
      'in any order',
      [
        { index: 2, ...fault },
        { index: 0, ...fault },
      ],
      1,
      [rejected, delivered, rejected],
    ],
    [
      'once for each fault',
      [
        { index: 1, ...fault },
        { index: 1, field: 'x', message: 'y' },
      ],
      2,
      [delivered, rejected, delivered],
    ],
    [
      'once for each fault, counted each',
      [
        { index: 1, ...fault },
        { index: 1, ...fault },
      ],
      1,
      [delivered, rejected, delivered],
    ],
    ['all of them', [{ index: 0 }, { index: 1 }, { index: 2 }], 0, [rejected, rejected, rejected]],
    [
      'and an index that was not sent',
      [
        { index: 1, ...fault },
        { index: 9, ...fault },
      ],
      2,
      [delivered, rejected, delivered],
    ],
    [
      'and an index that was not sent, and counts it',
      [
        { index: 1, ...fault },
        { index: 9, ...fault },
      ],
      1,
      [split, rejected, split],
    ],
    ['and one it does not name', [{ index: 1, ...fault }, 'some more'], undefined, [split, rejected, split]],
    ['but imported fewer than the rest', [{ index: 1, ...fault }], 0, [split, rejected, split]],
    ['by the id of another event', [{ index: 0, insert_id: second, ...fault }], 2, [split, split, split]],
    [
      'by the other spelling of another event’s id',
      [{ index: 0, $insert_id: second, ...fault }],
      2,
      [split, split, split],
    ],
    ['that were not sent', [{ index: 3, ...fault }], 2, [split, split, split]],
    [
      'by impossible indexes',
      [{ index: -1 }, { index: 0.5 }, { index: '1e0' }, { index: null }, {}],
      2,
      [split, split, split],
    ],
    ['in words', ['identity events are not allowed'], 0, [split, split, split]],
    ['in nothing', [], 3, [split, split, split]],
    ['in no list', { 0: fault }, 2, [split, split, split]],
  ])('%s', async (_, records, imported, outcomes) => {
    const body = { code: 400, failed_records: records, num_records_imported: imported, status: 'Bad Request' };
    expect((await send(jsonAnswer(400, body))).map((result) => result['outcome'])).toStrictEqual(outcomes);
  });

  it('names the invalid field of each, without its value', async () => {
    const [item] = itemsOf(mixpanel, settings, 1);
    const message = `'${String(propertiesIn(item?.payload)['distinct_id'])}' will not do`;
    const [result] = await send(
      jsonAnswer(400, { failed_records: [{ index: 0, field: 'properties.distinct_id', message }] }),
      1,
    );
    const detail = "properties.distinct_id: '[hidden]' will not do";
    expect(result).toStrictEqual({ outcome: 'rejected', code: 'rejected_by_mixpanel', detail });
  });

  it.each([
    [{ field: '', message: 'record is not an object' }, 'record is not an object'],
    [{ field: 'event' }, 'event'],
    [{ field: 1, message: {} }, 'no reason given'],
  ])('quotes the reason: %j', async (complaint, detail) => {
    const [result] = await send(jsonAnswer(400, { failed_records: [{ index: 0, ...complaint }] }), 1);
    expect(result).toMatchObject({ outcome: 'rejected', detail });
  });

  it('limits a long message to 300 characters', async () => {
    const [result] = await send(jsonAnswer(400, { failed_records: [{ index: 0, message: 'long '.repeat(200) }] }), 1);
    expect(String(result?.['detail']).length).toBeLessThanOrEqual(300);
  });
});

describe('the request', () => {
  const account = { kind: 'serviceAccount', username: 'hub', secret: 'p:ß', projectId: '42' };

  it.each([
    [{ region: 'us' }, { kind: 'projectToken', token: 'tok' }, 'https://api.mixpanel.com/import?strict=1', 'tok:'],
    [{ region: 'eu' }, { kind: 'apiSecret', apiSecret: 'sec' }, 'https://api-eu.mixpanel.com/import?strict=1', 'sec:'],
    [{ region: 'in' }, account, 'https://api-in.mixpanel.com/import?strict=1&project_id=42', 'hub:p:ß'],
    [
      { region: 'us', baseUrl: 'http://localhost:4010/mp//' },
      account,
      'http://localhost:4010/mp/import?strict=1&project_id=42',
      'hub:p:ß',
    ],
  ])('is sent to the region’s host with the credentials in the header: %j', async (choices, shown, url, basic) => {
    const to = { settings: mixpanel.settings.parse(choices), credentials: mixpanel.credentials.parse(shown) };
    const http = scriptedHttp(textAnswer(500, ''), textAnswer(500, ''));
    await mixpanel.send(itemsOf(mixpanel, to.settings, 2), { ...to, http });
    await mixpanel.test({ ...to, http });
    for (const request of http.requests) {
      expect(request).toMatchObject({ method: 'POST', url, gzip: true });
      expect(request.headers).toMatchObject({ 'content-type': 'application/json' });
      const [scheme, encoded] = request.headers?.['authorization']?.split(' ') ?? [];
      expect([scheme, Buffer.from(encoded ?? '', 'base64').toString()]).toStrictEqual(['Basic', basic]);
    }
    expect(http.requests[1]?.body).toBe('[]');
  });

  it('is a list of the events in order, and is not compressed with gzip: false', async () => {
    const plain = mixpanel.settings.parse({ region: 'us', gzip: false });
    const http = scriptedHttp(textAnswer(500, ''));
    const items = itemsOf(mixpanel, plain, 100);
    await mixpanel.send(items, { settings: plain, credentials, http });
    expect(http.requests[0]?.gzip).toBe(false);
    expect(JSON.parse(http.requests[0]?.body ?? '')).toStrictEqual(items.map((item) => JSON.parse(item.json)));
  });
});

describe('test', () => {
  it.each([
    ['a complaint about the empty list', jsonAnswer(400, { code: 400, error: 'empty' }), { outcome: 'passed' }],
    [
      'a 200 for an empty list',
      jsonAnswer(200, { code: 200, num_records_imported: 0, status: 'OK' }),
      { outcome: 'passed' },
    ],
    [
      '401',
      jsonAnswer(401, { code: 401, error: 'Invalid credentials' }),
      { outcome: 'refused', code: 'credentials_refused' },
    ],
    ['403', jsonAnswer(403, { error: 'no' }), { outcome: 'refused', code: 'access_refused' }],
    ['404', htmlAnswer(404), { outcome: 'refused', code: 'not_found' }],
    ['307', textAnswer(307, ''), { outcome: 'refused', code: 'redirected' }],
    ['a 400 of another server', htmlAnswer(400), { outcome: 'unreachable', code: 'bad_request' }],
    ['a 200 of another server', htmlAnswer(200), { outcome: 'unreachable', code: 'unreadable_answer' }],
    ['429', jsonAnswer(429, { code: 429 }), { outcome: 'unreachable', code: 'throttled' }],
    ['502', htmlAnswer(502), { outcome: 'unreachable', code: 'http_502' }],
    ['a timeout', noAnswer('timeout'), { outcome: 'unreachable', code: 'timeout' }],
  ])('%s', async (_, answer, result) => {
    expect(await mixpanel.test({ settings, credentials, http: scriptedHttp(answer) })).toMatchObject(result);
  });
});

describe('rateLimit', () => {
  it('depends on the setting requestBytes, with less than Mixpanel’s 1 MB per event', () => {
    const limits = (requestBytes: number) =>
      mixpanel.rateLimit(mixpanel.settings.parse({ region: 'us', requestBytes }));
    expect(limits(5_000_000)).toMatchObject({ maxEvents: 2000, maxBytes: 5_000_000, maxEventBytes: 999_999 });
    expect(limits(500_000)).toMatchObject({ maxEvents: 2000, maxBytes: 500_000, maxEventBytes: 499_998 });
  });
});
