import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/fakes/faults/rule.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { listen } from '../../src/fakes/listen.js';
import { basic, event, events, nowMs, send, start, type Sent } from './mixpanelClient.js';

let fake: FakeMixpanel;
beforeAll(async () => {
  fake = await startFakeMixpanel(start);
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

/** The result at the client: a response, or the kind of failure. */
async function see(
  sent: Sent = {},
): Promise<{ status: number | string; text?: string; headers?: Record<string, unknown>; body?: any }> {
  try {
    return await send(fake.url, sent);
  } catch (error) {
    return { status: (error as { code?: string }).code ?? String(error) };
  }
}

const statuses = async (count: number, sent: Sent = {}): Promise<(number | string)[]> => {
  const seen = [];
  for (let index = 0; index < count; index++) seen.push((await see(sent)).status);
  return seen;
};

const isPage = /^<html>[^]*<center>nginx<\/center>/;

describe('a response of a fault', () => {
  const cases: readonly (readonly [string, FaultRule['action'], number, RegExp, Record<string, string | undefined>])[] =
    [
      ['status, alone', { kind: 'status', status: 500 }, 500, /^$/, { 'content-type': undefined }],
      [
        'status, with JSON',
        { kind: 'status', status: 418, body: { a: 1 }, headers: { 'x-a': 'b' } },
        418,
        /^\{"a":1\}$/,
        { 'x-a': 'b', 'content-type': 'application/json' },
      ],
      [
        'status, with text',
        { kind: 'status', status: 503, body: 'busy' },
        503,
        /^busy$/,
        { 'content-type': 'text/plain; charset=utf-8' },
      ],
      [
        'status, with HTML',
        { kind: 'status', status: 504, body: '<html>' },
        504,
        /^<html>$/,
        { 'content-type': 'text/html' },
      ],
      ['html', { kind: 'html' }, 502, isPage, { 'content-type': 'text/html' }],
      ['html of 503', { kind: 'html', status: 503 }, 503, isPage, { 'content-type': 'text/html' }],
      ['emptyBody', { kind: 'emptyBody', status: 200 }, 200, /^$/, { 'content-length': '0' }],
      [
        'redirect',
        { kind: 'redirect', location: 'http://127.0.0.1:1/x', status: 301 },
        301,
        /^$/,
        { location: 'http://127.0.0.1:1/x' },
      ],
      [
        'blanket400',
        { kind: 'blanket400', ids: ['e-0'] },
        400,
        /^\{"code":400,"error":"invalid request","status":"Bad Request"\}$/,
        {},
      ],
      ['waf403', { kind: 'waf403', pattern: 'e-\\d' }, 403, /Forbidden/, {}],
      ['flip429', { kind: 'flip429', times: 1 }, 429, /exponential backoff/, { 'retry-after': undefined }],
      [
        'flip429 with seconds',
        { kind: 'flip429', times: 1, retryAfterSeconds: 9 },
        429,
        /exponential backoff/,
        { 'retry-after': '9' },
      ],
      [
        'flip429 with a date',
        { kind: 'flip429', times: 1, retryAfterSeconds: 9, retryAfterForm: 'date' },
        429,
        /exponential backoff/,
        { 'retry-after': new Date(nowMs + 9000).toUTCString() },
      ],
      ['credentialsRevoked', { kind: 'credentialsRevoked' }, 401, /Invalid credentials/, {}],
      ['maxBytesNow', { kind: 'maxBytesNow', bytes: 50 }, 413, /exceeds max limit of 50 bytes/, {}],
    ];

  it.each(cases)('reaches the client: %s', async (_name, action, status, text, headers) => {
    fake.control.addFault({ action });
    const seen = await see();
    expect(seen.status).toBe(status);
    expect(seen.text).toMatch(text);
    for (const [name, value] of Object.entries(headers)) expect(seen.headers?.[name], name).toBe(value);
    expect(fake.control.summary()).toMatchObject({ accepted: 0, lostCandidates: 1, faults: { 'fault-1': 1 } });
    expect(fake.control.ledger().requests[0]).toMatchObject({ faults: ['fault-1'], status });
  });
});

describe('the time of a fault', () => {
  it.each([
    ['before-parse', 0, 1],
    ['after-validate', 0, 1],
    ['after-store', 1, 0],
  ] as const)('%s: %i stored, %i possibly lost', async (when, accepted, lostCandidates) => {
    fake.control.addFault({ when, action: { kind: 'html' } });
    expect((await see()).status).toBe(502);
    expect(fake.control.summary()).toMatchObject({ accepted, lostCandidates });
  });

  it.each(['after-validate', 'after-store'] as const)(
    '%s never occurs for a request that is refused by the checks',
    async (when) => {
      fake.control.addFault({ when, action: { kind: 'html' } });
      expect(await statuses(2, { credentials: 'wrong:' })).toEqual([401, 401]);
      expect(fake.control.summary().faults).toEqual({});
    },
  );

  it('after-store makes the repeated request a duplicate, but not a needless one', async () => {
    fake.control.addFault({ when: 'after-store', match: { nth: 1 }, action: { kind: 'status', status: 503 } });
    expect(await statuses(2)).toEqual([503, 200]);
    expect(fake.control.summary()).toMatchObject({ accepted: 2, duplicates: 1 });
  });
});

describe('a connection that fails', () => {
  it.each([
    ['connect', 'UND_ERR_SOCKET|ECONNRESET', 0],
    ['afterHeaders', 'UND_ERR_SOCKET|ECONNRESET', 0],
    ['afterBody', 'UND_ERR_SOCKET|ECONNRESET', 0],
    ['afterStore', 'UND_ERR_SOCKET|ECONNRESET', 1],
  ] as const)('is reset %s', async (at, code, accepted) => {
    fake.control.addFault({ match: { count: 1 }, action: { kind: 'reset', at } });
    expect((await see()).status).toMatch(new RegExp(`^(${code})$`));
    expect(fake.control.summary()).toMatchObject({ accepted, faults: { 'fault-1': 1 } });
    expect((await see()).status).toBe(200);
  });

  it('never gets a response while it hangs', async () => {
    fake.control.addFault({ when: 'after-store', match: { nth: 1 }, action: { kind: 'hang' } });
    expect((await see({ timeoutMs: 200 })).status).toBe('UND_ERR_HEADERS_TIMEOUT');
    await expect.poll(() => fake.control.summary()).toMatchObject({ accepted: 1, statuses: { none: 1 } });
  });

  it('ends within the body when the response is truncated', async () => {
    fake.control.addFault({ match: { nth: 1 }, action: { kind: 'truncatedBody', sentBytes: 5 } });
    expect((await see()).status).toMatch(/UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH/);
    expect(fake.control.summary().accepted).toBe(1);
  });

  it('is refused while the listener is closed, and accepted again later', async () => {
    fake.control.addFault({ action: { kind: 'refuse', seconds: 0.05 } });
    expect((await see()).status).toBe('ECONNREFUSED');
    await expect.poll(async () => (await see()).status, { interval: 20, timeout: 2000 }).toBe(200);
  });

  it('is refused from a matching request on', async () => {
    fake.control.addFault({ match: { nth: 2 }, action: { kind: 'refuse', seconds: 0.05 } });
    const [first, second, third] = await statuses(3);
    expect([first, third]).toEqual([200, 'ECONNREFUSED']);
    expect(second).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
    await expect.poll(async () => (await see()).status, { interval: 20, timeout: 2000 }).toBe(200);
  });

  it('is reset when it is reused', async () => {
    fake.control.addFault({ match: { count: 1 }, action: { kind: 'keepaliveClose' } });
    const agent = new Agent({ connections: 1, pipelining: 1 });
    expect((await see({ agent })).status).toBe(200);
    expect((await see({ agent })).status).toMatch(/UND_ERR_SOCKET|ECONNRESET/);
    expect((await see({ agent })).status).toBe(200);
    await agent.destroy();
  });
});

describe('a slow partner', () => {
  it('delays its response', async () => {
    fake.control.addFault({ action: { kind: 'delay', ms: 60 } });
    const started = performance.now();
    expect((await see()).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('stores before the delay when the fault is after-store', async () => {
    fake.control.addFault({ when: 'after-store', action: { kind: 'delay', ms: 5000 } });
    expect((await see({ timeoutMs: 200 })).status).toBe('UND_ERR_HEADERS_TIMEOUT');
    await expect.poll(() => fake.control.summary().accepted).toBe(1);
  });

  it('trickles its response', async () => {
    fake.control.addFault({ action: { kind: 'trickle', bytesPerSecond: 500 } });
    const response = await request(`${fake.url}/import?strict=1`, {
      method: 'POST',
      headers: { authorization: basic('token-77:'), 'content-type': 'application/json' },
      body: JSON.stringify(events(1)),
    });
    let pieces = 0;
    for await (const _piece of response.body) pieces++;
    expect(pieces).toBeGreaterThan(10);
  });

  it('reads the body slowly', async () => {
    fake.control.addFault({ action: { kind: 'slowRead', bytesPerSecond: 200_000 } });
    const started = performance.now();
    expect((await see({ body: events(600) })).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(300);
  });
});

describe('a fault that lets the request through', () => {
  it('clockSkew shifts the Date header', async () => {
    expect((await see()).headers?.['date']).toBe(new Date(nowMs).toUTCString());
    fake.control.addFault({ action: { kind: 'clockSkew', ms: -7_200_000 } });
    expect((await see()).headers?.['date']).toBe(new Date(nowMs - 7_200_000).toUTCString());
  });

  it.each([400, 415] as const)('gzipRefuse answers %i to gzip only', async (status) => {
    fake.control.addFault({ action: { kind: 'gzipRefuse', status } });
    expect(await see({ encoding: 'gzip' })).toMatchObject({ status, body: { code: 400 } });
    expect((await see()).status).toBe(200);
  });

  it('duplicateDelivery stores twice and answers once', async () => {
    fake.control.addFault({ action: { kind: 'duplicateDelivery' } });
    expect((await see({ body: events(3) })).body).toMatchObject({ num_records_imported: 3 });
    expect(fake.control.summary()).toMatchObject({ accepted: 6, duplicates: 3 });
  });

  it('credentialsRevoked applies between two times', async () => {
    fake.control.addFault({ action: { kind: 'credentialsRevoked', fromMs: nowMs + 1000, toMs: nowMs + 3000 } });
    const seen = [];
    for (let step = 0; step < 4; step++) {
      seen.push((await see()).status);
      fake.control.advanceClock(1000);
    }
    expect(seen).toEqual([200, 401, 401, 200]);
  });

  it('redirect does not forward credentials', async () => {
    const visitors: unknown[] = [];
    const elsewhere = await listen(0, (incoming, response) => {
      visitors.push(incoming.headers.authorization);
      response.end();
    });
    fake.control.addFault({ action: { kind: 'redirect', location: elsewhere.url } });
    expect(await see()).toMatchObject({ status: 307, headers: { location: elsewhere.url } });
    expect(visitors).toEqual([]);
    await elsewhere.close();
  });
});

describe('partial400', () => {
  const entry = (index: unknown, id: string) => ({
    index,
    insert_id: id,
    field: 'properties',
    message: 'properties are invalid',
  });
  const cases: readonly (readonly [
    string,
    Omit<Extract<FaultRule['action'], { kind: 'partial400' }>, 'kind'>,
    unknown,
    number,
  ])[] = [
    ['by index', { indexes: [1] }, [entry(1, 'e-1')], 2],
    [
      'by id',
      { ids: ['e-2'], field: 'x', message: 'y' },
      [{ index: 2, insert_id: 'e-2', field: 'x', message: 'y' }],
      2,
    ],
    ['with bare strings', { indexes: [1], records: 'strings' }, ['properties are invalid'], 0],
    ['without a list', { indexes: [1], records: 'none' }, undefined, 0],
    ['without a list, but with the rest taken', { indexes: [1], records: 'none', stores: 'rest' }, undefined, 2],
    [
      'with an index that does not exist',
      { indexes: [1], records: 'outOfRange' },
      [entry(1, 'e-1'), { ...entry(10, ''), message: 'out of range' }],
      2,
    ],
    ['with an entry twice', { indexes: [1], records: 'repeated' }, [entry(1, 'e-1'), entry(1, 'e-1')], 2],
    ['with the index in quotes', { indexes: [1], records: 'indexAsString' }, [entry('1', 'e-1')], 2],
    ['with nothing taken', { indexes: [1], stores: 'nothing' }, [entry(1, 'e-1')], 0],
  ];

  it.each(cases)('marks valid events as failed: %s', async (_name, action, failed, accepted) => {
    fake.control.addFault({ action: { kind: 'partial400', ...action } });
    const seen = await see({ body: events(3) });
    expect(seen.status).toBe(400);
    expect(seen.body.failed_records).toEqual(failed);
    expect(seen.body.num_records_imported).toBe(accepted);
    expect(fake.control.summary()).toMatchObject({ accepted, rejected: accepted > 0 ? 1 : 0 });
  });
});

describe('a fault applies to', () => {
  const cases: readonly (readonly [string, FaultRule['match'], (number | string)[]])[] = [
    ['every request without a match', undefined, [503, 503, 503, 503]],
    ['the nth request', { nth: 2 }, [200, 503, 200, 200]],
    ['all requests from the nth on', { from: 3 }, [200, 200, 503, 503]],
    ['a number of requests', { count: 1 }, [503, 200, 200, 200]],
    ['a number of requests from the nth on', { from: 2, count: 2 }, [200, 503, 503, 200]],
    ['no requests of another path', { path: '/track' }, [200, 200, 200, 200]],
    ['requests of its path', { path: '/import' }, [503, 503, 503, 503]],
    ['requests of its project', { project: '77' }, [503, 503, 503, 503]],
    ['no requests of another project', { project: '78' }, [200, 200, 200, 200]],
    ['no requests below minEvents', { minEvents: 2 }, [200, 200, 200, 200]],
    ['no request with probability 0', { probability: 0 }, [200, 200, 200, 200]],
    ['every request with probability 1', { probability: 1 }, [503, 503, 503, 503]],
  ];

  it.each(cases)('%s', async (_name, match, expected) => {
    fake.control.addFault({ ...(match === undefined ? {} : { match }), action: { kind: 'status', status: 503 } });
    expect(await statuses(4)).toEqual(expected);
  });

  it('requests with one of the listed events', async () => {
    fake.control.addFault({ match: { eventIdIn: ['poison', 'x'] }, action: { kind: 'status', status: 500 } });
    expect((await see({ body: [...events(3), event('poison')], encoding: 'gzip' })).status).toBe(500);
    expect((await see({ body: events(3) })).status).toBe(200);
  });

  it('only requests with a listed event, for blanket400', async () => {
    fake.control.addFault({ action: { kind: 'blanket400', ids: ['e-5'] } });
    expect((await see({ body: events(8) })).status).toBe(400);
    expect((await see({ body: events(8).slice(0, 5) })).status).toBe(200);
    expect((await see({ body: events(8).slice(5, 6) })).status).toBe(400);
  });

  it('the same random requests for the same seed', async () => {
    const once = async (): Promise<unknown> => {
      fake.control.reset();
      fake.control.addFault({ match: { probability: 0.5 }, action: { kind: 'status', status: 500 } });
      return statuses(12);
    };
    const seen = await once();
    expect(new Set(seen as number[])).toEqual(new Set([200, 500]));
    expect(await once()).toEqual(seen);
  });

  it('the first requests, for flip429', async () => {
    fake.control.addFault({ action: { kind: 'flip429', times: 2 } });
    expect(await statuses(4)).toEqual([429, 429, 200, 200]);
  });

  it('no request after its removal', async () => {
    const id = fake.control.addFault({ id: 'mine', action: { kind: 'status', status: 500 } });
    expect(fake.control.faults().map(({ id: known }) => known)).toEqual(['mine']);
    expect(fake.control.removeFault(id)).toBe(true);
    expect(fake.control.removeFault(id)).toBe(false);
    expect(await statuses(1)).toEqual([200]);
  });

  it('a request together with other faults, until one answers it', async () => {
    fake.control.addFault({ id: 'skew', action: { kind: 'clockSkew', ms: 60_000 } });
    fake.control.addFault({ id: 'down', match: { nth: 1 }, action: { kind: 'html' } });
    fake.control.addFault({ id: 'never', match: { nth: 1 }, action: { kind: 'emptyBody', status: 500 } });
    expect(await statuses(2)).toEqual([502, 500]);
    expect(fake.control.ledger().requests.map(({ faults }) => faults)).toEqual([
      ['skew', 'down'],
      ['skew', 'never'],
    ]);
  });
});

describe('an invalid fault rule is refused', () => {
  it.each([
    [{ action: { kind: 'explode' } }, 'unknown fault action "explode"; expected one of status,'],
    [{ action: { kind: 'status' } }, '"status" is missing'],
    [{ action: { kind: 'delay', ms: '5' } }, '"ms" must be number, got "5"'],
    [{ action: { kind: 'hang', ms: 5 } }, 'action hang: unknown "ms"'],
    [{ action: { kind: 'hang' }, match: { nht: 1 } }, 'match: unknown "nht"'],
    [{ action: { kind: 'waf403', pattern: '(' } }, '"pattern" must be regex'],
    [{ action: { kind: 'partial400' }, when: 'after-store' }, 'action partial400 cannot happen after-store'],
    [
      { action: { kind: 'slowRead', bytesPerSecond: 1 }, match: { minEvents: 3 } },
      "before a request's minEvents can be known",
    ],
    [{ action: { kind: 'reset', at: 'connect' }, match: { path: '/import' } }, "before a request's path can be known"],
    [{ when: 'before-parse' }, '"action" is missing'],
  ])('%j', (rule, message) => {
    expect(() => fake.control.addFault(rule as FaultRule)).toThrow(message);
  });
});
