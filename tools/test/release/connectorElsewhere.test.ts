import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { npm } from '../../src/release/npm.js';
import { packPackages } from '../../src/release/packPackages.js';
import { readManifest, releasedWorkspaces } from '../../src/release/workspaces.js';

/** A folder outside of the repository, in which someone writes a connector with the packed packages. */

const root = join(import.meta.dirname, '../../..');
const modules = join(root, 'node_modules');
const folder = mkdtempSync(join(tmpdir(), 'currents-elsewhere-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(path: string, ...words: readonly string[]): { readonly status: number | null; readonly output: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS)/.test(name)));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(modules, path), ...words], {
    cwd: folder,
    env: { ...env, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

beforeAll(() => {
  const { version } = readManifest(root);
  const published = releasedWorkspaces(root).filter(({ manifest }) => /\/(schema|connector)$/.test(manifest.name));
  const packed = packPackages(root, { version }, join(folder, 'packed'), published);
  const files = packed.map(({ file }) => join('packed', file));
  // Their only dependency; packed as well, so that nothing is asked of a registry.
  npm(['pack', join(modules, 'zod'), '--pack-destination=packed'], folder);
  files.push(join('packed', `zod-${readManifest(join(modules, 'zod')).version}.tgz`));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'elsewhere', private: true, type: 'module' }));
  npm(['install', '--offline', '--no-audit', '--no-fund', ...files.map((file) => `./${file}`)], folder);
  for (const name of ['vitest', '@types/node']) {
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  }
  const compilerOptions = {
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'], exclude: ['src/*.test.ts'] }),
  );
  // The connector of the guide with its tests, and the one of the package's README.
  cpSync(join(root, 'packages/connector/test/toy'), join(folder, 'src'), { recursive: true });
  const readme = readFileSync(join(root, 'packages/connector/README.md'), 'utf8');
  writeFileSync(join(folder, 'src/example.ts'), /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '');
  // Without an error in its third line, the compiler reports its second.
  writeFileSync(
    join(folder, 'src/wrong.ts'),
    `import type { Connector } from '@currents/connector';
     // @ts-expect-error
     export const wrong: Connector['name'] = 1;`,
  );
  writeFileSync(
    join(folder, 'src/example.test.ts'),
    `import { sampleOf } from '@currents/schema';
     import { expect, it } from 'vitest';
     import { example } from './example.js';
     it('maps', () => {
       const event = sampleOf('users.messages.email.Open');
       expect(example.map(event, { host: 'a.example.com' })).toEqual({ payload: event });
     });`,
  );
}, 120_000);

it('installs nothing but the packages and zod', () => {
  const { dependencies = {} } = readManifest(folder);
  expect(Object.keys(dependencies).sort()).toEqual(['@currents/connector', '@currents/schema', 'zod']);
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object };
  expect(Object.keys(lock.packages)).toHaveLength(1 + 3);
});

it('a connector type-checks against the packed types, and a wrong one does not', () => {
  expect(run('typescript/bin/tsc', '-p', '.')).toEqual({ status: 0, output: '' });
}, 120_000);

it('the conformance suite runs on it', () => {
  const { status, output } = run('vitest/vitest.mjs', 'run', '--root', folder);
  expect(status, output).toBe(0);
  expect(Number(/Tests +(\d+) passed/.exec(output)?.[1])).toBeGreaterThan(50);
}, 120_000);
