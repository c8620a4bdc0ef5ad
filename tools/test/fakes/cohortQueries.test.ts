import { amplitude } from '@currents/connector-amplitude';
import { mixpanel } from '@currents/connector-mixpanel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import * as amplitudeClient from './amplitudeClient.js';
import * as mixpanelClient from './mixpanelClient.js';
import { openStreamingHttp, pullAll } from './pullAll.js';
import { sendRaw } from './rawClient.js';

const ids = Array.from({ length: 2_500 }, (_, index) => `customer-${index}`);

describe('Mixpanel’s Query API', () => {
  let fake: FakeMixpanel;
  beforeAll(async () => {
    fake = await startFakeMixpanel(mixpanelClient.start);
  });
  afterAll(() => fake.close());
  beforeEach(() => {
    fake.control.reset();
    fake.control.setCohort('77', {
      id: 1_000,
      name: 'Buyers',
      members: ids.map((distinctId) => ({ distinctId, properties: { $email: 'a@example.com' } })),
    });
  });

  const credentials = { kind: 'serviceAccount', username: 'reader', secret: 'pass', projectId: '77' } as const;
  const to = () => ({
    settings: mixpanel.settings.parse({ region: 'us', baseUrl: fake.url }),
    credentials,
    http: openStreamingHttp(),
  });
  const ask = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    sendRaw(`${fake.url}/api/query/${path}`, {
      headers: {
        authorization: mixpanelClient.basic('reader:pass'),
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(form).toString(),
    });

  it('returns all cohorts and every member of one to the connector', async () => {
    expect(await mixpanel.cohortPull?.list(to())).toMatchObject({
      outcome: 'listed',
      cohorts: [{ id: '1000', name: 'Buyers', size: 2_500 }],
    });
    const pulled = await pullAll(mixpanel.cohortPull!, '1000', to());
    expect([pulled.ids, pulled.refused, pulled.steps.map(({ outcome }) => outcome)]).toEqual([
      ids,
      {},
      ['continue', 'continue', 'complete'],
    ]);
  });

  it('returns the members as of the start of a session', async () => {
    const pulled = await pullAll(mixpanel.cohortPull!, '1000', to(), () =>
      fake.control.setCohort('77', { id: 1_000, name: 'Buyers', members: [] }),
    );
    expect(pulled.ids).toEqual(ids);
    expect((await pullAll(mixpanel.cohortPull!, '1000', to())).ids).toEqual([]);
  });

  it('has another page after a full one, even after the last', async () => {
    fake.control.setProfile({ queryPageSize: 1_250 });
    expect((await pullAll(mixpanel.cohortPull!, '1000', to())).steps).toHaveLength(3);
  });

  it('accepts 60 calls an hour in total', async () => {
    fake.control.setProfile({ queryPageSize: 40 });
    const pulled = await pullAll(mixpanel.cohortPull!, '1000', to());
    expect(pulled.steps).toHaveLength(61);
    expect(pulled.steps.at(-1)).toMatchObject({ outcome: 'deferred', code: 'throttled' });
    expect(await mixpanel.cohortPull?.list(to())).toMatchObject({ outcome: 'deferred' });
    fake.control.advanceClock(3_600_000);
    expect(await mixpanel.cohortPull?.list(to())).toMatchObject({ outcome: 'listed' });
  });

  it('accepts five concurrent calls', async () => {
    fake.control.addFault({
      when: 'before-parse',
      match: { path: '/api/query/cohorts/list' },
      action: { kind: 'trickle', bytesPerSecond: 50 },
    });
    const slow = Array.from({ length: 5 }, () => ask('cohorts/list?project_id=77', {}));
    await expect
      .poll(async () => (await ask('engage?project_id=77', { filter_by_cohort: '{"id":1000}' })).status, {
        timeout: 2_000,
      })
      .toBe(429);
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await ask('cohorts/list?project_id=77', {})).status).toBe(200);
  });

  it.each([
    ['a token', () => ask('cohorts/list', {}, { authorization: mixpanelClient.basic('token-77:') }), 401],
    ['no project', () => ask('cohorts/list', {}), 400],
    ['another project', () => ask('cohorts/list?project_id=78', {}), 401],
    [
      'a page without a session',
      () => ask('engage?project_id=77', { filter_by_cohort: '{"id":1000}', page: '1' }),
      400,
    ],
    [
      'an unknown session',
      () => ask('engage?project_id=77', { filter_by_cohort: '{"id":1000}', page: '1', session_id: 'x' }),
      400,
    ],
    ['an unknown cohort', () => ask('engage?project_id=77', { filter_by_cohort: '{"id":9}' }), 400],
    ['a body that is not a form', () => ask('engage?project_id=77', {}, { 'content-type': 'application/json' }), 400],
    ['the project’s secret', () => ask('cohorts/list', {}, { authorization: mixpanelClient.basic('secret-77:') }), 200],
  ])('answers %s', async (_, asked, status) => {
    expect((await asked()).status).toBe(status);
  });

  it('reports a missing cohort to the connector', async () => {
    expect((await pullAll(mixpanel.cohortPull!, '9', to())).steps).toMatchObject([
      { outcome: 'failed', recovery: 'none' },
    ]);
  });
});

describe('Amplitude’s Behavioral Cohorts API', () => {
  const awkward = ['plain', 'with,comma', 'with "quotes"', 'with\nnewline', 'ü'];
  let fake: FakeAmplitude;
  beforeAll(async () => {
    fake = await startFakeAmplitude(amplitudeClient.start);
  });
  afterAll(() => fake.close());
  beforeEach(() => {
    fake.control.reset();
    fake.control.setCohort(amplitudeClient.key, { id: '26umsb5', name: 'Buyers', members: [...awkward, ...ids] });
    fake.control.setCohort(amplitudeClient.key, { id: 'old', name: 'Old', archived: true, members: [] });
  });

  const to = (secretKey = 'secret-1') => ({
    settings: amplitude.settings.parse({ region: 'us', baseUrl: fake.url }),
    credentials: { apiKey: amplitudeClient.key, secretKey },
    http: openStreamingHttp(),
  });

  it.each([
    { cohortFile: 'link', cohortNewline: 'lf' },
    { cohortFile: 'link', cohortNewline: 'crlf' },
    { cohortFile: 'inline', cohortNewline: 'lf' },
    { cohortFile: 'inline', cohortNewline: 'crlf' },
  ] as const)('returns every member of a cohort to the connector: %o', async (profile) => {
    fake.control.setProfile(profile);
    const context = to();
    const pulled = await pullAll(amplitude.cohortPull!, '26umsb5', context);
    expect(pulled.ids).toEqual([...awkward, ...ids]);
    expect(pulled.refused).toEqual({ no_id: 1 });
    expect(pulled.steps.map(({ outcome }) => outcome)).toEqual([
      'continue',
      'continue',
      'continue',
      'continue',
      'complete',
    ]);
  });

  it('lists cohorts that are not archived', async () => {
    expect(await amplitude.cohortPull?.list(to())).toMatchObject({
      outcome: 'listed',
      cohorts: [{ id: '26umsb5', name: 'Buyers', size: 2_505 }],
    });
  });

  it('refuses an expired link and issues another', async () => {
    const statuses: unknown[] = [];
    const context = to();
    const late = {
      ...context.http,
      async stream(...[request, take]: Parameters<typeof context.http.stream>) {
        if (request.url.includes('/_s3/') && statuses.length === 1) fake.control.advanceClock(61_000);
        const answer = await context.http.stream(request, take);
        statuses.push(answer.status);
        return answer;
      },
    };
    const first = await pullAll(amplitude.cohortPull!, '26umsb5', { ...context, http: late });
    expect(first.steps.at(-1)).toMatchObject({ outcome: 'deferred', code: 'link_refused' });
    expect(statuses).toEqual([302, 403]);
    const { cursor } = first.steps.at(-2) as { cursor: string };
    const again = await amplitude.cohortPull!.pull('26umsb5', cursor, context, async () => undefined);
    expect(again).toEqual({ outcome: 'complete' });
  });

  it('accepts 60 orders in ten minutes, and the project’s maximum in a month', async () => {
    const key = 'another';
    fake.control.createProject({ apiKey: key, secretKey: 'secret-1', limits: { cohortFiles: 70 } });
    fake.control.setProfile({ cohortFile: 'inline', cohortPolls: 1 });
    fake.control.setCohort(key, { id: 'small', name: 'Small', members: [] });
    const another = () => ({ ...to(), credentials: { apiKey: key, secretKey: 'secret-1' } });
    let pulls = 0;
    for (let burst = 0; burst < 3; burst++) {
      for (;;) {
        const last = (await pullAll(amplitude.cohortPull!, 'small', another())).steps.at(-1);
        if (last?.outcome !== 'complete') {
          expect(last).toMatchObject({ outcome: 'deferred', code: 'throttled' });
          break;
        }
        pulls++;
      }
      if (burst === 0) expect(pulls).toBe(60);
      fake.control.advanceClock(600_000);
    }
    expect(pulls).toBe(70);
    fake.control.advanceClock(30 * 86_400_000);
    expect((await pullAll(amplitude.cohortPull!, 'small', another())).steps.at(-1)).toEqual({ outcome: 'complete' });
  });

  it('creates at most four files concurrently', async () => {
    const starts = await Promise.all(
      Array.from({ length: 5 }, () => amplitude.cohortPull!.pull('26umsb5', undefined, to(), async () => undefined)),
    );
    expect(starts.map(({ outcome }) => outcome).sort()).toEqual([
      'continue',
      'continue',
      'continue',
      'continue',
      'deferred',
    ]);
  });

  it.each([
    ['a wrong key', '26umsb5', 'wrong', { outcome: 'failed', code: 'credentials_refused', recovery: 'manual' }],
    ['an unknown cohort', 'unknown', 'secret-1', { outcome: 'failed', code: 'no_such_cohort', recovery: 'none' }],
  ])('answers %s', async (_, cohortId, secretKey, step) => {
    expect((await pullAll(amplitude.cohortPull!, cohortId, to(secretKey))).steps).toMatchObject([step]);
  });

  it('refuses credentials at the file storage', async () => {
    const context = to();
    await pullAll(amplitude.cohortPull!, '26umsb5', context);
    const link = context.http.asked.at(-1);
    expect(link?.url).toContain('/_s3/');
    expect(link?.headers ?? {}).not.toHaveProperty('authorization');
    expect((await sendRaw(link?.url ?? '', { method: 'GET', headers: { authorization: 'Basic x' } })).status).toBe(400);
  });
});
