import type { HttpAnswer, MemberPage, PullStep } from '@currents/connector';
import {
  awkwardAnswers,
  describeCohortPull,
  jsonAnswer,
  scriptedStreams,
  textAnswer,
} from '@currents/connector/conformance';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { amplitude } from '../src/amplitude.js';
import { cohortPull } from '../src/cohortPull.js';

const credentials = { apiKey: '0123456789abcdef0123456789abcdef', secretKey: 'fedcba9876543210fedcba9876543210' };
const settings = amplitude.settings.parse({ region: 'eu' });
const file = '\ufeffamplitude_id,user_id,"props, all"\r\n1,u1,"a, ""b""\r\nc"\r\n2,,x\r\n3,"u,3",\r\n\r\n4,"ü4",y';
const ordered = jsonAnswer(202, { request_id: 'qfaZya', cohort_id: '26umsb5' });
const inProgress = jsonAnswer(202, { request_id: 'qfaZya', cohort_id: '26umsb5', async_status: 'JOB INPROGRESS' });
const done = jsonAnswer(200, { request_id: 'qfaZya', cohort_id: '26umsb5', async_status: 'JOB COMPLETED' });
const link = 'https://cohorts.s3.example.com/file?X-Amz-Signature=abc';
const elsewhere = textAnswer(302, '', { location: link });

describeCohortPull({
  connector: amplitude,
  settings: { region: 'us' },
  credentials,
  secrets: ['apiKey', 'secretKey'],
  list: {
    answer: jsonAnswer(200, {
      cohorts: [
        {
          appId: 1,
          archived: false,
          id: '26umsb5',
          name: 'Buyers',
          description: 'Who bought',
          size: 12,
          createdAt: 1_600_000_000,
          lastComputed: 1_700_000_000,
        },
        { archived: true, id: 'old', name: 'Old' },
        { id: 'bare' },
        'x',
      ],
    }),
    then: [
      {
        id: '26umsb5',
        name: 'Buyers',
        description: 'Who bought',
        createdAtMs: 1_600_000_000_000,
        computedAtMs: 1_700_000_000_000,
        size: 12,
      },
      { id: 'bare', name: 'bare' },
    ],
  },
  cohortId: '26umsb5',
  steps: [
    { answers: [ordered], members: [], afterMs: 1_000 },
    { answers: [inProgress], members: [], afterMs: 1_000 },
    { answers: [inProgress], members: [], afterMs: 2_000 },
    { answers: [done], members: [] },
    { answers: [elsewhere, textAnswer(200, file)], members: ['u1', 'u,3', 'ü4'] },
  ],
});

async function go(place: unknown, ...answers: HttpAnswer[]) {
  const http = scriptedStreams(answers);
  const pages: MemberPage[] = [];
  const at = place === undefined ? undefined : JSON.stringify(place);
  const said: PullStep = await cohortPull.pull(
    '26umsb5',
    at,
    { settings, credentials, http },
    async (page) => void pages.push(page),
  );
  return { said, pages, requests: http.requests };
}

const ready = { request: 'qfaZya', waitedMs: 3_000, isReady: true };

describe('a file', () => {
  it('is in the response when it is small', async () => {
    const { said, pages, requests } = await go(ready, textAnswer(200, file));
    expect(requests.map(({ url }) => url)).toEqual([
      'https://analytics.eu.amplitude.com/api/5/cohorts/request/qfaZya/file',
    ]);
    expect(pages).toEqual([
      { members: [{ externalId: 'u1' }, { externalId: 'u,3' }, { externalId: 'ü4' }], refused: { no_id: 1 } },
    ]);
    expect(said).toEqual({ outcome: 'complete' });
  });

  it('is fetched from a link without the credentials', async () => {
    const { requests } = await go(ready, elsewhere, textAnswer(200, file));
    expect(requests[0]?.headers).toHaveProperty('authorization');
    expect(requests[1]).toEqual({ method: 'GET', url: link });
  });

  it('is read in pages of 10,000 members', async () => {
    const rows = Array.from({ length: 25_000 }, (_, index) => `u${index}`).join('\n');
    const http = scriptedStreams([textAnswer(200, `user_id\n${rows}\n`)], 50_000);
    const sizes: number[] = [];
    await cohortPull.pull(
      '26umsb5',
      JSON.stringify(ready),
      { settings, credentials, http },
      async ({ members }) => void sizes.push(members.length),
    );
    expect(sizes).toEqual([10_000, 10_000, 5_000]);
  });

  it('without members is complete', async () => {
    expect((await go(ready, textAnswer(200, 'amplitude_id,user_id\n'))).said).toEqual({ outcome: 'complete' });
  });

  it.each<[string, HttpAnswer[], object]>([
    ['no column of ids', [textAnswer(200, 'amplitude_id\n1\n')], { outcome: 'failed', code: 'unreadable_file' }],
    ['nothing at all', [textAnswer(200, '')], { outcome: 'failed', code: 'unreadable_file' }],
    [
      'the file is truncated in a value',
      [textAnswer(200, 'user_id\n"u1')],
      { outcome: 'deferred', code: 'broken_file' },
    ],
    ['the link has expired', [elsewhere, textAnswer(403, '<Error/>')], { outcome: 'deferred', code: 'link_refused' }],
    [
      'the connection breaks',
      [elsewhere, { status: 0, failure: 'broken', detail: '' }],
      { outcome: 'deferred', code: 'broken_connection' },
    ],
    ['a link to a link', [elsewhere, elsewhere], { outcome: 'deferred', code: 'link_refused' }],
    [
      'a link without TLS',
      [textAnswer(302, '', { location: 'http://cohorts.example.com/' })],
      { outcome: 'failed', code: 'redirected' },
    ],
    ['a link without a location', [textAnswer(302, '')], { outcome: 'failed', code: 'redirected' }],
    [
      'the file has expired after seven days',
      [jsonAnswer(404, {})],
      { outcome: 'failed', code: 'job_lost', recovery: 'automatic' },
    ],
  ])('is not complete: %s', async (_, answers, then) => {
    expect((await go(ready, ...answers)).said).toMatchObject(then);
  });
});

describe('a job', () => {
  it('is polled at growing intervals, for an hour', async () => {
    let said = (await go(undefined, ordered)).said;
    const waits: number[] = [];
    while (said.outcome === 'continue') {
      waits.push(said.afterMs / 1000);
      said = (await go(JSON.parse(said.cursor), inProgress)).said;
    }
    expect(waits.slice(0, 9)).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60]);
    expect(waits.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThanOrEqual(3_600);
    expect(waits.length).toBeLessThan(70);
    expect(said).toMatchObject({ outcome: 'failed', code: 'job_too_long', recovery: 'automatic' });
  });

  it.each<[string, HttpAnswer, object]>([
    [
      'an unknown key',
      jsonAnswer(403, {
        error: { http_code: 403, type: 'unspecified', metadata: { details: 'Invalid API/Secret Key combination' } },
      }),
      {
        outcome: 'failed',
        code: 'credentials_refused',
        recovery: 'manual',
        detail: expect.stringContaining('Invalid API/Secret Key combination'),
      },
    ],
    ['no such cohort', jsonAnswer(404, {}), { outcome: 'failed', code: 'no_such_cohort', recovery: 'none' }],
    ['too many', jsonAnswer(429, {}), { outcome: 'deferred', code: 'throttled' }],
  ])('is not started: %s', async (_, answer, then) => {
    expect((await go(undefined, answer)).said).toMatchObject(then);
  });

  it('that Amplitude reports as failed ends the pull', async () => {
    const failed = jsonAnswer(200, { request_id: 'qfaZya', async_status: 'JOB FAILED' });
    expect((await go({ request: 'qfaZya', waitedMs: 1_000 }, failed)).said).toMatchObject({
      outcome: 'failed',
      code: 'job_failed',
      recovery: 'automatic',
    });
  });

  it('needs the secret key', async () => {
    const to = { settings, credentials: { apiKey: credentials.apiKey }, http: scriptedStreams([]) };
    expect(await cohortPull.pull('26umsb5', undefined, to, async () => undefined)).toMatchObject({
      outcome: 'failed',
      code: 'no_secret_key',
      recovery: 'manual',
    });
    expect(await cohortPull.list(to)).toMatchObject({ outcome: 'failed', code: 'no_secret_key', recovery: 'manual' });
  });
});

it('the README explains every code that a pull can lead to', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const codes = new Set([
    'no_secret_key',
    'no_such_cohort',
    'job_failed',
    'job_too_long',
    'unreadable_file',
    'broken_file',
    'link_refused',
  ]);
  for (const answer of Object.values(awkwardAnswers)) {
    for (const place of [undefined, { request: 'qfaZya', waitedMs: 0 }, ready]) {
      const { said } = await go(place, answer, answer);
      if ('code' in said) codes.add(said.code);
    }
  }
  expect(codes.size).toBeGreaterThan(15);
  for (const code of codes) expect(readme).toContain(`\`${code.replace(/^http_\d+$/, 'http_503')}\``);
});
