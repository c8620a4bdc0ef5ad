import { describeConnector, jsonAnswer } from '@currents/connector/conformance';
import { tidemark } from '../src/index.js';

describeConnector({
  connector: tidemark,
  sources: new URL('../', import.meta.url),
  examples: new URL('../examples/', import.meta.url),
  settings: {
    valid: [{ baseUrl: 'https://api.example.com' }],
    invalid: [{ field: 'baseUrl', value: {} }],
  },
  credentials: {
    valid: [{ apiKey: 'k-7c1e9a40d2b84f63' }],
    invalid: [{ field: 'apiKey', value: { apiKey: ' ' } }],
    secrets: ['apiKey'],
  },
  answers: [
    { name: '200', answer: jsonAnswer(200, { refused: [] }), then: 'delivered' },
    { name: '400', answer: jsonAnswer(400, { error: 'events: expected a list' }), then: 'split' },
    { name: '401', answer: jsonAnswer(401, { error: 'unknown key' }), then: 'blocked' },
    { name: '429', answer: jsonAnswer(429, { error: 'too many requests' }), then: 'deferred' },
  ],
  test: {
    passed: jsonAnswer(200, { refused: [] }),
    refused: jsonAnswer(401, { error: 'unknown key' }),
  },
});
