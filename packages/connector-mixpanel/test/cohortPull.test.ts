import type { MemberPage, PullStep } from '@currents/connector';
import { awkwardAnswers, describeCohortPull, jsonAnswer, scriptedStreams } from '@currents/connector/conformance';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cohortPull } from '../src/cohortPull.js';
import { mixpanel } from '../src/mixpanel.js';
import type { Credentials } from '../src/settings.js';

const account: Credentials = { kind: 'serviceAccount', username: 'hub.3021', secret: 'Ww8yTqv1Rk', projectId: '3021' };
const settings = mixpanel.settings.parse({ region: 'eu' });
const profile = (id: unknown, properties: Record<string, unknown> = {}) => ({
  $distinct_id: id,
  $properties: properties,
});
const page = (results: readonly unknown[], more: Record<string, unknown> = {}) =>
  jsonAnswer(200, { page: 0, page_size: 2, session_id: '1767-EX', status: 'ok', total: 5, results, ...more });

describeCohortPull({
  connector: mixpanel,
  settings: { region: 'us' },
  credentials: account,
  secrets: ['secret'],
  list: {
    answer: jsonAnswer(200, [
      {
        count: 150,
        is_visible: 1,
        description: '',
        created: '2019-03-19 23:49:51',
        project_id: 1,
        id: 1000,
        name: 'Big spenders',
      },
      { id: 'x', name: null, description: 'Why' },
      { name: 'without an id' },
      null,
    ]),
    then: [
      { id: '1000', name: 'Big spenders', createdAtMs: Date.UTC(2019, 2, 19, 23, 49, 51), size: 150 },
      { id: 'x', name: 'x', description: 'Why' },
    ],
  },
  cohortId: '1000',
  steps: [
    { answers: [page([profile('a'), profile('b', { $email: 'b@example.com' })])], members: ['a', 'b'] },
    {
      answers: [page([profile('c', { $braze_external_id: 'braze-c' }), profile(7)], { page: 1 })],
      members: ['braze-c', '7'],
    },
    { answers: [page([profile('e')], { page: 2 })], members: ['e'] },
  ],
});

async function go(place: string | undefined, answer: ReturnType<typeof jsonAnswer>, credentials = account) {
  const http = scriptedStreams([answer]);
  const pages: MemberPage[] = [];
  const said: PullStep = await cohortPull.pull(
    '1000',
    place,
    { settings, credentials, http },
    async (taken) => void pages.push(taken),
  );
  return { said, pages, request: http.requests[0] };
}

describe('a page', () => {
  it('is requested by cohort, then by session and page number', async () => {
    const first = await go(undefined, page([profile('a'), profile('b')]));
    expect(first.request).toMatchObject({
      method: 'POST',
      url: 'https://eu.mixpanel.com/api/query/engage?project_id=3021',
    });
    const form = {
      filter_by_cohort: '{"id":1000}',
      include_all_users: 'true',
      output_properties: '["$braze_external_id"]',
    };
    expect(Object.fromEntries(new URLSearchParams(first.request?.body as string))).toEqual(form);
    expect(first.request?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });

    const second = await go(first.said.outcome === 'continue' ? first.said.cursor : '', page([]));
    expect(Object.fromEntries(new URLSearchParams(second.request?.body as string))).toEqual({
      ...form,
      session_id: '1767-EX',
      page: '1',
    });
    expect(second.said).toEqual({ outcome: 'complete' });
  });

  it('is the last one when it is not full', async () => {
    expect((await go(undefined, page([profile('a')]))).said).toEqual({ outcome: 'complete' });
    expect(
      (
        await go(
          undefined,
          page(
            Array.from({ length: 999 }, (_, index) => profile(`u${index}`)),
            { page_size: undefined },
          ),
        )
      ).said,
    ).toEqual({ outcome: 'complete' });
  });

  it('counts profiles without a usable id, and reports the total of members', async () => {
    const { pages } = await go(
      undefined,
      page([profile(''), { $properties: {} }, 'x', profile('a')], { page_size: 10 }),
    );
    expect(pages).toEqual([{ members: [{ externalId: 'a' }], refused: { no_id: 3 }, total: 5 }]);
  });
});

describe('trouble', () => {
  const place = JSON.stringify({ session: '1767-EX', page: 3 });
  it.each([
    ['429', 429, undefined, { outcome: 'deferred', code: 'throttled', afterMs: 60_000 }],
    ['400 in the middle', 400, place, { outcome: 'failed', code: 'session_lost', recovery: 'automatic' }],
    ['400 at the beginning', 400, undefined, { outcome: 'failed', code: 'bad_request', recovery: 'manual' }],
    ['401', 401, place, { outcome: 'failed', code: 'credentials_refused', recovery: 'manual' }],
    ['402', 402, undefined, { outcome: 'failed', code: 'payment_required', recovery: 'manual' }],
    ['404', 404, undefined, { outcome: 'failed', code: 'not_found', recovery: 'manual' }],
  ])('%s', async (_, status, from, then) => {
    expect((await go(from, jsonAnswer(status, { status: 'error', error: 'no' }))).said).toMatchObject(then);
  });

  it('a missing cohort is distinguished from a bad request', async () => {
    expect(
      (await go(undefined, jsonAnswer(400, { status: 'error', error: 'Cohort 1000 not found' }))).said,
    ).toMatchObject({ outcome: 'failed', recovery: 'none' });
  });

  it('a project token is refused without a request', async () => {
    const http = scriptedStreams([]);
    const to = { settings, credentials: { kind: 'projectToken', token: 't' } as const, http };
    const refused = { outcome: 'failed', code: 'service_account_needed', recovery: 'manual' };
    expect(await cohortPull.list(to)).toMatchObject(refused);
    expect(await cohortPull.pull('1000', undefined, to, async () => undefined)).toMatchObject(refused);
  });

  it('an API secret is sent without a project id', async () => {
    const { request } = await go(undefined, page([]), { kind: 'apiSecret', apiSecret: 'legacy' });
    expect(request?.url).toBe('https://eu.mixpanel.com/api/query/engage');
    expect(request?.headers?.['authorization']).toBe('Basic bGVnYWN5Og==');
  });
});

it('the README explains every code that a pull can lead to', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const codes = new Set(['service_account_needed', 'no_such_cohort']);
  for (const answer of Object.values(awkwardAnswers)) {
    for (const place of [undefined, JSON.stringify({ session: 's', page: 1 })]) {
      const said = await cohortPull.pull(
        '1',
        place,
        { settings, credentials: account, http: scriptedStreams([answer]) },
        async () => undefined,
      );
      if ('code' in said) codes.add(said.code);
    }
  }
  expect(codes.size).toBeGreaterThan(10);
  for (const code of codes) expect(readme).toContain(`\`${code.replace(/^http_\d+$/, 'http_<status>')}\``);
});
