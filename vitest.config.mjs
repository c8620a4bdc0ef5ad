import { readdirSync, readFileSync } from 'node:fs';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(parent).map((name) => `${parent}/${name}`));
// Not `module`, which names files that only bundlers can load: packages are loaded as Node loads them.
const nodeConditions = defaultServerConditions.filter((condition) => condition !== 'module');
const conditions = ['@currents/source', ...nodeConditions];

/** `npm run test:long` runs the tests that take minutes, `npm test` all others. */
const isLong = process.env['TEST_LONG'] === '1';
const long = '**/*.long.test.ts';

/** The tests of the package in this folder, under the package's name. Those of core, and of what uses it, get servers. */
function projectIn(folder) {
  const { name, dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const usesCore = name === '@currents/core' || '@currents/core' in dependencies;
  const globalSetup = usesCore ? ['tools/src/testing/globalSetup.ts'] : [];
  const include = [`${folder}/test/**/*${isLong ? '.long' : ''}.test.ts`];
  const exclude = isLong ? [] : [long];
  // Each thread loads a package once, not once for each of its files, which would take as long as many of the tests.
  return { extends: true, test: { name, include, exclude, globalSetup, isolate: false } };
}

export default defineConfig({
  // graphql ships twice, and its types know one another only within one copy: the one that Node gives type-graphql.
  resolve: { conditions, alias: { graphql: import.meta.resolve('graphql') } },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'threads',
    // One more than small machines have cores: many tests wait for programs, and those for a partner.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [...folders, 'tools'].map(projectIn),
  },
});
