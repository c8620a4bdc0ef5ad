import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from './adminHarness.js';

const open = 'users.messages.email.Open';
const secret = good.credentials.secret;
let harness: AdminHarness;
let current: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  current = await harness.createCurrent(good);
  const event = { event_type: open, time: 1_760_000_000, user: { external_user_id: 'kim' }, properties: {} };
  const events = [
    { ...event, id: 'sent' },
    { ...event, id: 'anonymous', user: {} },
    { ...event, id: 'placeholder', user: { external_user_id: 'null' } },
    { ...event, id: 'purchase', event_type: 'users.behaviors.Purchase' },
  ];
  const body = Buffer.from(JSON.stringify({ events }));
  await harness.intake.take({ chunks: [body], format: 'json', tokenId: harness.tokenId });
});
afterAll(() => harness.close());

const request = 'request { method url headers { name value } body isCompressed }';
const previewEvent = `query ($input: PreviewInput!, $source: PreviewSource!) { previewEvent(input: $input, source: $source) {
  __typename
  ... on EventPreview { verdict reason { code description } detail event ${request} }
  ... on InputInvalid { problems { path code message } }
  ... on Problem { message } } }`;

describe('previewEvent', () => {
  const preview = (input: object, source: object) => harness.do(previewEvent, { input, source });

  it('shows the request that the Current would make, without its credentials, and sends nothing', async () => {
    const before = harness.asked.length;
    const shown = await preview({ currentId: current }, { eventId: 'sent' });
    expect(shown).toMatchObject({
      verdict: 'SENT',
      reason: null,
      event: { id: 'sent', event_type: open },
      request: {
        method: 'POST',
        url: 'https://api-eu.mixpanel.com/import?strict=1&project_id=[hidden]',
        headers: expect.arrayContaining([{ name: 'authorization', value: 'Basic [hidden]' }]),
        isCompressed: true,
      },
    });
    expect(JSON.parse(shown.request.body)).toMatchObject([{ event: 'Email Open', properties: { distinct_id: 'kim' } }]);
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(harness.asked.length).toBe(before);
  });

  it.each([
    ['a sample', { sampleOf: open }, { verdict: 'SENT' }],
    ['one without a user', { eventId: 'anonymous' }, { verdict: 'SKIPPED', reason: { code: 'no_external_user_id' } }],
    [
      'a refused user',
      { eventId: 'placeholder' },
      { verdict: 'REJECTED', reason: { code: 'distinct_id_not_allowed' } },
    ],
    ['an unselected type', { eventId: 'purchase' }, { verdict: 'NOT_SELECTED', request: null }],
    ['a pasted event', { event: { event_type: open, id: 'x', time: 1_760_000_000 } }, { verdict: 'SKIPPED' }],
    [
      'a pasted event that the catalogue refuses',
      { event: { event_type: open, id: 'x', time: 'noon' } },
      { verdict: 'QUARANTINED', reason: { code: 'bad_time' }, event: null },
    ],
    ['an id that is not stored', { eventId: 'nowhere' }, { __typename: 'EventNotFound' }],
    [
      'an unknown type',
      { sampleOf: 'nothing' },
      { __typename: 'InputInvalid', problems: [{ path: ['source', 'sampleOf'] }] },
    ],
    ['several events', { event: { events: [{}, {}] } }, { __typename: 'InputInvalid' }],
  ])('says what becomes of %s', async (_what, source, expected) => {
    expect(await preview({ currentId: current }, source)).toMatchObject(expected);
  });

  it('needs no Current and no credentials', async () => {
    const shown = await preview({ destination: 'amplitude', settings: { region: 'eu' } }, { eventId: 'sent' });
    expect(shown).toMatchObject({ verdict: 'SENT', request: { url: expect.stringContaining('api.eu.amplitude.com') } });
    expect(JSON.parse(shown.request.body)).toMatchObject({ api_key: '[hidden]', events: [{ user_id: 'kim' }] });
  });

  it.each([
    ['both a Current and a destination', { destination: 'mixpanel' }, 'got both'],
    ['wrong settings', { settings: { region: 'mars' } }, 'settings.region'],
    ['an unknown selection', { selection: { groups: ['letters'] } }, 'selection.groups'],
  ])('refuses %s', async (_what, change, message) => {
    const answer = await preview({ currentId: current, ...change }, { sampleOf: open });
    expect(answer).toMatchObject({ __typename: 'InputInvalid', message: expect.stringContaining(message) });
  });
});

describe('previewSelection', () => {
  const query = `query ($input: PreviewInput!, $lastEvents: Int) { previewSelection(input: $input, lastEvents: $lastEvents) {
    __typename
    ... on SelectionPreview {
      examinedCount
      eventTypes { eventTypeName lastDayCount examinedCount draft { ...counts } stored { ...counts } }
      examples { eventId verdict reason { code } ${request} } }
    ... on Problem { message } } }
    fragment counts on PreviewCounts { sent notSelected skipped { code eventCount } rejected { code eventCount } }`;

  it('counts what the last events become with a change, beside what they become now', async () => {
    const input = { currentId: current, selection: { groups: ['behaviour'] } };
    const shown = await harness.do(query, { input });
    const nothing = { sent: 0, notSelected: 0, skipped: [], rejected: [] };
    expect(shown).toMatchObject({
      examinedCount: 4,
      eventTypes: expect.arrayContaining([
        {
          eventTypeName: open,
          lastDayCount: 3,
          examinedCount: 3,
          draft: { ...nothing, notSelected: 3 },
          stored: {
            ...nothing,
            sent: 1,
            skipped: [{ code: 'no_external_user_id', eventCount: 1 }],
            rejected: [{ code: 'distinct_id_not_allowed', eventCount: 1 }],
          },
        },
        {
          eventTypeName: 'users.behaviors.Purchase',
          lastDayCount: 1,
          examinedCount: 1,
          draft: { ...nothing, sent: 1 },
          stored: { ...nothing, notSelected: 1 },
        },
      ]),
      examples: [{ eventId: 'purchase', verdict: 'SENT', request: { method: 'POST' } }],
    });
  });

  it('has an example of each way to end, for a draft that is not stored', async () => {
    const shown = await harness.do(query, { input: { destination: 'mixpanel', settings: { region: 'eu' } } });
    expect(shown.eventTypes[0].stored).toBeNull();
    expect(shown.examples.map(({ eventId }: any) => eventId).sort()).toEqual([
      'anonymous',
      'placeholder',
      'purchase',
      'sent',
    ]);
  });

  it.each([0, 1_001])('refuses to examine %i events', async (lastEvents) => {
    const answer = await harness.do(query, { input: { currentId: current }, lastEvents });
    expect(answer).toMatchObject({
      __typename: 'InputInvalid',
      message: expect.stringContaining('expected 1 to 1000'),
    });
  });
});

describe('testCredentials of a draft', () => {
  const test = `mutation ($input: TestCredentialsInput!) { testCredentials(input: $input) { __typename
    ... on CallsThrottled { retryAfterMs } ... on Problem { message } } }`;
  const draft = { destination: 'mixpanel', settings: good.settings, credentials: good.credentials };
  const refusing = { status: 401, headers: {}, body: '{"code":401,"error":"no"}' };

  it('asks the destination, and stores and logs nothing of the secret', async () => {
    expect(await harness.do(test, { input: draft })).toMatchObject({ __typename: 'TestCredentialsPayload' });
    const accepting = harness.partner;
    harness.partner = () => refusing;
    expect(await harness.do(test, { input: draft })).toMatchObject({ __typename: 'TestFailed' });
    harness.partner = accepting;
    const entries = await harness.sql`select * from audit_entry where action = 'testCredentials'`;
    expect(entries).toHaveLength(2);
    expect(JSON.stringify(entries) + harness.log.join('')).not.toContain(secret);
  });

  it('names what is wrong with what is given', async () => {
    expect(await harness.do(test, { input: { destination: 'mixpanel' } })).toMatchObject({
      __typename: 'InputInvalid',
    });
    expect(await harness.do(test, { input: {} })).toMatchObject({ message: expect.stringContaining('got neither') });
  });

  it('is limited for each admin token', async () => {
    const answers = [];
    for (let count = 0; count < 31; count++) answers.push(await harness.do(test, { input: draft }));
    const [last] = answers.filter(({ __typename }) => __typename === 'CallsThrottled');
    expect(last).toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(last.retryAfterMs).toBeGreaterThan(0);
    expect(last.retryAfterMs).toBeLessThanOrEqual(2_000);
  });
});

describe('sendTestEvent', () => {
  const send = `mutation ($input: SendTestEventInput!) { sendTestEvent(input: $input) { __typename
    ... on SendTestEventPayload { eventTypeName eventId warning ${request} response { status body } }
    ... on TestEventFailed { outcome reason response { status body } }
    ... on TestEventNotSent { reason }
    ... on CallsThrottled { retryAfterMs }
    ... on Problem { message } } }`;
  const imported = { status: 200, headers: {}, body: '{"code":200,"num_records_imported":1,"status":"OK"}' };

  it('sends one marked sample, and counts it nowhere but in the audit log', async () => {
    const before = harness.asked.length;
    const accepting = harness.partner;
    harness.partner = () => imported;
    const answer = await harness.do(send, { input: { currentId: current, eventTypeName: open } });
    harness.partner = accepting;
    expect(answer).toMatchObject({
      __typename: 'SendTestEventPayload',
      eventTypeName: open,
      response: { status: 200, body: expect.stringContaining('num_records_imported') },
    });
    expect(harness.asked.length).toBe(before + 1);
    const [event] = JSON.parse(answer.request.body);
    expect(event.properties).toMatchObject({
      currents_test: true,
      distinct_id: 'currents-test-user',
      $insert_id: answer.eventId,
    });
    expect(JSON.stringify(answer)).not.toContain(secret);
    const [counts] =
      await harness.sql`select count(*)::int as deliveries from delivery where current_id = ${current.slice(4)}`;
    expect(counts).toEqual({ deliveries: 0 });
    const entries = await harness.sql`select target_id, succeeded from audit_entry where action = 'sendTestEvent'`;
    expect(entries).toEqual([{ target_id: current, succeeded: true }]);
  });

  it('answers why the destination, or the Current, did not accept it', async () => {
    const accepting = harness.partner;
    harness.partner = () => ({ status: 401, headers: {}, body: `{"code":401,"error":"no ${secret}"}` });
    const refused = await harness.do(send, { input: { currentId: current } });
    expect(refused).toMatchObject({ __typename: 'TestEventFailed', outcome: 'REFUSED', response: { status: 401 } });
    expect(JSON.stringify(refused)).not.toContain(secret);
    harness.partner = () => ({ status: 0, failure: 'timeout', detail: 'no answer' });
    expect(await harness.do(send, { input: { currentId: current } })).toMatchObject({
      outcome: 'UNREACHABLE',
      response: null,
    });
    harness.partner = accepting;
    const purchase = { currentId: current, eventTypeName: 'users.behaviors.Purchase' };
    expect(await harness.do(send, { input: purchase })).toMatchObject({ reason: 'not_selected' });
    const unknown = { currentId: current, eventTypeName: 'nothing' };
    expect(await harness.do(send, { input: unknown })).toMatchObject({ __typename: 'InputInvalid' });
  });

  it('is limited for each Current', async () => {
    const kinds = [];
    for (let count = 0; count < 21; count++)
      kinds.push((await harness.do(send, { input: { currentId: current } })).__typename);
    expect(kinds).toContain('CallsThrottled');
  });
});
