import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openIngestHarness, type IngestHarness } from './ingestHarness.js';

let api: IngestHarness;
beforeAll(async () => {
  api = await openIngestHarness();
});
afterAll(() => api.close());

const nothing = { accepted: 0, quarantined: 0, quarantinedEvents: [] };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a request without events checks the token', () => {
  it.each([
    ['an empty body', ''],
    ['an empty bundle', '{"events":[]}'],
    ['an empty list', '[]'],
    ['blanks', ' \n'],
  ])('%s is answered 200 with a valid token', async (_, body) => {
    const { status, body: said } = await api.post(body);
    expect([status, said]).toEqual([200, nothing]);
  });

  it('an empty body without a content type is answered 200 too', async () => {
    const { status, body } = await api.ask('/v1/events', 'POST', bearer(api.token));
    expect([status, body]).toEqual([200, nothing]);
  });

  it.each([
    ['no header', undefined, 'TOKEN_MISSING'],
    ['a token that does not exist', 'Bearer cur_ingest_nobody', 'TOKEN_UNKNOWN'],
    ['the name of a token', 'Bearer test', 'TOKEN_UNKNOWN'],
    ['no token after the scheme', 'Bearer', 'TOKEN_MISSING'],
    ['blanks after the scheme', 'Bearer   ', 'TOKEN_MISSING'],
    ['two tokens', 'Bearer one two', 'TOKEN_MISSING'],
    ['another scheme', 'Basic dXNlcjpwYXNz', 'TOKEN_MISSING'],
    ['characters that tokens do not have', 'Bearer "quoted"', 'TOKEN_MISSING'],
  ])('%s is answered 401, with events and without', async (_, authorization, code) => {
    for (const body of ['', { events: [event()] }]) {
      const { status, headers, body: said } = await api.post(body, { authorization });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(said).toEqual({
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: expect.any(String),
        code,
        requestId: headers.get('x-request-id'),
      });
    }
  });

  it.each([
    ['Bearer Bearer abc', 'begins with the scheme of a header'],
    ['Bearer "abc"', 'in quotation marks'],
    ['Bearer <ingest token>', 'a placeholder'],
    ['Bearer YOUR_TOKEN abc', 'a placeholder'],
    ['Bearer abc def', 'a blank or an invisible character inside'],
    ['Basic abc', 'one without Bearer and a token'],
    [undefined, 'got none'],
  ])('the header %j is refused with the reason', async (authorization, reason) => {
    const { body } = await api.post('', { authorization });
    expect(body).toMatchObject({ code: 'TOKEN_MISSING', detail: expect.stringContaining(reason) });
  });

  it('a no-break space and a zero-width space around a token do not count', async () => {
    // Headers are bytes: this is their UTF-8.
    const around = Buffer.from(`\u00a0${api.token}\u200b`).toString('latin1');
    expect((await api.post('', { authorization: `Bearer ${around}` })).status).toBe(200);
  });

  it('a request with an invalid token stores nothing', async () => {
    const before = (await api.storedEvents()).length;
    await api.post({ events: [event()] }, bearer('wrong'));
    expect((await api.storedEvents()).length).toBe(before);
  });

  it('the scheme is case-insensitive, and may be followed by several blanks', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
      expect((await api.post('', { authorization: `${scheme} ${api.token}` })).status).toBe(200);
    }
  });
});

describe('tokens', () => {
  it('a new token is valid at once, and the others stay valid', async () => {
    for (let round = 0; round < 3; round++) {
      const fresh = await api.makeToken();
      expect((await api.post('', bearer(fresh))).status).toBe(200);
      expect((await api.post('')).status).toBe(200);
    }
  });

  it('a revoked token is refused within a second, and the others stay valid', async () => {
    const [kept, revoked] = [await api.makeToken(), await api.makeToken()];
    expect((await api.post('', bearer(revoked))).status).toBe(200);
    await api.revokeToken(revoked);
    await expect
      .poll(async () => (await api.post('', bearer(revoked))).status, { timeout: 1_000, interval: 10 })
      .toBe(401);
    expect((await api.post('', bearer(kept))).status).toBe(200);
  });

  it('many guesses do not delay a new token', async () => {
    const guesses = Array.from({ length: 200 }, (_, index) => api.post('', bearer(`guess-${index}`)));
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([401]));
    const fresh = await api.makeToken();
    await expect
      .poll(async () => (await api.post('', bearer(fresh))).status, { timeout: 1_000, interval: 10 })
      .toBe(200);
  });

  it('an answer never repeats a token', async () => {
    const { text } = await api.post('', bearer('cur_ingest_a-guess'));
    expect(text).not.toContain('a-guess');
  });
});
