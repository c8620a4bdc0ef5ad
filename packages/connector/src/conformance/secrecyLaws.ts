import { sampleOf } from '@currents/schema';
import { expect } from 'vitest';
import type { Item } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { textAnswer } from './answers.js';
import { itemsOf } from './items.js';
import { law, lawsFor, type Law } from './law.js';
import { scriptedHttp, type ScriptedHttp } from './scriptedHttp.js';
import { sendTo, type Subject } from './subject.js';

/** A partner may repeat what was sent; the hub must not. */
export function secrecyLaws(subject: Subject): Law[] {
  return [
    law('credentials with secrets are among the valid ones', () =>
      expect(subject.credentials.flatMap((credentials) => secretsIn(subject, credentials))).not.toEqual([]),
    ),
    law('no secret is written into a URL', () => proveUrls(subject)),
    ...lawsFor(subject.answers, 'no detail repeats credentials or events that the partner repeats', async (answer) => {
      for (const credentials of subject.credentials) await proveDetails(subject, credentials, answer);
    }),
  ];
}

async function proveUrls(subject: Subject): Promise<void> {
  const { connector, settings, routes } = subject;
  for (const credentials of subject.credentials) {
    const http = scriptedHttp(textAnswer(429, ''), ...routes.map(() => textAnswer(429, '')));
    for (const route of routes)
      await connector.send(itemsOf(connector, settings, 3, route), { settings, credentials, http });
    await connector.test({ settings, credentials, http });
    const urls = http.requests.map((request) => decodeURIComponent(request.url)).join(' ');
    for (const secret of secretsIn(subject, credentials)) expect(urls).not.toContain(secret);
  }
}

async function proveDetails(subject: Subject, credentials: unknown, answer: HttpAnswer): Promise<void> {
  const { connector, settings } = subject;
  const secrets = secretsIn(subject, credentials);
  for (const route of subject.routes) {
    const items = itemsOf(connector, settings, 3, route);
    const { http } = await sendTo(subject, items, credentials, answer);
    secrets.push(...authorizationsIn(http));
    for (const word of [...secrets, ...identities(subject, items)]) {
      const { results } = await sendTo(subject, items, credentials, repeating(answer, word));
      expect(textsIn(results)).not.toContain(word);
    }
  }
  for (const word of secrets) {
    const result = await connector.test({ settings, credentials, http: scriptedHttp(repeating(answer, word)) });
    expect(textsIn(result)).not.toContain(word);
  }
}

/** All texts in a value, unescaped: a quotation mark in a secret must not hide it. */
function textsIn(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textsIn).join('\n');
}

function secretsIn({ options }: Subject, credentials: unknown): string[] {
  const values = options.credentials.secrets.map((field) => (credentials as Readonly<Record<string, unknown>>)[field]);
  return values.filter((value) => typeof value === 'string');
}

/** What follows `Basic` or `Bearer`: a secret in another encoding. */
function authorizationsIn({ requests }: ScriptedHttp): string[] {
  return requests.flatMap((request) =>
    Object.entries(request.headers ?? {})
      .filter(([name]) => name.toLowerCase() === 'authorization')
      .map(([, value]) => value.split(' ').at(-1) ?? value),
  );
}

/** The users of the samples whose ids the payload of the first item contains. */
function identities({ named }: Subject, [first]: readonly Item<unknown>[]): string[] {
  const users = new Set(named.map(({ name }) => sampleOf(name).user.external_user_id ?? ''));
  return [...users].filter((user) => user !== '' && first?.json.includes(user));
}

/** The same answer, with the word after each of its texts. */
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
