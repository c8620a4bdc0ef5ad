import type { CohortImport, CohortRoute, Push } from '../cohortImport.js';
import type { CohortExample } from './cohortExamples.js';

/** A push at one of the connector's routes, as it may come one day. */
export interface BentPush {
  readonly route: CohortRoute;
  readonly push: Push;
}

const awkwardBodies = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '"text"',
  '7',
  '{"a":',
  '[1,2',
  '{"a":1}}',
  '\u0000',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
];
const awkwardHeaders: readonly Push['headers'][] = [
  {},
  { authorization: '' },
  { authorization: 'Basic' },
  { authorization: 'Basic !!!' },
  { authorization: 'Basic bm9jb2xvbg==' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer  ' },
  { authorization: 'Digest username="x"' },
];
const awkwardValues: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'text',
  '\u0000',
  '\ud800',
  'x'.repeat(5_000),
  [],
  [null, 1, {}, [], 'x'],
  {},
  { id: 1 },
];

export type RouteOf = (example: CohortExample) => CohortRoute;

/** The examples, and what strangers may send to the same places. */
export function strangePushes(
  cohortImport: CohortImport,
  examples: readonly CohortExample[],
  routeOf: RouteOf,
): BentPush[] {
  const strange = cohortImport.routes.flatMap((route) =>
    awkwardBodies.map((body) => ({ route, push: { path: {}, headers: {}, body } })),
  );
  const ofExamples = examples.flatMap((example) => {
    const route = routeOf(example);
    const pushes = [
      example.push,
      { ...example.push, path: {} },
      ...awkwardBodies.map((body) => ({ ...example.push, body })),
      ...awkwardHeaders.map((headers) => ({ ...example.push, headers })),
    ];
    return pushes.map((push) => ({ route, push }));
  });
  return [...strange, ...ofExamples];
}

/** The examples as a template, or a partner of another version, may bend them. */
export function bentPushes(examples: readonly CohortExample[], routeOf: RouteOf): BentPush[] {
  return examples.flatMap((example) =>
    bendings(example.push.body).map((body) => ({ route: routeOf(example), push: { ...example.push, body } })),
  );
}

/** The body with one value, at any place, replaced by another. */
function bendings(body: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  return placesIn(value).flatMap((place) =>
    awkwardValues.map((awkward) => JSON.stringify(replaced(value, place, awkward)) ?? ''),
  );
}

function placesIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    at,
    ...Object.entries(value)
      .slice(0, 8)
      .flatMap(([key, member]) => placesIn(member, [...at, key])),
  ];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...(value as unknown[])] as never)
    : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
