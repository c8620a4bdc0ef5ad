import { describeConnector, jsonAnswer } from '@currents/connector/conformance';
import { clicks, routedToy } from './routedToy.js';

// A connector of which some payloads go to another endpoint meets every law, on both routes.
describeConnector({
  connector: routedToy,
  examples: new URL('./toy/examples/', import.meta.url),
  settings: {
    valid: [{ host: 'logbook.example.com' }],
    invalid: [{ field: 'host', value: {} }],
  },
  credentials: {
    valid: [{ token: 'lb_4f8a1c0e97d24b36' }],
    invalid: [{ field: 'token', value: {} }],
    secrets: ['token'],
  },
  answers: [{ name: '200', answer: jsonAnswer(200, { kept: 3 }), then: 'delivered' }],
  routes: { clicks },
  test: { passed: jsonAnswer(200, { kept: 0 }), refused: jsonAnswer(401, { problem: 'unknown token' }) },
});
