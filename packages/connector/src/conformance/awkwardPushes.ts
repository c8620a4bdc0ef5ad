import type { CohortImport, CohortRoute, Push } from '../cohortImport.js';

/** A push to one of the connector's routes. */
interface RoutedPush {
  readonly route: CohortRoute;
  readonly push: Push;
}

const deepList = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
const awkwardBodies = [
  ...['', ' ', 'null', '[]', '{}', '"text"', '7'],
  ...['{"a":', '[1,2', '{"a":1}}', '\u0000', deepList],
];
const awkwardHeaders: readonly Push['headers'][] = [
  {},
  ...['', 'Basic', 'Basic !!!', 'Basic bm9jb2xvbg==', 'Bearer', 'Bearer  ', 'Digest username="x"'].map(
    (authorization) => ({ authorization }),
  ),
];
const awkwardValues: readonly unknown[] = [
  ...[undefined, null, true, -1, 1.5, 1e300],
  ...['', ' ', 'text', '\u0000', '\ud800', 'x'.repeat(5_000)],
  ...[[], [null, 1, {}, [], 'x'], {}, { id: 1 }],
];

/** The examples, and unrelated bodies and headers at the same routes. */
export function strangePushes({ routes }: CohortImport, examples: readonly RoutedPush[]): RoutedPush[] {
  const unrelated = routes.flatMap((route) =>
    awkwardBodies.map((body) => ({ route, push: { path: {}, headers: {}, body } })),
  );
  const fromExamples = examples.flatMap(({ route, push }) => [
    { route, push },
    { route, push: { ...push, path: {} } },
    ...awkwardBodies.map((body) => ({ route, push: { ...push, body } })),
    ...awkwardHeaders.map((headers) => ({ route, push: { ...push, headers } })),
  ]);
  return [...unrelated, ...fromExamples];
}

/** The examples with one value, at any place in the body, replaced by another. */
export function bentPushes(examples: readonly RoutedPush[]): RoutedPush[] {
  return examples.flatMap(({ route, push }) =>
    bentBodies(push.body).map((body) => ({ route, push: { ...push, body } })),
  );
}

function bentBodies(body: string): string[] {
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
  const members = Object.entries(value).slice(0, 8);
  return [at, ...members.flatMap(([key, member]) => placesIn(member, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...(value as unknown[])] as never)
    : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
