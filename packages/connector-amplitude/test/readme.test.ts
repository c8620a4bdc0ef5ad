import { readFileSync } from 'node:fs';
import { awkwardAnswers, itemsOf, jsonAnswer, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import type { HttpAnswer } from '@currents/connector';
import { amplitude } from '@currents/connector-amplitude';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const settings = amplitude.settings.parse({ region: 'us' });
const credentials = amplitude.credentials.parse({
  apiKey: '7c1f0e5a9b3d4826a1c0f7e2d5b48963',
  secretKey: 'e2d5b489637c1f0e5a9b3d4826a1c0f7',
});

const fieldsOf = (schema: z.ZodType): string[] => Object.keys(z.toJSONSchema(schema, { io: 'input' }).properties ?? {});
const row = (word: string): RegExp => new RegExp(`^\\| \`${word}\` +\\|`, 'm');

/** One response of each kind. */
const answers: readonly HttpAnswer[] = [
  ...Object.values(awkwardAnswers),
  jsonAnswer(400, { code: 400, error: 'Invalid API key: x' }),
  jsonAnswer(400, { code: 400, missing_field: 'api_key' }),
  jsonAnswer(400, { code: 400, events_with_missing_fields: { event_type: [0] } }),
  jsonAnswer(400, { code: 400, events_with_invalid_fields: { time: [0] } }),
  jsonAnswer(400, { code: 400, events_with_invalid_id_lengths: { user_id: [0] } }),
  jsonAnswer(400, { code: 400, silenced_events: [0] }),
  jsonAnswer(429, { code: 429, throttled_events: [0] }),
  jsonAnswer(429, { code: 429, exceeded_daily_quota_users: { x: 500_001 }, throttled_events: [0] }),
  textAnswer(403, ''),
  textAnswer(413, ''),
  textAnswer(415, ''),
];

async function codesOf(choices: object): Promise<Set<string>> {
  const to = { settings: { ...settings, ...choices }, credentials };
  const codes = new Set<string>();
  for (const answer of answers) {
    for (const result of await amplitude.send(itemsOf(amplitude, settings), { ...to, http: scriptedHttp(answer) })) {
      if ('code' in result) codes.add(result.code);
    }
  }
  return codes;
}

describe('the README', () => {
  it.each(fieldsOf(amplitude.settings))('explains the setting %s', (field) => expect(readme).toMatch(row(field)));

  it.each(fieldsOf(amplitude.credentials))('explains the credential %s', (field) => expect(readme).toMatch(row(field)));

  it.each(Object.keys(amplitude.reasons))('explains the reason %s', (reason) => expect(readme).toMatch(row(reason)));

  it('explains every code of a response', async () => {
    const codes = new Set([...(await codesOf({})), ...(await codesOf({ gzip: true }))]);
    expect(codes.size).toBeGreaterThan(20);
    const missing = [...codes].filter((code) => !readme.includes(`\`${code.replace(/^http_\d+$/, 'http_503')}\``));
    expect(missing).toEqual([]);
  });

  it.each([
    ['httpapi', '900 events (`httpapi`)'],
    ['batch', '30,000 events (`batch`) in 30 seconds'],
  ] as const)('describes the limits of %s', (endpoint, words) => {
    const limits = amplitude.rateLimit({ ...settings, endpoint });
    expect(readme).toContain(words);
    for (const { limit, periodMs, quota } of limits.budgets) {
      expect(words).toContain(limit.toLocaleString('en'));
      expect(periodMs).toBe(30_000);
      expect(readme).toContain(`Of ${quota?.limit.toLocaleString('en')} events a day`);
    }
    expect(readme.replaceAll('\n', ' ')).toContain(
      `${limits.maxEvents.toLocaleString('en')} events a request and ${limits.maxConcurrentRequests} requests at a time`,
    );
  });

  it('explains every type of result of a user lookup', () => {
    for (const type of [
      'UserProfile',
      'UserNotFound',
      'LookupNotAvailable',
      'LookupRefused',
      'LookupThrottled',
      'LookupFailed',
    ]) {
      expect(readme).toMatch(row(type));
    }
  });
});
