import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSchema, findBreakingChanges } from 'graphql';
import { describe, expect, it } from 'vitest';
import { installRelease } from '../../src/release/installRelease.js';
import { lastKeptVersion } from '../../src/release/keptReleases.js';
import { findBreakingOpenApiChanges, type OpenApi } from '../../src/release/openApiChanges.js';
import { parsePlan, readVersionPlans } from '../../src/release/versionPlans.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { folderOf } = await installRelease(lastKeptVersion());
/** A file of the last release, for example `api/schema.graphql`. */
const readLast = (path: string): string => readFileSync(folderOf(path), 'utf8');
const plans = readVersionPlans(root);
/** Whether a version plan announces that those who use a release have to change something. */
const isBreakAnnounced = plans.some(({ bump }) => bump === 'major');

const graphqlChanges = (former: string, present: string): readonly string[] =>
  findBreakingChanges(buildSchema(former), buildSchema(present)).map(({ description }) => description);

describe.runIf(!isBreakAnnounced)(
  'without a version plan "hub: major", nothing breaks for clients of the last release',
  () => {
    it('of the GraphQL API', () => {
      expect(graphqlChanges(readLast('api/schema.graphql'), read('apps/api/schema.graphql'))).toEqual([]);
    });

    it('of the HTTP endpoints', () => {
      const [former, present] = [readLast('api/openapi.json'), read('apps/api/openapi.json')].map(
        (text) => JSON.parse(text) as OpenApi,
      );
      expect(findBreakingOpenApiChanges(former as OpenApi, present as OpenApi)).toEqual([]);
    });

    it.each(['schema', 'connector'])('that imports a name from @currents/%s', async (name) => {
      const namesIn = async (folder: string) =>
        Object.keys((await import(pathToFileURL(join(folder, 'dist/index.js')).href)) as object);
      const former = await namesIn(folderOf(name));
      expect(former.length).toBeGreaterThan(5);
      expect(await namesIn(join(root, 'packages', name))).toEqual(expect.arrayContaining(former));
    });
  },
);

it('a version plan says what has changed since the last release', () => {
  const watched = {
    'api/schema.graphql': 'apps/api/schema.graphql',
    'api/openapi.json': 'apps/api/openapi.json',
    'core/migrations/meta/_journal.json': 'packages/core/migrations/meta/_journal.json',
    'cli/dist/program.js': 'apps/cli/dist/program.js',
    'connector/dist/connector.js': 'packages/connector/dist/connector.js',
  };
  const changed = Object.entries(watched).filter(([kept, path]) => readLast(kept) !== read(path));
  if (changed.length > 0) expect(plans).not.toEqual([]);
});

describe('a version plan', () => {
  it('says what a change means, and has a line for the changelog', () => {
    expect(parsePlan('a.md', '---\nhub: minor\n---\n\nAdds a thing.\n')).toEqual({
      file: 'a.md',
      bump: 'minor',
      message: 'Adds a thing.',
    });
  });

  it.each([
    'hub: minor',
    '---\nhub: huge\n---\n\nA line.\n',
    '---\ncore: minor\n---\n\nA line.\n',
    '---\nhub: patch\n---\n',
  ])('is refused as %j', (text) => expect(() => parsePlan('a.md', text)).toThrow(/^a\.md: expected /));
});

describe('breaking changes of the GraphQL API', () => {
  const former =
    'enum State { LIVE PAUSED } input Filter { state: State } type Query { a(filter: Filter): String, b: Int! }';
  it.each([
    ['type Query { a: String, b: Int! }', 'filter'],
    [former.replace(' PAUSED', ''), 'PAUSED'],
    [former.replace('b: Int!', 'b: Int'), 'b'],
    [former.replace('state: State }', 'state: State, more: Int! }'), 'more'],
    [former.replace('a(filter: Filter): String,', ''), 'a'],
  ])('are found in %j', (present, name) => {
    expect(graphqlChanges(former, present).join()).toContain(name);
  });

  it('are no additions', () => {
    const present = former
      .replace('PAUSED', 'PAUSED BLOCKED')
      .replace('b: Int!', 'b: Int!, c: Int')
      .replace('state: State', 'state: State, more: Int');
    expect(graphqlChanges(former, present)).toEqual([]);
  });
});
