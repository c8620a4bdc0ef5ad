import { expect } from 'vitest';
import type { Item, SendResult } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, outages, textAnswer } from './answers.js';
import { itemsOf } from './items.js';
import type { Law } from './law.js';
import { scriptedHttp } from './scriptedHttp.js';
import type { ScriptedHttp } from './scriptedHttp.js';
import type { Subject } from './subject.js';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const LONGEST_DETAIL = 500;

export function sendLaws(subject: Subject): Law[] {
  const { connector, settings, options } = subject;
  const answers = [
    ...Object.entries(awkwardAnswers),
    ...options.answers.map(({ name, answer }) => [name, answer] as const),
  ];
  const budgets = connector.rateLimit(settings).budgets.map((budget) => budget.name);
  return [
    {
      name: 'carries every item as its JSON text, wrapped in at most the bytes that it declares',
      prove: () => proveCarriage(subject),
    },
    ...answers.map(([name, answer]) => ({
      name: `makes one request and answers every item once, by id: ${name}`,
      async prove() {
        for (const credentials of subject.credentials) {
          for (const count of [1, 5]) {
            const items = itemsOf(connector, settings, count);
            const { http, results } = await sendTo(subject, items, credentials, answer);
            expect(http.requests).toHaveLength(1);
            expect(results.map((result) => result.id).toSorted()).toStrictEqual(
              items.map((item) => item.id).toSorted(),
            );
            for (const result of results) expectWellFormed(result, budgets);
          }
        }
      },
    })),
    ...Object.entries(outages).map(([name, answer]) => ({
      name: `gives no event up and takes none for delivered in an outage: ${name}`,
      async prove() {
        const items = itemsOf(connector, settings);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        expect(results.map((result) => result.outcome)).toStrictEqual(items.map(() => 'deferred'));
      },
    })),
    ...options.answers.map(({ name, answer, then }) => ({
      name: `reads this answer as it is meant: ${name}`,
      async prove() {
        const items = itemsOf(connector, settings, typeof then === 'string' ? 3 : then.length);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        const outcomes = new Map(results.map((result) => [result.id, result.outcome]));
        const wanted = typeof then === 'string' ? items.map(() => then) : then;
        expect(items.map((item) => outcomes.get(item.id))).toStrictEqual(wanted);
      },
    })),
  ];
}

async function proveCarriage({ connector, allSettings, credentials: all }: Subject): Promise<void> {
  for (const settings of allSettings) {
    for (const credentials of all) {
      for (const count of [1, 2, 50]) {
        const items = itemsOf(connector, settings, count);
        const http = scriptedHttp(textAnswer(429, ''));
        await connector.send(items, { settings, credentials, http });
        const body = http.requests[0]?.body ?? '';
        for (const item of items) expect(body).toContain(item.json);
        const events = items.reduce((bytes, item) => bytes + Buffer.byteLength(item.json), 0);
        const { wrapBytes } = connector.rateLimit(settings);
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(wrapBytes + events + items.length - 1);
      }
    }
  }
}

/** One `send` against one answer. */
export async function sendTo(
  subject: Subject,
  items: readonly Item<unknown>[],
  credentials: unknown,
  answer: HttpAnswer,
): Promise<{ readonly http: ScriptedHttp; readonly results: readonly SendResult[] }> {
  const http = scriptedHttp(answer);
  const results = await subject.connector.send(items, { settings: subject.settings, credentials, http });
  return { http, results };
}

function expectWellFormed(result: SendResult, budgets: readonly string[]): void {
  if (result.outcome === 'delivered') return;
  expect(result.code).toMatch(SNAKE_CASE);
  expect(result.detail).not.toBe('');
  expect(result.detail.length).toBeLessThanOrEqual(LONGEST_DETAIL);
  if (result.outcome !== 'deferred') return;
  if (result.budget !== undefined) expect(budgets).toContain(result.budget);
  if (result.afterMs !== undefined) {
    expect(Number.isInteger(result.afterMs) && result.afterMs >= 0, `afterMs ${result.afterMs}`).toBe(true);
  }
}
