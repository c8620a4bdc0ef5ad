import { sampleOf } from '@currents/schema';
import { expect } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../http.js';
import { awkwardAnswers, textAnswer } from './answers.js';
import { itemsOf } from './items.js';
import type { Law } from './law.js';
import { scriptedHttp } from './scriptedHttp.js';
import { sendTo } from './sendLaws.js';
import { payloadOf } from './subject.js';
import type { Subject } from './subject.js';

/** The partner may repeat whatever it was told; the hub must not. */
export function secrecyLaws(subject: Subject): Law[] {
  const { options } = subject;
  const answers = [
    ...Object.entries(awkwardAnswers),
    ...options.answers.map(({ name, answer }) => [name, answer] as const),
  ];
  return [
    { name: 'no secret is written into a URL', prove: () => proveUrls(subject) },
    ...answers.map(([name, answer]) => ({
      name: `what the partner repeats of credentials or events reaches no detail: ${name}`,
      async prove() {
        for (const credentials of subject.credentials) await proveSilence(subject, credentials, answer);
      },
    })),
  ];
}

async function proveUrls(subject: Subject): Promise<void> {
  const { connector, settings } = subject;
  for (const credentials of subject.credentials) {
    const http = scriptedHttp(textAnswer(429, ''), textAnswer(429, ''));
    await connector.send(itemsOf(connector, settings), { settings, credentials, http });
    await connector.test({ settings, credentials, http });
    const urls = http.requests.map((request) => decodeURIComponent(request.url)).join(' ');
    for (const secret of secretsIn(subject, credentials)) expect(urls).not.toContain(secret);
  }
}

async function proveSilence(subject: Subject, credentials: unknown, answer: HttpAnswer): Promise<void> {
  const { connector, settings } = subject;
  const items = itemsOf(connector, settings);
  const { http } = await sendTo(subject, items, credentials, answer);
  const secrets = [...secretsIn(subject, credentials), ...schemesIn(http.requests)];
  expect(secrets.length, 'secrets among the credentials').toBeGreaterThan(0);
  for (const word of [...secrets, ...identities(subject)]) {
    const { results } = await sendTo(subject, items, credentials, repeating(answer, word));
    expect(textsIn(results)).not.toContain(word);
  }
  for (const word of secrets) {
    const result = await connector.test({ settings, credentials, http: scriptedHttp(repeating(answer, word)) });
    expect(textsIn(result)).not.toContain(word);
  }
}

/** All texts in a value, unescaped, so that a quotation mark in a secret hides nothing. */
function textsIn(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textsIn).join('\n');
}

function secretsIn({ options }: Subject, credentials: unknown): string[] {
  return options.credentials.secrets.flatMap((field) => {
    const value = (credentials as Readonly<Record<string, unknown>>)[field];
    return typeof value === 'string' ? [value] : [];
  });
}

/** What stands behind `Basic` or `Bearer`: a secret in other clothes. */
function schemesIn(requests: readonly HttpRequest[]): string[] {
  return requests.flatMap((request) =>
    Object.entries(request.headers ?? {})
      .filter(([name]) => name.toLowerCase() === 'authorization')
      .map(([, value]) => value.split(' ').at(-1) ?? value),
  );
}

/** Whom the first item is about, if its payload says so. */
function identities(subject: Subject): string[] {
  const type = subject.named[0];
  if (type === undefined) return [];
  const sample = sampleOf(type.name);
  const user = sample.user.external_user_id ?? '';
  return user !== '' && JSON.stringify(payloadOf(subject, sample)).includes(user) ? [user] : [];
}

/** The same answer, with the word behind everything it says. */
function repeating(answer: HttpAnswer, word: string): HttpAnswer {
  if ('failure' in answer) return { ...answer, detail: `${answer.detail} ${word}` };
  try {
    return { ...answer, body: JSON.stringify(withWord(JSON.parse(answer.body), word)) };
  } catch {
    return { ...answer, body: `${answer.body} ${word}` };
  }
}

function withWord(value: unknown, word: string): unknown {
  if (typeof value === 'string') return `${value} ${word}`;
  if (Array.isArray(value)) return value.map((member) => withWord(member, word));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withWord(member, word)]));
}
