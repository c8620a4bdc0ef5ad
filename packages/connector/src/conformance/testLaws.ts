import { expect } from 'vitest';
import type { TestResult } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers, outages } from './answers.js';
import type { Law } from './law.js';
import { scriptedHttp } from './scriptedHttp.js';
import type { Subject } from './subject.js';

export function testLaws(subject: Subject): Law[] {
  const { passed, refused } = subject.options.test;
  return [
    {
      name: 'passes when the partner would take events',
      async prove() {
        expect(await testAgainst(subject, passed)).toStrictEqual({ outcome: 'passed' });
      },
    },
    {
      name: 'tells refused credentials',
      async prove() {
        expect(await testAgainst(subject, refused)).toMatchObject({ outcome: 'refused' });
      },
    },
    ...Object.entries(outages).map(([name, answer]) => ({
      name: `tells an outage from a refusal: ${name}`,
      async prove() {
        expect(await testAgainst(subject, answer)).toMatchObject({ outcome: 'unreachable' });
      },
    })),
    ...Object.entries(awkwardAnswers).map(([name, answer]) => ({
      name: `makes one request and has a word for every answer: ${name}`,
      async prove() {
        const result = await testAgainst(subject, answer);
        if (result.outcome === 'passed') return;
        expect(result.code).toMatch(/^[a-z][a-z0-9_]*$/);
        expect(result.detail).not.toBe('');
      },
    })),
  ];
}

async function testAgainst(subject: Subject, answer: HttpAnswer): Promise<TestResult> {
  const http = scriptedHttp(answer);
  const result = await subject.connector.test({
    settings: subject.settings,
    credentials: subject.credentials[0],
    http,
  });
  expect(http.requests).toHaveLength(1);
  return result;
}
