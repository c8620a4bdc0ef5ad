import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminHarness, until, type AdminHarness } from '../admin/adminHarness.js';

let harness: AdminHarness;
beforeAll(async () => void (harness = await openAdminHarness()));
afterAll(() => harness.close());

interface Browser {
  readonly cookie: string;
  readonly csrfToken: string;
}

async function signIn(token = harness.token, headers: Readonly<Record<string, string>> = {}): Promise<Browser> {
  const response = await harness.app.inject({
    method: 'POST',
    url: '/console/session',
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  expect(response.statusCode, response.payload).toBe(200);
  const cookie = String(response.headers['set-cookie']).split(';')[0] ?? '';
  return { cookie, csrfToken: response.json<{ csrfToken: string }>().csrfToken };
}

/** A request as a browser with this cookie makes it; without a token in any header. */
function request(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  headers: Readonly<Record<string, string>>,
  query = '{ me { name role } }',
) {
  const body = method === 'POST' ? { payload: JSON.stringify({ query }) } : {};
  return harness.app.inject({
    method,
    url,
    headers: { ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers },
    ...body,
  });
}

const signedIn = ({ cookie, csrfToken }: Browser) => ({ cookie, 'x-csrf-token': csrfToken });

describe('a console session', () => {
  it('is a cookie that no script and no other site can use, and acts as its admin token', async () => {
    const response = await harness.app.inject({
      method: 'POST',
      url: '/console/session',
      headers: { authorization: `Bearer ${harness.token}` },
    });
    expect(response.headers['set-cookie']).toMatch(
      /^currents_session=cur_session_[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(response.headers['cache-control']).toBe('no-store');
    const answer = await request('POST', '/graphql', signedIn(await signIn()));
    expect(answer.json()).toMatchObject({ data: { me: { role: 'ADMIN' } } });
  });

  it('is refused for a while when its connection to the database is lost', async () => {
    await harness.sql.unsafe(`
      create function lose_connection() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger lose_connection before insert on console_session for each row execute function lose_connection()`);
    try {
      const response = await harness.app.inject({
        method: 'POST',
        url: '/console/session',
        headers: { authorization: `Bearer ${harness.token}` },
      });
      expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([503, 'UNAVAILABLE']);
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await harness.sql.unsafe('drop trigger lose_connection on console_session; drop function lose_connection');
    }
    await signIn();
  });

  it('is stored only as a hash', async () => {
    const { cookie } = await signIn();
    const rows = await harness.sql<{ row: string }[]>`select s::text as row from console_session s`;
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toContain(cookie.slice(-8));
    expect(harness.log.join('')).not.toContain(cookie.slice(-8));
  });

  it('changes nothing without the CSRF token of the session', async () => {
    const [own, other] = [await signIn(), await signIn()];
    for (const headers of [
      { cookie: own.cookie },
      { cookie: own.cookie, 'x-csrf-token': '' },
      { cookie: own.cookie, 'x-csrf-token': other.csrfToken },
    ]) {
      const answer = await request('POST', '/graphql', headers);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'CSRF_TOKEN_WRONG']);
      expect((await request('DELETE', '/console/session', headers)).statusCode).toBe(403);
    }
    expect((await request('POST', '/graphql', signedIn(own))).statusCode).toBe(200);
  });

  it('answers its CSRF token to its own browser, after a reload', async () => {
    const browser = await signIn();
    const answer = await request('GET', '/console/session', { cookie: browser.cookie });
    expect(answer.json()).toEqual({ csrfToken: browser.csrfToken });
  });

  it('that a browser never had is answered with 204 and nothing else, so that it logs no error', async () => {
    const answer = await request('GET', '/console/session', {});
    expect([answer.statusCode, answer.payload, answer.headers['cache-control']]).toEqual([204, '', 'no-store']);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('that has ended or was guessed is answered with 401', async () => {
    const ended = await signIn();
    expect((await request('DELETE', '/console/session', signedIn(ended))).statusCode).toBe(204);
    for (const cookie of [ended.cookie, 'currents_session=cur_session_guessed']) {
      const answer = await request('GET', '/console/session', { cookie });
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'SESSION_ENDED' });
    }
  });

  it('ends when the browser signs out, and leaves others', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const answer = await request('DELETE', '/console/session', signedIn(one));
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['set-cookie']).toMatch(/^currents_session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/);
    const refused = await request('POST', '/graphql', signedIn(one));
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([401, 'SESSION_ENDED']);
    expect((await request('POST', '/graphql', signedIn(two))).statusCode).toBe(200);
  });

  it('ends everywhere at once, for the same admin token', async () => {
    const { adminToken, token } = await harness.do(
      'mutation { createAdminToken(input: { name: "a colleague", role: VIEWER }) { ... on CreateAdminTokenPayload { token adminToken { id } } } }',
    );
    const [one, two, colleague] = [await signIn(), await signIn(), await signIn(token)];
    expect((await request('DELETE', '/console/sessions', signedIn(one))).statusCode).toBe(204);
    for (const browser of [one, two])
      expect((await request('POST', '/graphql', signedIn(browser))).statusCode).toBe(401);
    expect((await request('POST', '/graphql', signedIn(colleague))).json()).toMatchObject({
      data: { me: { name: 'a colleague', role: 'VIEWER' } },
    });
    await harness.do(
      `mutation { revokeAdminToken(input: { id: "${adminToken.id}", confirmId: "${adminToken.id}" }) { __typename } }`,
    );
    await until(
      async () => (await request('POST', '/graphql', signedIn(colleague))).statusCode,
      (status) => status === 401,
    );
  });

  it('ends by itself after half a day without use, and after a week', async () => {
    const [idle, old] = [await signIn(), await signIn()];
    expect((await request('POST', '/graphql', signedIn(idle))).statusCode).toBe(200);
    await harness.sql`
      update console_session set last_used_at = now() - interval '13 hours'
      where id = (select max(id) - 1 from console_session)`;
    await harness.sql`
      update console_session set expires_at = now() where id = (select max(id) from console_session)`;
    for (const browser of [idle, old])
      expect((await request('POST', '/graphql', signedIn(browser))).statusCode).toBe(401);
  });

  it('is not given for a wrong token, nor for another session', async () => {
    const wrong = await request('POST', '/console/session', { authorization: 'Bearer cur_admin_wrong' });
    expect([wrong.statusCode, wrong.json<{ code: string }>().code]).toEqual([401, 'TOKEN_UNKNOWN']);
    const { cookie, csrfToken } = await signIn();
    expect((await request('POST', '/console/session', { cookie, 'x-csrf-token': csrfToken })).statusCode).toBe(401);
    const guessed = { cookie: 'currents_session=cur_session_guessed', 'x-csrf-token': csrfToken };
    expect((await request('POST', '/graphql', guessed)).statusCode).toBe(401);
  });

  it('keeps at most 50 sessions of an admin token: a further one ends the oldest', async () => {
    const first = await signIn();
    for (let sessions = 0; sessions < 50; sessions++) await signIn();
    expect((await request('POST', '/graphql', signedIn(first))).statusCode).toBe(401);
  });
});
