import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runNode } from './programs.js';

const root = join(import.meta.dirname, '../../..');
const nxCommand = ['node_modules/nx/dist/bin/nx.js'];
const read = (path: string): any => JSON.parse(readFileSync(join(root, path), 'utf8'));

async function nx(...words: readonly string[]): Promise<any> {
  const { exitCode, output } = await runNode([...nxCommand, ...words, '--json']);
  expect(exitCode, output).toBe(0);
  return JSON.parse(output);
}

it('every nx package has exactly the version of nx', () => {
  const { packages } = read('package-lock.json');
  const versions = Object.entries<any>(packages)
    .filter(([path]) => /node_modules\/(nx|@nx\/[^/]+)$/.test(path))
    .map(([path, { version }]) => [path, version]);
  expect(versions.length).toBeGreaterThan(5);
  expect(versions).toEqual(versions.map(([path]) => [path, read('package.json').devDependencies.nx]));
  expect(read('package.json').devDependencies['@nx/eslint-plugin']).toBe(read('package.json').devDependencies.nx);
});

it('every project has a cached target for build, lint, typecheck and test, and tests run one target at a time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'currents-nx-'));
  const { exitCode, output } = await runNode([...nxCommand, 'graph', `--file=${join(folder, 'graph.json')}`]);
  expect(exitCode, output).toBe(0);
  const { graph } = JSON.parse(readFileSync(join(folder, 'graph.json'), 'utf8'));
  rmSync(folder, { recursive: true });
  const projects = Object.values<any>(graph.nodes).filter(({ data }) => data.root !== '.');
  expect(projects.length).toBeGreaterThan(7);
  for (const { data } of projects) {
    const { build, lint, typecheck, test } = data.targets;
    expect([build, lint, typecheck, test].map((target) => target?.cache)).toEqual([true, true, true, true]);
    expect(test.parallelism).toBe(false);
  }
}, 60_000);

it.each([
  ['packages/connector-mixpanel/src/map.ts', ['api', 'cli', 'connector-mixpanel', 'tools', 'worker']],
  ['tools/src/services/postgres.ts', ['api', 'cli', 'core', 'tools', 'worker']],
])(
  'a change of %s affects the tests of %j and of no other project',
  async (file, projects) => {
    const words = ['show', 'projects', '--affected', `--files=${file}`, '--withTarget=test'];
    expect((await nx(...words)).sort()).toEqual(projects.map((name) => `@currents/${name}`));
  },
  60_000,
);

it('the cache of tests with servers depends on those servers', async () => {
  const { files, environment } = await nx('show', 'target', 'inputs', 'core:test');
  expect(environment).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL']));
  expect(files).toEqual(expect.arrayContaining(['tools/src/testing/globalSetup.ts', 'vitest.config.mjs']));
  expect(files.filter((file: string) => file.startsWith('packages/connector-'))).toEqual([]);
}, 60_000);

it('nx leaves no daemon behind', () => {
  expect(existsSync(join(root, '.nx/workspace-data/project-graph.json'))).toBe(true);
  expect(existsSync(join(root, '.nx/workspace-data/d/server-process.json'))).toBe(false);
});
