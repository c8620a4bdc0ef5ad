import { describeConnector, jsonAnswer } from '@currents/connector/conformance';
import { logbook } from './logbook.js';

describeConnector({
  connector: logbook,
  examples: new URL('./examples/', import.meta.url),
  settings: {
    valid: [{ host: 'logbook.example.com' }],
    invalid: [
      { field: 'host', value: {} },
      { field: 'host', value: { host: 'https://logbook.example.com/' } },
    ],
  },
  credentials: {
    valid: [{ token: 'lb_4f8a1c0e97d24b36' }],
    invalid: [{ field: 'token', value: { token: ' ' } }],
    secrets: ['token'],
  },
  answers: [
    { name: '200', answer: jsonAnswer(200, { kept: 3 }), then: 'delivered' },
    { name: '401', answer: jsonAnswer(401, { problem: 'unknown token' }), then: 'blocked' },
    { name: '422', answer: jsonAnswer(422, { problem: 'an entry is wrong' }), then: 'split' },
    { name: '429', answer: jsonAnswer(429, { problem: 'too fast' }, { 'retry-after': '5' }), then: 'deferred' },
  ],
  test: {
    passed: jsonAnswer(200, { kept: 0 }),
    refused: jsonAnswer(401, { problem: 'unknown token' }),
  },
});
