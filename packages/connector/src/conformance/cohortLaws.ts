import { expect } from 'vitest';
import type { CohortChange, CohortImport, Member, ParsedPush, PushReply, PushResult } from '../cohortImport.js';
import { bentPushes, strangePushes } from './awkwardPushes.js';
import type { CohortExample } from './examples.js';
import { deepFreeze, isCount, law, maxDetailLength, snakeCase, type Law } from './law.js';

const pathPart = /^(?:[a-z][a-z0-9-]*|:[a-z][A-Za-z]*)$/;

const results: readonly PushResult[] = [
  { outcome: 'stored', cohorts: [{ id: 'c-1', listId: 'list_1' }] },
  { outcome: 'stored', cohorts: [] },
  { outcome: 'repeated', cohorts: [{ id: 'c-1', listId: 'list_1' }] },
  { outcome: 'unreadable', detail: 'the body is not JSON' },
  { outcome: 'unauthorised', detail: 'unknown key' },
  { outcome: 'unknown_cohort', detail: 'unknown cohort' },
  { outcome: 'too_large', detail: 'the body is too large' },
  { outcome: 'busy', detail: 'too many requests' },
  { outcome: 'unavailable', detail: 'the push could not be stored' },
];

/** Every law of cohort imports, for a connector's import and examples that use every one of its routes. */
export function cohortLaws(cohortImport: CohortImport, named: readonly CohortExample[]): Law[] {
  const { routes } = cohortImport;
  // The first law fails for an example without a route.
  const examples = named.flatMap((example) =>
    routes.filter(({ path }) => path === example.route).map((route) => ({ ...example, route })),
  );

  return [
    law('has a path and a description for every route', () => {
      const paths = routes.map(({ path }) => path);
      expect(new Set(paths).size).toBe(paths.length);
      for (const path of paths) for (const part of path.split('/')) expect(part).toMatch(pathPart);
      for (const { description } of routes) expect(description).toMatch(/\S \S/);
      expect([...new Set(named.map(({ route }) => route))].sort()).toStrictEqual([...paths].sort());
    }),
    ...examples.map(({ name, route, push, key, parsed }) =>
      law(`reads the example: ${name}`, () => {
        expect(route.readKey(route.keyIn === 'headers' ? { ...push, body: '' } : push)).toBe(key);
        expect(route.parse(push)).toStrictEqual(parsed);
      }),
    ),
    law('is pure: changes no push, and gives the same result for the same push', () => {
      for (const { route, push: original } of examples) {
        const [push, copy] = [deepFreeze(structuredClone(original)), structuredClone(original)];
        expect(route.parse(push)).toStrictEqual(route.parse(copy));
        expect(route.parse(push)).toStrictEqual(route.parse(push));
        for (const result of results) expect(route.reply(push, result)).toStrictEqual(route.reply(copy, result));
      }
    }),
    law('never throws, and returns only valid members, pages and times', () => {
      for (const { route, push } of [...strangePushes(cohortImport, examples), ...bentPushes(examples)]) {
        const keys = [route.readKey(push), route.readPartnerKey?.(push)];
        const isText = keys.every((key) => key === undefined || typeof key === 'string');
        const faults = [...(isText ? [] : ['a key that is not a string']), ...faultsIn(route.parse(push))];
        if (faults.length > 0) expect.fail(`${route.path}: ${faults.join(', ')} in ${push.body.slice(0, 500)}`);
      }
    }),
    law(
      'answers every result in JSON: 2xx for stored pushes only, 401 for a bad key, a status to repeat if it helps',
      () => {
        for (const { route, push } of strangePushes(cohortImport, examples)) {
          const isReadable = !('unreadable' in route.parse(push));
          for (const result of results) expectFitting(route.reply(push, result), result, isReadable);
        }
      },
    ),
    law('repeats neither keys nor members', () => {
      for (const { route, push, key } of examples) {
        const parsed = route.parse(push);
        const replies = results.map((result) => JSON.stringify(route.reply(push, result))).join('\n');
        expect(JSON.stringify(parsed)).not.toContain(key);
        for (const word of [key, ...('changes' in parsed ? parsed.changes.flatMap(idsIn) : [])])
          expect(replies).not.toContain(word);
      }
    }),
  ];
}

/** What is wrong with a parsed push. */
function faultsIn(parsed: ParsedPush): string[] {
  if ('unreadable' in parsed) {
    const { length } = parsed.unreadable.trim();
    return length > 0 && length <= maxDetailLength ? [] : [`a message of ${length} characters`];
  }
  const refused = Object.entries(parsed.refused).filter(
    ([reason, members]) => !snakeCase.test(reason) || !isCount(members),
  );
  return [
    ...parsed.changes.flatMap(faultsOf),
    ...refused.map(([reason, members]) => `${members} refused for "${reason}"`),
    ...(parsed.dedupeKey === '' ? ['an empty dedupeKey'] : []),
  ];
}

function faultsOf(change: CohortChange): string[] {
  const texts = [change.cohort.id, change.cohort.name ?? 'none', ...idsIn(change)];
  const session = 'session' in change ? change.session : undefined;
  const computedAtMs = 'computedAtMs' in change ? change.computedAtMs : undefined;
  const isSession =
    session === undefined ||
    (isStorable(session.id) && isCount(session.page) && isCount(session.pages) && session.page <= session.pages);
  return [
    ...texts.filter((text) => !isStorable(text)).map((text) => `an id or name ${JSON.stringify(text.slice(0, 50))}`),
    ...(isSession ? [] : ['a session']),
    ...(computedAtMs !== undefined && !Number.isSafeInteger(computedAtMs) ? [`a time ${computedAtMs}`] : []),
  ];
}

/** Whether a database stores the text unchanged. */
function isStorable(text: string): boolean {
  return text.trim() !== '' && text.isWellFormed() && !text.includes('\0') && text.length <= 1_000;
}

function idsIn(change: CohortChange): string[] {
  return 'members' in change ? change.members.flatMap(idsOf) : [];
}

function idsOf(member: Member): string[] {
  if ('externalId' in member) return [member.externalId];
  return 'deviceId' in member ? [member.deviceId] : [member.alias.name, member.alias.label];
}

function expectFitting({ status, headers, body }: PushReply, { outcome }: PushResult, isReadable: boolean): void {
  expect(() => JSON.parse(body) as unknown).not.toThrow();
  for (const value of Object.values(headers ?? {})) expect(value).toMatch(/^[\x20-\x7e]*$/);
  const isSuccess = status >= 200 && status < 300;
  if (outcome === 'stored' || outcome === 'repeated')
    return expect(isSuccess || status >= 500, `${outcome}: ${status}`).toBe(true);
  expect(isSuccess, `${outcome}: ${status}`).toBe(false);
  if (outcome === 'unauthorised' && isReadable) expect(status).toBe(401);
  if (outcome === 'busy' || outcome === 'unavailable') expect([423, 429, 500, 502, 503, 504]).toContain(status);
}
