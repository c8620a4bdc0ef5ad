import { describeConnector, htmlAnswer, jsonAnswer } from '@currents/connector/conformance';
import { mixpanel } from '@currents/connector-mixpanel';

const failed = (records: readonly unknown[], imported: number) =>
  jsonAnswer(400, {
    code: 400,
    error: 'some data points in the request failed validation',
    failed_records: records,
    num_records_imported: imported,
    status: 'Bad Request',
  });

const time = {
  field: 'properties.time',
  message: "'properties.time' is invalid: must be specified as seconds since epoch",
};

describeConnector({
  connector: mixpanel,
  sources: new URL('../', import.meta.url),
  examples: new URL('../examples/', import.meta.url),
  settings: {
    valid: [
      { region: 'us', profileUpdates: true },
      { region: 'us' },
      { region: 'in', gzip: false, requestBytes: 10_000_000, rateShare: 0.25, unfitProperties: 'leave_out' },
      {
        region: 'eu',
        baseUrl: 'http://localhost:4010/mp/',
        eventNames: { 'users.messages.email.Open': 'Mail opened' },
      },
    ],
    invalid: [
      { field: 'region', value: {} },
      { field: 'region', value: { region: 'mars' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'mixpanel' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'ftp://example.com' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://someone:secret@example.com' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://:secret@example.com' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://example.com/?project_id=1' } },
      { field: 'baseUrl', value: { region: 'us', baseUrl: 'https://example.com/#import' } },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.messages.email.Open': ' ' } } },
      { field: 'eventNames', value: { region: 'us', eventNames: { 'users.messages.email.Open': '$identify' } } },
      { field: 'users.nothing.Known', value: { region: 'us', eventNames: { 'users.nothing.Known': 'Anything' } } },
      {
        field: 'users.behaviors.CustomEvent',
        value: { region: 'us', eventNames: { 'users.behaviors.CustomEvent': 'Anything' } },
      },
      { field: 'unfitProperties', value: { region: 'us', unfitProperties: 'ignore' } },
      { field: 'requestBytes', value: { region: 'us', requestBytes: 10_000_001 } },
      { field: 'requestBytes', value: { region: 'us', requestBytes: 1_000 } },
      { field: 'rateShare', value: { region: 'us', rateShare: 0 } },
      { field: 'gzip', value: { region: 'us', gzip: 'yes' } },
      { field: 'profileUpdates', value: { region: 'us', profileUpdates: 'yes' } },
    ],
  },
  credentials: {
    valid: [
      { kind: 'projectToken', token: '9f2c41d07be84a6f8c35e1a2d7460b9e' },
      {
        kind: 'serviceAccount',
        username: 'hub.4c1f9e.mp-service-account',
        secret: 'pW:7 sé¢ret/+=?&"x',
        projectId: '2790411',
      },
      { kind: 'apiSecret', apiSecret: '0c7de1f84b2a4f5a9d6e38b17f02c5aa' },
    ],
    invalid: [
      { field: 'kind', value: {} },
      { field: 'kind', value: { kind: 'password', password: 'x' } },
      { field: 'token', value: { kind: 'projectToken' } },
      { field: 'token', value: { kind: 'projectToken', token: ' ' } },
      { field: 'token', value: { kind: 'projectToken', token: 'with:colon' } },
      { field: 'token', value: { kind: 'projectToken', token: 'x'.repeat(129) } },
      { field: 'secret', value: { kind: 'serviceAccount', username: 'hub', projectId: '1' } },
      { field: 'projectId', value: { kind: 'serviceAccount', username: 'hub', secret: 'x' } },
      { field: 'projectId', value: { kind: 'serviceAccount', username: 'hub', secret: 'x', projectId: '1&strict=0' } },
      { field: 'apiSecret', value: { kind: 'apiSecret', token: 'x' } },
    ],
    secrets: ['token', 'username', 'secret', 'apiSecret'],
  },
  answers: [
    { name: '200', answer: jsonAnswer(200, { code: 200, num_records_imported: 3, status: 'OK' }), then: 'delivered' },
    { name: '200 of /track', answer: jsonAnswer(200, { status: 1 }), then: 'deferred' },
    {
      name: '400 that names one',
      answer: failed([{ index: 1, insert_id: '', ...time }], 2),
      then: ['delivered', 'rejected', 'delivered'],
    },
    { name: '400 without records', answer: failed(['identity events are not allowed'], 0), then: 'split' },
    { name: '400 of a proxy', answer: htmlAnswer(400), then: 'split' },
    {
      name: '401',
      answer: jsonAnswer(401, { code: 401, error: 'Invalid credentials', status: 'Unauthorized' }),
      then: 'blocked',
    },
    {
      name: '413',
      answer: jsonAnswer(413, { code: 413, error: 'request exceeds max limit of 2097152 bytes' }),
      then: 'split',
    },
    { name: '429', answer: jsonAnswer(429, { code: 429, error: 'Project exceeded rate limits.' }), then: 'deferred' },
  ],
  routes: {
    profiles: {
      // "`status`, with the value 1 on success" (Mixpanel, Set Property reference, verbose).
      confirmedBy: [{ status: 1 }],
      // A repeated $set sets the same.
      isIdempotent: true,
      answers: [
        { name: '200', answer: jsonAnswer(200, { status: 1, error: null }), then: 'delivered' },
        {
          name: '200 as of /import',
          answer: jsonAnswer(200, { code: 200, num_records_imported: 3, status: 'OK' }),
          then: 'delivered',
        },
        { name: '200 of a failure', answer: jsonAnswer(200, { status: 0, error: 'no' }), then: 'split' },
        {
          name: '200 that names one',
          answer: jsonAnswer(200, { status: 1, error: null, failed_records: [{ index: 1, field: '$set' }] }),
          then: ['delivered', 'rejected', 'delivered'],
        },
        {
          name: '400 that names one',
          answer: failed([{ index: 0, insert_id: '', field: '$distinct_id', message: 'is invalid' }], 2),
          then: ['rejected', 'delivered', 'delivered'],
        },
        { name: '400 without records', answer: failed(['no'], 0), then: 'split' },
        { name: '401', answer: jsonAnswer(401, { error: 'Unauthorized', status: 'error' }), then: 'blocked' },
        { name: '403', answer: jsonAnswer(403, { error: 'Forbidden', status: 'error' }), then: 'blocked' },
        { name: '413', answer: jsonAnswer(413, { code: 413, error: 'request exceeds max limit' }), then: 'split' },
        { name: '429', answer: jsonAnswer(429, { code: 429, error: 'rate limits' }), then: 'deferred' },
      ],
    },
  },
  test: {
    passed: jsonAnswer(400, { code: 400, error: 'invalid JSON', status: 'Bad Request' }),
    refused: jsonAnswer(401, { code: 401, error: 'Invalid credentials', status: 'Unauthorized' }),
  },
});
