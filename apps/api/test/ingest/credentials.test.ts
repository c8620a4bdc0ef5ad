import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openDoor, type Door } from './ingestHarness.js';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const nothing = { accepted: 0, quarantined: 0, quarantinedEvents: [] };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a request without events is a check of the credentials', () => {
  it.each([
    ['an empty body', ''],
    ['an empty bundle', '{"events":[]}'],
    ['an empty list', '[]'],
    ['blanks', ' \n'],
  ])('%s is answered 200 with a good token', async (_, body) => {
    const { status, body: said } = await door.post(body);
    expect([status, said]).toEqual([200, nothing]);
  });

  it('an empty body without a content type is answered 200 too', async () => {
    const { status, body } = await door.ask('/v1/events', 'POST', bearer(door.token));
    expect([status, body]).toEqual([200, nothing]);
  });

  it.each([
    ['no header', undefined, 'TOKEN_MISSING'],
    ['a token nobody made', 'Bearer cur_ingest_nobody', 'TOKEN_UNKNOWN'],
    ['the name of a token', 'Bearer test', 'TOKEN_UNKNOWN'],
    ['no token', 'Bearer', 'TOKEN_MISSING'],
    ['blanks for a token', 'Bearer   ', 'TOKEN_MISSING'],
    ['two tokens', 'Bearer one two', 'TOKEN_MISSING'],
    ['another scheme', 'Basic dXNlcjpwYXNz', 'TOKEN_MISSING'],
    ['characters no token has', 'Bearer "quoted"', 'TOKEN_MISSING'],
  ])('%s is answered 401, with events and without', async (_, authorization, code) => {
    for (const body of ['', { events: [event()] }]) {
      const { status, headers, body: said } = await door.post(body, { authorization });
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

  it('nothing of a request with a bad token is stored', async () => {
    const before = (await door.storedEvents()).length;
    await door.post({ events: [event()] }, bearer('wrong'));
    expect((await door.storedEvents()).length).toBe(before);
  });

  it('the scheme may be written in any case, and blanks may follow it', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
      expect((await door.post('', { authorization: `${scheme} ${door.token}` })).status).toBe(200);
    }
  });
});

describe('tokens', () => {
  it('a new one is good at once, beside those there are', async () => {
    for (let round = 0; round < 3; round++) {
      const fresh = await door.makeToken();
      expect((await door.post('', bearer(fresh))).status).toBe(200);
      expect((await door.post('')).status).toBe(200);
    }
  });

  it('a revoked one is refused within the second, and the others stay good', async () => {
    const [kept, revoked] = [await door.makeToken(), await door.makeToken()];
    expect((await door.post('', bearer(revoked))).status).toBe(200);
    await door.revokeToken(revoked);
    await expect
      .poll(async () => (await door.post('', bearer(revoked))).status, { timeout: 1_000, interval: 10 })
      .toBe(401);
    expect((await door.post('', bearer(kept))).status).toBe(200);
  });

  it('a flood of guesses keeps no new token out', async () => {
    const guesses = Array.from({ length: 200 }, (_, index) => door.post('', bearer(`guess-${index}`)));
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([401]));
    const fresh = await door.makeToken();
    await expect
      .poll(async () => (await door.post('', bearer(fresh))).status, { timeout: 1_000, interval: 10 })
      .toBe(200);
  });

  it('none is ever said back', async () => {
    const { text } = await door.post('', bearer('cur_ingest_a-guess'));
    expect(text).not.toContain('a-guess');
  });
});
