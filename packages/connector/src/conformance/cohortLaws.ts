import { expect } from 'vitest';
import type { CohortChange, CohortImport, Member, ParsedPush, PushReply, PushResult } from '../cohortImport.js';
import { bentPushes, strangePushes } from './awkwardPushes.js';
import type { RouteOf } from './awkwardPushes.js';
import type { CohortExample } from './cohortExamples.js';
import { deepFreeze } from './freeze.js';
import type { Law } from './law.js';

const PART = /^(?:[a-z][a-z0-9-]*|:[a-z][A-Za-z]*)$/;
const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const LONGEST_COMPLAINT = 500;

const results: readonly PushResult[] = [
  { outcome: 'stored', cohorts: [{ id: 'c-1', listId: 'list_1' }] },
  { outcome: 'stored', cohorts: [] },
  { outcome: 'repeated', cohorts: [{ id: 'c-1', listId: 'list_1' }] },
  { outcome: 'unreadable', detail: 'no good' },
  { outcome: 'unauthorised', detail: 'this key is not known' },
  { outcome: 'unknown_cohort', detail: 'there is no such cohort' },
  { outcome: 'too_large', detail: 'too much at once' },
  { outcome: 'busy', detail: 'not at this moment' },
  { outcome: 'unavailable', detail: 'it could not be stored' },
];

/** Every law of the way in, for a connector's import and examples that use every one of its routes. */
export function cohortLaws(cohortImport: CohortImport, examples: readonly CohortExample[]): Law[] {
  const routeOf: RouteOf = (example) => {
    const route = cohortImport.routes.find(({ path }) => path === example.route);
    if (route === undefined) throw new Error(`${example.name}: no route ${example.route}`);
    return route;
  };

  return [
    {
      name: 'has a place for every way to push, and says what an admin has to do',
      prove() {
        const paths = cohortImport.routes.map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) for (const part of path.split('/')) expect(part).toMatch(PART);
        for (const { description } of cohortImport.routes) expect(description).toMatch(/\S \S/);
        expect([...new Set(examples.map(({ route }) => route))].sort()).toStrictEqual([...paths].sort());
      },
    },
    ...examples.map((example) => ({
      name: `reads the example: ${example.name}`,
      prove() {
        expect(routeOf(example).readKey(example.push)).toBe(example.key);
        expect(routeOf(example).parse(example.push)).toStrictEqual(example.parsed);
      },
    })),
    {
      name: 'is pure: writes to nothing, and says the same of the same push',
      prove() {
        for (const example of examples) {
          const [push, copy] = [deepFreeze(structuredClone(example.push)), structuredClone(example.push)];
          expect(routeOf(example).parse(push)).toStrictEqual(routeOf(example).parse(copy));
          expect(routeOf(example).parse(push)).toStrictEqual(routeOf(example).parse(push));
          for (const result of results)
            expect(routeOf(example).reply(push, result)).toStrictEqual(routeOf(example).reply(copy, result));
        }
      },
    },
    {
      name: 'throws at nothing, and lets through nothing that is no member, page or time',
      prove() {
        for (const { route, push } of [
          ...strangePushes(cohortImport, examples, routeOf),
          ...bentPushes(examples, routeOf),
        ]) {
          const keys = [route.readKey(push), route.readPartnerKey?.(push)];
          const faults = [
            ...keys.flatMap((key) => (key === undefined || typeof key === 'string' ? [] : ['a key that is no text'])),
            ...faultsIn(route.parse(push)),
          ];
          if (faults.length > 0) expect.fail(`${route.path}: ${faults.join(', ')} in ${push.body.slice(0, 500)}`);
        }
      },
    },
    {
      name: 'answers every result, in JSON: a success when it is one, 401 for a bad key, and what the partner repeats when that helps',
      prove() {
        for (const { route, push } of strangePushes(cohortImport, examples, routeOf)) {
          const isReadable = !('unreadable' in route.parse(push));
          for (const result of results) expectFitting(route.reply(push, result), result, isReadable);
        }
      },
    },
    {
      name: 'repeats neither keys nor members',
      prove() {
        for (const example of examples) {
          const route = routeOf(example);
          const parsed = route.parse(example.push);
          const said = results.map((result) => JSON.stringify(route.reply(example.push, result))).join('\n');
          expect(JSON.stringify(parsed)).not.toContain(example.key);
          for (const word of [example.key, ...('changes' in parsed ? parsed.changes.flatMap(idsIn) : [])])
            expect(said).not.toContain(word);
        }
      },
    },
  ];
}

/** What is wrong with a parsed push, whatever the push was. */
function faultsIn(parsed: ParsedPush): string[] {
  if ('unreadable' in parsed) {
    const { length } = parsed.unreadable.trim();
    return length > 0 && length <= LONGEST_COMPLAINT ? [] : [`a complaint of ${length} characters`];
  }
  const refused = Object.entries(parsed.refused).filter(
    ([reason, members]) => !SNAKE_CASE.test(reason) || !isCount(members),
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
  return [
    ...texts.filter((text) => !isStorable(text)).map((text) => `an id or name ${JSON.stringify(text.slice(0, 50))}`),
    ...(session &&
    !(isStorable(session.id) && isCount(session.page) && isCount(session.pages) && session.page <= session.pages)
      ? ['a session']
      : []),
    ...(computedAtMs !== undefined && !Number.isSafeInteger(computedAtMs) ? [`a time ${computedAtMs}`] : []),
  ];
}

/** Something that a database keeps as it is. */
function isStorable(text: string): boolean {
  return text.trim() !== '' && text.isWellFormed() && !text.includes('\0') && text.length <= 1_000;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1;
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
