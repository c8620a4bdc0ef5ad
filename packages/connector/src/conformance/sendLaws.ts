import { expect } from 'vitest';
import type { SendResult, TestResult } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, emptyPraise, outages, textAnswer } from './answers.js';
import { itemsOf } from './items.js';
import { law, lawsFor, maxDetailLength, snakeCase, type Law } from './law.js';
import { scriptedHttp } from './scriptedHttp.js';
import { sendTo, type Subject } from './subject.js';

export function sendLaws(subject: Subject): Law[] {
  const { connector, settings, options } = subject;
  const budgets = connector.rateLimit(settings).budgets.map((budget) => budget.name);
  return [
    law('sends every item as its JSON text, wrapped in at most the declared bytes, to a declared origin', () =>
      proveBody(subject),
    ),
    ...lawsFor(subject.answers, 'makes one request and answers every item once, by id', async (answer) => {
      for (const credentials of subject.credentials) {
        for (const count of [1, 5]) {
          const items = itemsOf(connector, settings, count);
          const { http, results } = await sendTo(subject, items, credentials, answer);
          expect(http.requests).toHaveLength(1);
          expect(results.map(({ id }) => id).toSorted()).toStrictEqual(items.map(({ id }) => id).toSorted());
          for (const result of results) expectWellFormed(result, budgets);
        }
      }
    }),
    ...lawsFor(Object.entries(outages), 'defers every event in an outage', async (answer) => {
      const items = itemsOf(connector, settings);
      const { results } = await sendTo(subject, items, subject.credentials[0], answer);
      expect(results.map((result) => result.outcome)).toStrictEqual(items.map(() => 'deferred'));
    }),
    ...lawsFor(
      Object.entries(emptyPraise),
      options.confirmsBySuccess
        ? 'delivers every event by a success that says nothing of them'
        : 'delivers nothing without a warning when the answer confirms no event',
      async (answer) => {
        const items = itemsOf(connector, settings);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        const silent = results.filter((result) => result.outcome === 'delivered' && !result.warning);
        expect(silent).toHaveLength(options.confirmsBySuccess ? items.length : 0);
      },
    ),
    law('blames the compression when a compressed request is answered with 415, and only then', async () => {
      for (const each of subject.allSettings) {
        const context = { settings: each, credentials: subject.credentials[0] };
        const [sending, testing] = [scriptedHttp(textAnswer(415, '')), scriptedHttp(textAnswer(415, ''))];
        const results = await connector.send(itemsOf(connector, each), { ...context, http: sending });
        const tested = await connector.test({ ...context, http: testing });
        const isBlamed = (result: object): boolean => 'isCompressionRefused' in result;
        expect(results.every(isBlamed)).toBe(sending.requests[0]?.gzip === true);
        expect(isBlamed(tested)).toBe(testing.requests[0]?.gzip === true);
      }
    }),
    ...options.answers.map(({ name, answer, then }) =>
      law(`interprets the answer as expected: ${name}`, async () => {
        const items = itemsOf(connector, settings, typeof then === 'string' ? 3 : then.length);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        const outcomes = new Map(results.map((result) => [result.id, result.outcome]));
        const expected = typeof then === 'string' ? items.map(() => then) : then;
        expect(items.map((item) => outcomes.get(item.id))).toStrictEqual(expected);
      }),
    ),
  ];
}

async function proveBody({ connector, allSettings, credentials: all }: Subject): Promise<void> {
  for (const settings of allSettings) {
    for (const credentials of all) {
      for (const count of [1, 2, 50]) {
        const items = itemsOf(connector, settings, count);
        const http = scriptedHttp(textAnswer(429, ''));
        await connector.send(items, { settings, credentials, http });
        expect(connector.origins(settings)).toContain(new URL(http.requests[0]?.url ?? '').origin);
        const body = http.requests[0]?.body ?? '';
        for (const item of items) expect(body).toContain(item.json);
        const events = items.reduce((bytes, item) => bytes + Buffer.byteLength(item.json), 0);
        const { wrapBytes } = connector.rateLimit(settings);
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(wrapBytes + events + items.length - 1);
      }
    }
  }
}

function expectWellFormed(result: SendResult, budgets: readonly string[]): void {
  if (result.outcome === 'delivered') {
    if (result.warning !== undefined) expect(result.warning).toMatch(/\S/);
    expect(result.warning?.length ?? 0).toBeLessThanOrEqual(maxDetailLength);
    return;
  }
  expect(result.code).toMatch(snakeCase);
  expect(result.detail).not.toBe('');
  expect(result.detail.length).toBeLessThanOrEqual(maxDetailLength);
  if (result.outcome !== 'deferred') return;
  if (result.budget !== undefined) expect(budgets).toContain(result.budget);
  const { afterMs = 0 } = result;
  expect(Number.isInteger(afterMs) && afterMs >= 0, `afterMs ${afterMs}`).toBe(true);
}

export function testLaws(subject: Subject): Law[] {
  const { passed, refused } = subject.options.test;
  return [
    law('passes when the partner would accept events', async () =>
      expect(await testAgainst(subject, passed)).toStrictEqual({ outcome: 'passed' }),
    ),
    law('reports refused credentials', async () =>
      expect(await testAgainst(subject, refused)).toMatchObject({ outcome: 'refused' }),
    ),
    ...lawsFor(Object.entries(outages), 'distinguishes an outage from a refusal', async (answer) =>
      expect(await testAgainst(subject, answer)).toMatchObject({ outcome: 'unreachable' }),
    ),
    ...lawsFor(Object.entries(awkwardAnswers), 'makes one request and reads every answer', async (answer) => {
      const result = await testAgainst(subject, answer);
      if (result.outcome === 'passed') return;
      expect(result.code).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(result.detail).not.toBe('');
    }),
  ];
}

async function testAgainst({ connector, settings, credentials }: Subject, answer: HttpAnswer): Promise<TestResult> {
  const http = scriptedHttp(answer);
  const result = await connector.test({ settings, credentials: credentials[0], http });
  expect(http.requests).toHaveLength(1);
  return result;
}
