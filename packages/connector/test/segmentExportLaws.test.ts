import {
  answerAll,
  interpretAnswer,
  joinJson,
  toSendOutcome,
  toTestResult,
  type SegmentExport,
} from '@currents/connector';
import { jsonAnswer, segmentExportLaws } from '@currents/connector/conformance';
import { expect, it } from 'vitest';
import { z } from 'zod';

type Settings = { readonly list: string };
type Credentials = { readonly token: string };
type Entry = Readonly<Record<string, unknown>>;

const read = (answer: Parameters<typeof interpretAnswer>[0], say: (words: string) => string = () => 'hidden') =>
  toSendOutcome(
    interpretAnswer(
      answer,
      {
        label: 'List',
        refusals: { 401: { code: 'refused', advice: 'check it' } },
        isSuccess: ({ kept }) => kept === true,
      },
      say,
    ),
  );

/** A destination with lists of users. */
const lists: SegmentExport<Settings, Credentials, Entry> = {
  name: 'lists',
  label: 'Lists',
  settings: z.strictObject({ list: z.string().min(1).describe('The list.') }),
  credentials: z.strictObject({ token: z.string().min(1).describe('The token.') }),
  reasons: { no_external_id: 'Only external ids are taken.' },
  origins: () => ['https://lists.example.com'],
  objectOf: ({ list }) => ({ account: 'lists', name: list }),
  nameSetting: 'list',
  suggestName: () => 'segment',
  map: (member, isMember) =>
    'externalId' in member
      ? { payload: { id: member.externalId, isMember } }
      : { reject: 'no_external_id', detail: 'only external ids are taken' },
  limits: () => ({
    maxItems: 100,
    maxBytes: 1_000_000,
    wrapBytes: 2,
    maxConcurrentRequests: 1,
    requests: { limit: 1, periodMs: 1_000 },
    reversalMs: 0,
    maxTries: 1,
  }),
  async send(items, { http, credentials: { token } }) {
    const answer = await http.request({
      method: 'POST',
      url: 'https://lists.example.com/',
      headers: { authorization: `Bearer ${token}` },
      body: ['[', ...joinJson(items), ']'],
    });
    return answerAll(items, read(answer));
  },
  test: async ({ http }) =>
    toTestResult(read(await http.request({ method: 'POST', url: 'https://lists.example.com/' }))),
};

const lawsOf = (changes: Partial<typeof lists>) =>
  Object.values(
    segmentExportLaws({
      segmentExport: { ...lists, ...changes },
      settings: { valid: [{ list: 'buyers' }], invalid: [{ field: 'list', value: {} }] },
      credentials: {
        valid: [{ token: 'a-secret-token' }],
        invalid: [{ field: 'token', value: {} }],
        secrets: ['token'],
      },
      members: [{ externalId: 'a-known-user' }, { externalId: 'another-user' }],
      refused: [{ member: { deviceId: 'd' }, reason: 'no_external_id' }],
      answers: [{ name: '200', answer: jsonAnswer(200, { kept: true }), then: 'delivered' }],
      test: { passed: jsonAnswer(200, { kept: true }), refused: jsonAnswer(401, {}) },
    }),
  ).flat();

it('a destination that keeps the contract passes every law', async () => {
  for (const { prove } of lawsOf({})) await prove();
});

let calls = 0;
const breaches: readonly [how: string, law: string, changes: Partial<typeof lists>][] = [
  ['its name has capitals', 'is a lower-case word', { name: 'Lists' }],
  ['it names a path', 'are scheme and host', { origins: () => ['https://lists.example.com/path'] }],
  ['its object has no name', 'has a name and an account', { objectOf: () => ({ account: 'lists', name: '' }) }],
  ['it suggests a name with a blank', 'is suggested a name', { suggestName: (name) => `segment ${name}` }],
  [
    'its name is not the one in its setting',
    'has the name that is given',
    { objectOf: () => ({ account: 'lists', name: 'another' }) },
  ],
  ['it counts', 'is pure', { map: () => ({ payload: { call: calls++ } }) }],
  ['it tells no difference', 'tells a member from one who has left', { map: () => ({ payload: {} }) }],
  ['its reason is not listed', 'refuses a member for a listed reason', { reasons: {} }],
  ['it allows no request', 'numbers above zero', { limits: (given) => ({ ...lists.limits(given), maxItems: 0 }) }],
  [
    'it wraps more than it declares',
    'wrapped in at most',
    { limits: (given) => ({ ...lists.limits(given), wrapBytes: 1 }) },
  ],
  [
    'it answers for one only',
    'answers every item once',
    { send: async (items, to) => (await lists.send(items, to)).slice(0, 1) },
  ],
  [
    'it calls all delivered',
    'defers every change in an outage',
    { send: async (items, to) => (await lists.send(items, to)).map(({ id }) => ({ id, outcome: 'delivered' })) },
  ],
  [
    'it calls all delivered',
    'delivers nothing when the answer',
    { send: async (items, to) => (await lists.send(items, to)).map(({ id }) => ({ id, outcome: 'delivered' })) },
  ],
  [
    'it defers all',
    'interprets the answer',
    {
      send: async (items) =>
        items.map(({ id }) => ({ id, outcome: 'deferred', scope: 'current', code: 'later', detail: 'later' })),
    },
  ],
  [
    'it repeats the partner',
    'no detail repeats',
    {
      send: async (items, { http }) => {
        const answer = await http.request({ method: 'POST', url: 'https://lists.example.com/' });
        return answerAll(
          items,
          read(answer, (words) => words),
        );
      },
    },
  ],
  ['every test passes', 'reports refused credentials', { test: async () => ({ outcome: 'passed' }) }],
  [
    'every failure is a refusal',
    'distinguishes an outage',
    { test: async () => ({ outcome: 'refused', code: 'no', detail: 'no' }) },
  ],
];

it.each(breaches)('when %s, the law fails: %s', async (_, law, changes) => {
  const meant = lawsOf(changes).filter(({ name }) => name.includes(law));
  const proofs = await Promise.allSettled(meant.map(async (one) => one.prove()));
  expect(proofs.map(({ status }) => status)).toContain('rejected');
});
