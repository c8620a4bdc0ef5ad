import { describeConnector, htmlAnswer, jsonAnswer, textAnswer } from '@currents/connector/conformance';
import { amplitude } from '@currents/connector-amplitude';

const key = '7c1f0e5a9b3d4826a1c0f7e2d5b48963';
const missing = 'Request missing required field';

describeConnector({
  connector: amplitude,
  sources: new URL('../', import.meta.url),
  examples: new URL('../examples/', import.meta.url),
  settings: {
    valid: [
      { region: 'us', profileUpdates: true },
      { region: 'eu', endpoint: 'httpapi', gzip: true, minIdLength: 5, nativeDeviceFields: true },
      {
        region: 'us',
        baseUrl: 'http://localhost:4020/relay/',
        requestBytes: 500_000,
        eventNames: { 'users.messages.email.Open': 'Mail opened' },
      },
    ],
    invalid: [
      { field: 'region', value: {} },
      { field: 'region', value: { region: 'in' } },
      { field: 'endpoint', value: { region: 'us', endpoint: 'identify' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'ftp://example.com' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://someone:secret@example.com' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://example.com/?key=1' } },
      { field: 'minIdLength', value: { region: 'us', minIdLength: 0 } },
      { field: 'requestBytes', value: { region: 'us', requestBytes: 20_000_001 } },
      { field: 'gzip', value: { region: 'us', gzip: 'yes' } },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.messages.email.Open': '' } } },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.messages.email.Open': '$identify' } } },
      {
        field: 'eventNames',
        value: { region: 'us', eventNames: { 'users.messages.email.Open': '[Amplitude] Revenue' } },
      },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.behaviors.CustomEvent': 'Anything' } } },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.nothing.Known': 'Anything' } } },
    ],
  },
  credentials: {
    valid: [{ apiKey: key }, { apiKey: key, secretKey: 'e2d5b489637c1f0e5a9b3d4826a1c0f7' }],
    invalid: [
      { field: 'apiKey', value: {} },
      { field: 'apiKey', value: { apiKey: '' } },
      { field: 'apiKey', value: { apiKey: 'two words' } },
      { field: 'apiKey', value: { apiKey: 'k'.repeat(129) } },
      { field: 'secretKey', value: { apiKey: key, secretKey: '"' } },
    ],
    secrets: ['apiKey', 'secretKey'],
  },
  answers: [
    {
      name: '200',
      answer: jsonAnswer(200, {
        code: 200,
        events_ingested: 3,
        payload_size_bytes: 900,
        server_upload_time: 1753776000000,
      }),
      then: 'delivered',
    },
    {
      name: '400, bad key echoed',
      answer: jsonAnswer(400, { code: 400, error: `Invalid API key: ${key}` }),
      then: 'blocked',
    },
    {
      name: '400, no key',
      answer: jsonAnswer(400, { code: 400, error: missing, missing_field: 'api_key' }),
      then: 'blocked',
    },
    { name: '400, unread', answer: jsonAnswer(400, { code: 400, error: 'Invalid event JSON' }), then: 'split' },
    { name: '400 of a proxy', answer: htmlAnswer(400), then: 'split' },
    {
      name: '400 that names one',
      answer: jsonAnswer(400, {
        code: 400,
        error: 'Invalid field values on some events',
        events_with_invalid_fields: { time: [1] },
      }),
      then: ['deferred', 'rejected', 'deferred'],
    },
    { name: '403', answer: jsonAnswer(403, { code: 403, error: 'Forbidden' }), then: 'split' },
    { name: '403 for one alone', answer: jsonAnswer(403, { code: 403, error: 'Forbidden' }), then: ['deferred'] },
    { name: '413', answer: jsonAnswer(413, { code: 413, error: 'Payload too large' }), then: 'split' },
    { name: '415', answer: textAnswer(415, ''), then: 'blocked' },
    { name: '429 for all', answer: jsonAnswer(429, { code: 429, error: 'Too many requests' }), then: 'deferred' },
  ],
  test: {
    passed: jsonAnswer(400, { code: 400, error: missing, missing_field: 'events' }),
    refused: jsonAnswer(400, { code: 400, error: `Invalid API key: ${key}` }),
  },
});
