import { describeConnector, jsonAnswer, textAnswer } from '@currents/connector/conformance';
import { http } from '@currents/connector-http';

const url = 'https://collector.example.com/events';
const invalid = (field: string, value: unknown) => ({ field, value: { url, [field]: value } });

describeConnector({
  connector: http,
  sources: new URL('../', import.meta.url),
  examples: new URL('../examples/', import.meta.url),
  // Braze, Custom Currents Export: any 2xx means that the events are not sent again.
  confirmsBySuccess: true,
  settings: {
    valid: [
      { url },
      { url: 'https://example.com?team=a@example.com' },
      { url: 'https://[2001:db8::7]:8443/users//@/events?key=a%20b' },
      {
        url: 'http://localhost:4010/v1/events?app_group=shop',
        gzip: true,
        tokenHeader: 'X-Api-Key',
        headers: { 'X-Tenant': 'shop 7', 'x-api-key': 'overridden' },
        deliveredStatuses: '200, 202,409',
        refusedStatuses: '',
        blockedStatuses: '3xx,401',
        eventsPerRequest: 5_000,
        requestBytes: 20_000_000,
        requestsAtOnce: 20,
      },
    ],
    invalid: [
      { field: 'url', value: {} },
      invalid('url', 'collector'),
      invalid('url', 'ftp://example.com'),
      invalid('url', 'https://someone:secret@example.com/events'),
      invalid('url', 'https:someone:secret@example.com/events'),
      invalid('url', 'https:\\\\someone:secret@example.com/events'),
      invalid('url', 'https://example.com/events#here'),
      invalid('url', 'https://example.com/events#'),
      invalid('url', 'https://example.com/ev ents'),
      invalid('tokenHeader', 'content-type'),
      invalid('tokenHeader', 'x api key'),
      invalid('headers', { host: 'elsewhere.example.com' }),
      invalid('headers', { 'Content-Length': '0' }),
      invalid('headers', { 'Webhook-Signature': 'v1,x' }),
      invalid('headers', { 'x-tenant': 'a\r\nx-other: b' }),
      invalid('deliveredStatuses', '200;201'),
      invalid('deliveredStatuses', '200,'),
      invalid('deliveredStatuses', ''),
      invalid('deliveredStatuses', '1xx, 102'),
      invalid('refusedStatuses', '600'),
      invalid('blockedStatuses', '4x'),
      invalid('eventsPerRequest', 0),
      invalid('requestBytes', 1_000),
      invalid('requestsAtOnce', 51),
    ],
  },
  credentials: {
    valid: [
      { token: 'cur_ingest_4f8a1c0e97d24b36' },
      { token: 'mF_9.B5f-4.1JqM~+/=', signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      {},
    ],
    invalid: [
      { field: 'token', value: { token: ' ' } },
      { field: 'token', value: { token: 'two words' } },
      { field: 'token', value: { token: 'a\nb' } },
      { field: 'signingSecret', value: { signingSecret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' } },
      { field: 'signingSecret', value: { signingSecret: 'whsec_short' } },
    ],
    secrets: ['token', 'signingSecret'],
  },
  answers: [
    { name: '200 of another hub', answer: jsonAnswer(200, { accepted: 3, quarantined: 0 }), then: 'delivered' },
    { name: '202 without a body', answer: textAnswer(202, ''), then: 'delivered' },
    { name: '400', answer: jsonAnswer(400, { error: 'expected events' }), then: 'split' },
    { name: '413', answer: textAnswer(413, 'too large'), then: 'split' },
    { name: '422', answer: jsonAnswer(422, { message: 'an event is wrong' }), then: 'split' },
    { name: '401', answer: jsonAnswer(401, { error: 'unknown token' }), then: 'blocked' },
    { name: '404', answer: textAnswer(404, 'not found'), then: 'blocked' },
    { name: '410', answer: textAnswer(410, 'gone'), then: 'blocked' },
    { name: '302', answer: textAnswer(302, '', { location: 'https://elsewhere.example/' }), then: 'blocked' },
    { name: '409', answer: textAnswer(409, 'had them before'), then: 'deferred' },
    { name: '429', answer: textAnswer(429, '', { 'retry-after': '7' }), then: 'deferred' },
  ],
  test: {
    passed: jsonAnswer(200, { accepted: 0, quarantined: 0 }),
    refused: jsonAnswer(401, { error: 'unknown token' }),
  },
});
