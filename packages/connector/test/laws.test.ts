import { jsonAnswer } from '@currents/connector/conformance';
import { describe, expect, it } from 'vitest';
import { lawsOf } from '../src/conformance/describe.js';
import { breaches } from './breaches.js';
import { logbook } from './toy/logbook.js';

describe('the laws for connectors', () => {
  it.each(breaches)(
    'fail for a connector that breaks "$law": $how',
    async ({ law, changes, settings, confirmsBySuccess = false, routes = {} }) => {
      const laws = lawsOf({
        connector: { ...logbook, ...changes },
        confirmsBySuccess,
        routes,
        examples: new URL('./toy/examples/', import.meta.url),
        settings: { valid: [settings ?? { host: 'logbook.example.com' }], invalid: [{ field: 'host', value: {} }] },
        credentials: {
          valid: [{ token: 'lb_4f8a1c0e97d24b36' }],
          invalid: [{ field: 'token', value: {} }],
          secrets: ['token'],
        },
        answers: [
          { name: '200', answer: jsonAnswer(200, { kept: 3 }), then: 'delivered' },
          { name: '401', answer: jsonAnswer(401, { problem: 'unknown token' }), then: 'blocked' },
          { name: '422', answer: jsonAnswer(422, { problem: 'an entry is wrong' }), then: 'split' },
        ],
        test: { passed: jsonAnswer(200, { kept: 0 }), refused: jsonAnswer(401, { problem: 'unknown token' }) },
      });
      const meant = Object.values(laws)
        .flat()
        .filter(({ name }) => name.includes(law));
      const proofs = await Promise.allSettled(meant.map(async (one) => one.prove()));
      expect(proofs.map((proof) => proof.status)).toContain('rejected');
    },
  );
});
