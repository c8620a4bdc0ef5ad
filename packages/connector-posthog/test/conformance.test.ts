import { describeConnector, htmlAnswer, jsonAnswer, textAnswer } from '@currents/connector/conformance';
import { posthog } from '@currents/connector-posthog';

const invalid = (field: string, value: unknown) => ({ field, value: { region: 'us', [field]: value } });

describeConnector({
  connector: posthog,
  sources: new URL('../', import.meta.url),
  examples: new URL('../examples/', import.meta.url),
  // PostHog, rust/capture/src/api.rs: {"status": "Ok"} for a request whose events are queued, without a count.
  confirmsBySuccess: true,
  settings: {
    valid: [
      { region: 'us' },
      { region: 'eu', gzip: false, requestBytes: 20_000_000, personProfiles: false, historicalMigration: true },
      {
        region: 'us',
        baseUrl: 'http://posthog.internal:8000/ingest/',
        eventNames: { 'users.messages.email.Open': 'email opened' },
        personProperties: ['email_address', 'campaign_name'],
      },
    ],
    invalid: [
      { field: 'region', value: {} },
      { field: 'region', value: { region: 'self_hosted' } },
      invalid('baseUrl', 'posthog'),
      invalid('baseUrl', 'https://someone:secret@example.com'),
      invalid('eventNames', { 'users.messages.email.Open': '$pageview' }),
      invalid('eventNames', { 'users.messages.email.Open': 'x'.repeat(201) }),
      invalid('eventNames', { 'users.behaviors.CustomEvent': 'Anything' }),
      invalid('personProfiles', 'no'),
      invalid('personProperties', 'email_address'),
      invalid('personProperties', ['']),
      invalid('historicalMigration', 1),
      invalid('requestBytes', 20_000_001),
      invalid('gzip', 'yes'),
    ],
  },
  credentials: {
    valid: [{ projectToken: 'phc_4f8a1c0e97d24b36aYx0q' }, { projectToken: 'a-token_of.another/form=' }],
    invalid: [
      { field: 'projectToken', value: {} },
      { field: 'projectToken', value: { projectToken: ' ' } },
      { field: 'projectToken', value: { projectToken: 'phx_personal' } },
      { field: 'projectToken', value: { projectToken: 'x'.repeat(65) } },
      { field: 'projectToken', value: { projectToken: 'phc_ünicode' } },
      { field: 'projectToken', value: { projectToken: '"phc_quoted"' } },
    ],
    secrets: ['projectToken'],
  },
  answers: [
    { name: '200', answer: jsonAnswer(200, { status: 'Ok' }), then: 'delivered' },
    { name: '200 of an older server', answer: jsonAnswer(200, { status: 1 }), then: 'delivered' },
    { name: '200 of a proxy', answer: htmlAnswer(200), then: 'deferred' },
    { name: '400', answer: textAnswer(400, 'event submitted without a distinct_id'), then: 'split' },
    { name: '401', answer: textAnswer(401, 'API key is not valid: personal_api_key'), then: 'blocked' },
    { name: '413', answer: textAnswer(413, 'payload too large'), then: 'split' },
    { name: '429', answer: textAnswer(429, 'rate limited', { 'retry-after': '9' }), then: 'deferred' },
    { name: '503', answer: textAnswer(503, 'transient error, please retry'), then: 'deferred' },
  ],
  test: {
    passed: textAnswer(400, 'request holds no event'),
    refused: textAnswer(401, 'API key is not valid: empty'),
  },
});
