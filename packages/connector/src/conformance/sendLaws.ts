import { expect } from 'vitest';
import type { SendResult, TestResult } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, emptyPraise, outages, textAnswer } from './answers.js';
import { itemsOf, routesOf } from './items.js';
import { law, lawsFor, maxDetailLength, snakeCase, type Law } from './law.js';
import type { ScriptedCase } from './options.js';
import { scriptedHttp } from './scriptedHttp.js';
import { sendTo, type Subject } from './subject.js';

export function sendLaws(subject: Subject): Law[] {
  const { connector, settings, options, routes } = subject;
  const budgets = connector.rateLimit(settings).budgets.map((budget) => budget.name);
  return [
    law('sends every item as its JSON text, wrapped in at most the declared bytes, to a declared origin', () =>
      proveBody(subject),
    ),
    ...lawsFor(subject.answers, 'makes one request and answers every item once, by id', async (answer) => {
      for (const credentials of subject.credentials) {
        for (const [route, count] of routes.flatMap((route) => [[route, 1] as const, [route, 5] as const])) {
          const items = itemsOf(connector, settings, count, route);
          const { http, results } = await sendTo(subject, items, credentials, answer);
          // A route may need credentials of another kind.
          if (route !== undefined && http.requests.length === 0) expectBlocked(results);
          else expect(http.requests).toHaveLength(1);
          expect(results.map(({ id }) => id).toSorted()).toStrictEqual(items.map(({ id }) => id).toSorted());
          for (const result of results) expectWellFormed(result, budgets);
        }
      }
    }),
    ...lawsFor(Object.entries(outages), 'defers every event in an outage', async (answer) => {
      for (const route of routes) {
        const items = itemsOf(connector, settings, 3, route);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        expect(results.map((result) => result.outcome)).toStrictEqual(items.map(() => 'deferred'));
      }
    }),
    ...lawsFor(
      Object.entries(emptyPraise),
      options.confirmsBySuccess
        ? 'delivers every event by a success that says nothing of them'
        : 'delivers nothing without a warning when the answer confirms no event',
      async (answer) => {
        const items = itemsOf(connector, settings);
        const { results } = await sendTo(subject, items, subject.credentials[0], answer);
        expect(silentIn(results)).toHaveLength(options.confirmsBySuccess ? items.length : 0);
      },
    ),
    ...Object.entries(options.routes ?? {}).flatMap(([route, { answers, confirmedBy = [] }]) => [
      ...lawsFor(
        Object.entries(emptyPraise),
        `delivers on the route ${route} without a warning only by what confirms events there`,
        async (answer) => {
          const items = itemsOf(connector, settings, 3, route);
          const { results } = await sendTo(subject, items, subject.credentials[0], answer);
          const isConfirmed = 'body' in answer && confirmedBy.some((body) => JSON.stringify(body) === answer.body);
          expect(silentIn(results)).toHaveLength(isConfirmed ? items.length : 0);
        },
      ),
      ...answers.map((scripted) => interpretationLaw(subject, scripted, route)),
    ]),
    law('blames the compression when a compressed request is answered with 415, and only then', async () => {
      for (const each of subject.allSettings) {
        const context = { settings: each, credentials: subject.credentials[0] };
        const isBlamed = (result: object): boolean => 'isCompressionRefused' in result;
        for (const route of routesOf(connector, each)) {
          const sending = scriptedHttp(textAnswer(415, ''));
          const results = await connector.send(itemsOf(connector, each, 3, route), { ...context, http: sending });
          expect(results.every(isBlamed)).toBe(sending.requests[0]?.gzip === true);
        }
        const testing = scriptedHttp(textAnswer(415, ''));
        const tested = await connector.test({ ...context, http: testing });
        expect(isBlamed(tested)).toBe(testing.requests[0]?.gzip === true);
      }
    }),
    ...options.answers.map((scripted) => interpretationLaw(subject, scripted)),
  ];
}

function interpretationLaw(subject: Subject, { name, answer, then }: ScriptedCase, route?: string): Law {
  const place = route === undefined ? '' : ` on the route ${route}`;
  return law(`interprets the answer as expected${place}: ${name}`, async () => {
    const count = typeof then === 'string' ? 3 : then.length;
    const items = itemsOf(subject.connector, subject.settings, count, route);
    const { results } = await sendTo(subject, items, subject.credentials[0], answer);
    const outcomes = new Map(results.map((result) => [result.id, result.outcome]));
    const expected = typeof then === 'string' ? items.map(() => then) : then;
    expect(items.map((item) => outcomes.get(item.id))).toStrictEqual(expected);
  });
}

async function proveBody({ connector, allSettings, credentials: all }: Subject): Promise<void> {
  for (const settings of allSettings) {
    const limits = connector.rateLimit(settings);
    for (const route of routesOf(connector, settings)) {
      const { wrapBytes, itemBytes = 0 } = { ...limits, ...(route !== undefined && limits.routes?.[route]) };
      for (const credentials of all) {
        for (const count of [1, 2, 50]) {
          const items = itemsOf(connector, settings, count, route);
          const http = scriptedHttp(textAnswer(429, ''));
          await connector.send(items, { settings, credentials, http });
          if (route !== undefined && http.requests.length === 0) continue;
          expect(connector.origins(settings)).toContain(new URL(http.requests[0]?.url ?? '').origin);
          const body = http.requests[0]?.body ?? '';
          // Members may be added to an item.
          for (const { json } of items) expect(body).toContain(itemBytes > 0 ? json.slice(1, -1) : json);
          const events = items.reduce((bytes, item) => bytes + Buffer.byteLength(item.json), 0);
          const added = wrapBytes + itemBytes * items.length + items.length - 1;
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(events + added);
        }
      }
    }
  }
}

function silentIn(results: readonly SendResult[]): readonly SendResult[] {
  return results.filter((result) => result.outcome === 'delivered' && !result.warning);
}

function expectBlocked(results: readonly SendResult[]): void {
  expect(results.filter(({ outcome }) => outcome !== 'blocked')).toStrictEqual([]);
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
