import { sampleOf } from '@currents/schema';
import { expect } from 'vitest';
import { signatureHeaders } from '../http.js';
import { hiddenValue } from '../placeholderCredentials.js';
import { recordRequest } from '../recordRequest.js';
import { testMark } from '../testMark.js';
import { textAnswer } from './answers.js';
import { itemsOf } from './items.js';
import { law, type Law } from './law.js';
import { payloadOf, sendTo, type Subject } from './subject.js';

/** A preview shows the request that is sent, without its secrets. */
export function previewLaws(subject: Subject): Law[] {
  const { connector, options, settings, named } = subject;
  return [
    law('makes the same request with placeholders in place of the credentials, all but those', async () => {
      for (const [credentials, route] of subject.credentials.flatMap((each) =>
        subject.routes.map((route) => [each, route] as const),
      )) {
        const items = itemsOf(connector, settings, 3, route);
        const { http } = await sendTo(subject, items, credentials, textAnswer(429, ''));
        const recorded = await recordRequest(connector, items, { settings, credentials });
        const [sent] = http.requests;
        expect(recorded === undefined).toBe(sent === undefined);
        if (sent === undefined && route !== undefined) continue;
        const hide = (text: string): string => withoutCredentials(text, credentials);
        expect(hide(recorded?.body ?? '')).toBe(hide(sent?.body ?? ''));
        expect(hide(recorded?.url ?? '')).toBe(hide(sent?.url ?? ''));
        expect(recorded).toMatchObject({ method: sent?.method, isCompressed: sent?.gzip ?? false });
        const signed = sent?.signature ? signatureHeaders : [];
        expect(Object.keys(recorded?.headers ?? {})).toEqual([...Object.keys(sent?.headers ?? {}), ...signed]);
        for (const field of options.credentials.secrets) {
          const secret = (credentials as Readonly<Record<string, unknown>>)[field];
          if (typeof secret === 'string') expect(JSON.stringify(recorded)).not.toContain(secret);
        }
      }
    }),
    law('makes a request to a declared origin without any credentials', async () => {
      const recorded = await recordRequest(connector, itemsOf(connector, settings), { settings });
      expect(connector.origins(settings)).toContain(new URL(recorded?.url ?? '').origin);
    }),
    law(`passes on the mark of a test event, ${testMark}`, () => {
      for (const type of named) {
        const sample = sampleOf(type.name);
        const marked = { ...sample, properties: { ...sample.properties, [testMark]: true } };
        expect(JSON.stringify(payloadOf(subject, marked)), type.name).toContain(`"${testMark}":true`);
      }
    }),
  ];
}

/** The text with the placeholder in place of each value of the credentials. */
function withoutCredentials(text: string, credentials: unknown): string {
  const values = Object.values(credentials as Readonly<Record<string, unknown>>).filter(
    (value): value is string => typeof value === 'string',
  );
  return values.reduce((hidden, value) => hidden.replaceAll(value, hiddenValue), text);
}
