import { expect } from 'vitest';
import type { Member } from '../cohortImport.js';
import type { Item, SendOutcome } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import type { SegmentExport } from '../segmentExport.js';
import { awkwardAnswers, emptyPraise, outages } from './answers.js';
import { inputLaws } from './inputLaws.js';
import { deepFreeze, isCount, law, lawsFor, maxDetailLength, snakeCase, type Law } from './law.js';
import type { Inputs } from './options.js';
import { scriptedHttp } from './scriptedHttp.js';

export interface SegmentExportOptions<Settings, Credentials, Payload> {
  readonly segmentExport: SegmentExport<Settings, Credentials, Payload>;
  readonly settings: Inputs;
  /** `secrets` are the fields that must never be shown again. */
  readonly credentials: Inputs & { readonly secrets: readonly string[] };
  /** Members that the destination takes, of each kind that it takes; at least two. */
  readonly members: readonly Member[];
  /** Members that it does not take, with the reason. */
  readonly refused: readonly { readonly member: Member; readonly reason: string }[];
  /** What this destination answers to `send`, and the expected outcomes: one for all, or one for each of as many. */
  readonly answers: readonly {
    readonly name: string;
    readonly answer: HttpAnswer;
    readonly then: SendOutcome['outcome'] | readonly SendOutcome['outcome'][];
  }[];
  /** What this destination answers to `test`, with valid and with invalid credentials. */
  readonly test: { readonly passed: HttpAnswer; readonly refused: HttpAnswer };
}

/** Every law of a segment export, by the part of the contract it is about. */
export function segmentExportLaws<Settings, Credentials, Payload>(
  typed: SegmentExportOptions<Settings, Credentials, Payload>,
): Readonly<Record<string, readonly Law[]>> {
  const options = typed as unknown as SegmentExportOptions<unknown, unknown, unknown>;
  const { segmentExport, members, refused, answers, test } = options;
  const allSettings = options.settings.valid.map((value) => deepFreeze(segmentExport.settings.parse(value)));
  const settings = allSettings[0];
  const credentials = options.credentials.valid.map((value) => deepFreeze(segmentExport.credentials.parse(value)));
  const context = { settings, credentials: credentials[0] };
  const scripted = [
    ...Object.entries(awkwardAnswers),
    ...answers.map(({ name, answer }) => [name, answer] as const),
  ] as const;

  /** Items of `count` changes, in both directions. */
  function itemsOf(count: number, given = settings): Item<unknown>[] {
    return Array.from({ length: count }, (_, index) => {
      const member = members[index % members.length] as Member;
      const mapped = segmentExport.map(member, index % 3 !== 2, given);
      if (!('payload' in mapped)) throw new Error(`expected a payload of ${JSON.stringify(member)}`);
      return { id: String(index), payload: mapped.payload, json: JSON.stringify(mapped.payload) };
    });
  }

  async function sendTo(items: readonly Item<unknown>[], answer: HttpAnswer, to = context) {
    const http = scriptedHttp(answer);
    return { http, results: await segmentExport.send(items, { ...to, http }) };
  }

  return {
    'its name': [
      law('is a lower-case word to store, and there is a label to show', () => {
        expect(segmentExport.name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(segmentExport.label).toMatch(/\S/);
      }),
    ],
    'its origins': [
      law('are scheme and host, at least one for all settings', () => {
        for (const origin of [undefined, ...allSettings].flatMap((given) => segmentExport.origins(given)))
          expect(new URL(origin).origin).toBe(origin);
        for (const given of allSettings) expect(segmentExport.origins(given)).not.toEqual([]);
      }),
    ],
    settings: inputLaws(segmentExport.settings, options.settings),
    credentials: inputLaws(segmentExport.credentials, options.credentials),
    'its object': [
      law('is the same for the same settings, and has a name and an account', () => {
        for (const given of allSettings) {
          const object = segmentExport.objectOf(given);
          expect(object).toStrictEqual(segmentExport.objectOf(given));
          expect(object.name).toMatch(/\S/);
          expect(object.account).toMatch(/\S/);
        }
      }),
      law('is suggested a name for every name of a segment', () => {
        for (const name of ['Buyers', 'Käufer & Co. (2026)', '購入者', '—', 'x'.repeat(400)])
          expect(segmentExport.suggestName(name)).toMatch(/^\S{1,100}$/);
      }),
      law('has the name that is given in its setting, also a suggested one', () => {
        const name = segmentExport.suggestName('Buyers');
        const given: unknown = segmentExport.settings.parse({
          ...(settings as object),
          [segmentExport.nameSetting]: name,
        });
        expect(segmentExport.objectOf(given).name).toBe(name);
      }),
    ],
    map: [
      law('is pure, and tells a member from one who has left', () => {
        for (const given of allSettings) {
          for (const member of members) {
            const [entered, left] = [true, false].map((isMember) => segmentExport.map(member, isMember, given));
            expect(entered).toStrictEqual(segmentExport.map(deepFreeze(structuredClone(member)), true, given));
            expect(entered).toHaveProperty('payload');
            expect(left).toHaveProperty('payload');
            expect(left).not.toEqual(entered);
          }
        }
      }),
      ...lawsFor(
        refused.map(({ member, reason }) => [`${reason} ${JSON.stringify(member).slice(0, 40)}`, { member, reason }]),
        'refuses a member for a listed reason',
        ({ member, reason }) => {
          expect(Object.keys(segmentExport.reasons)).toContain(reason);
          expect(segmentExport.map(member, true, settings)).toMatchObject({ reject: reason });
        },
      ),
    ],
    limits: [
      law('are data: numbers above zero, the same in every call', () => {
        for (const given of allSettings) {
          const { requests, reversalMs, cost, ...numbers } = segmentExport.limits(given);
          for (const [name, value] of Object.entries({ ...numbers, ...requests }))
            expect(isCount(value), name).toBe(true);
          expect(Number.isInteger(reversalMs) && reversalMs >= 0).toBe(true);
          if (cost) expect(cost.unit).toMatch(/\S/);
          expect(segmentExport.limits(given)).toStrictEqual({
            requests,
            reversalMs,
            ...(cost && { cost }),
            ...numbers,
          });
        }
      }),
    ],
    send: [
      law(
        'sends every item as its JSON text, wrapped in at most the declared bytes, to a declared origin',
        async () => {
          for (const given of allSettings) {
            for (const count of [1, 2, 50]) {
              const items = itemsOf(count, given);
              const { http } = await sendTo(items, jsonless, { ...context, settings: given });
              const [{ url, body = '' }] = http.requests as [(typeof http.requests)[number]];
              expect(segmentExport.origins(given)).toContain(new URL(url).origin);
              for (const { json } of items) expect(body).toContain(json);
              const bytes = items.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
              const { wrapBytes } = segmentExport.limits(given);
              expect(Buffer.byteLength(body)).toBeLessThanOrEqual(wrapBytes + bytes + items.length - 1);
            }
          }
        },
      ),
      ...lawsFor(scripted, 'makes one request and answers every item once, by id', async (answer) => {
        for (const count of [1, 5]) {
          const items = itemsOf(count);
          const { http, results } = await sendTo(items, answer);
          expect(http.requests).toHaveLength(1);
          expect(results.map(({ id }) => id).toSorted()).toStrictEqual(items.map(({ id }) => id).toSorted());
          for (const result of results) {
            if (result.outcome === 'delivered') continue;
            expect(result.code).toMatch(snakeCase);
            expect(result.detail).toMatch(/\S/);
            expect(result.detail.length).toBeLessThanOrEqual(maxDetailLength);
          }
        }
      }),
      ...lawsFor(Object.entries(outages), 'defers every change in an outage', async (answer) => {
        const { results } = await sendTo(itemsOf(3), answer);
        expect(results.map(({ outcome }) => outcome)).toStrictEqual(['deferred', 'deferred', 'deferred']);
      }),
      ...lawsFor(Object.entries(emptyPraise), 'delivers nothing when the answer confirms nothing', async (answer) => {
        const { results } = await sendTo(itemsOf(3), answer);
        expect(results.filter(({ outcome }) => outcome === 'delivered')).toEqual([]);
      }),
      ...answers.map(({ name, answer, then }) =>
        law(`interprets the answer as expected: ${name}`, async () => {
          const items = itemsOf(typeof then === 'string' ? 3 : then.length);
          const { results } = await sendTo(items, answer);
          const outcomes = new Map(results.map(({ id, outcome }) => [id, outcome]));
          expect(items.map(({ id }) => outcomes.get(id))).toStrictEqual(
            typeof then === 'string' ? items.map(() => then) : then,
          );
        }),
      ),
    ],
    '8. secrets are used only in send and test': [
      ...lawsFor(scripted, 'no URL has a secret, and no detail repeats secrets or users', async (answer) => {
        for (const each of credentials) {
          const secrets = options.credentials.secrets
            .map((field) => (each as Readonly<Record<string, unknown>>)[field])
            .filter((value) => typeof value === 'string');
          expect(secrets.length).toBeGreaterThan(0);
          const items = itemsOf(3);
          const users = members.flatMap((member) => ('externalId' in member ? [member.externalId] : []));
          for (const word of [...secrets, ...users]) {
            const { http, results } = await sendTo(items, repeating(answer, word), { ...context, credentials: each });
            for (const secret of secrets) expect(decodeURIComponent(http.requests[0]?.url ?? '')).not.toContain(secret);
            expect(JSON.stringify(results)).not.toContain(word);
          }
        }
      }),
    ],
    test: [
      law('passes when the destination would accept members, and reports refused credentials', async () => {
        expect(await segmentExport.test({ ...context, http: scriptedHttp(test.passed) })).toStrictEqual({
          outcome: 'passed',
        });
        expect(await segmentExport.test({ ...context, http: scriptedHttp(test.refused) })).toMatchObject({
          outcome: 'refused',
        });
      }),
      ...lawsFor(Object.entries(outages), 'distinguishes an outage from a refusal', async (answer) =>
        expect(await segmentExport.test({ ...context, http: scriptedHttp(answer) })).toMatchObject({
          outcome: 'unreachable',
        }),
      ),
    ],
  };
}

const jsonless: HttpAnswer = { status: 429, headers: {}, body: '' };

/** The same answer, with the word after each of its texts. */
function repeating(answer: HttpAnswer, word: string): HttpAnswer {
  if ('failure' in answer) return { ...answer, detail: `${answer.detail} ${word}` };
  const body = answer.body.replaceAll(
    /"(message|type|error)":"([^"]*)"/g,
    (_, key: string, text: string) => `"${key}":${JSON.stringify(`${text} ${word}`)}`,
  );
  return { ...answer, body: body === answer.body && !body.startsWith('{') ? `${body} ${word}` : body };
}
