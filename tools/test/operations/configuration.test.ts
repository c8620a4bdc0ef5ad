import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runNode } from './programs.js';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** The variables in a file that reads the environment. */
const namesIn = (path: string): string[] =>
  [...read(path).matchAll(/^ +([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name);
const shared = namesIn('packages/core/src/process/config.ts');
const own = { api: namesIn('apps/api/src/config.ts'), worker: namesIn('apps/worker/src/config.ts') };

/** Variables that accept any text. */
const anyText = ['API_HOST', 'WORKER_HOST', 'PARTNER_API_KEY', 'NO_PROXY', 'ADMIN_TOKEN_FILE'];

describe.each(['api', 'worker'] as const)('the %s', (program) => {
  const variables = [...shared, ...own[program]];

  it('exits with one error that names every invalid variable and the expected value, but no actual value', async () => {
    const environment = Object.fromEntries(variables.map((name) => [name, 'CANARY']));
    const { exitCode, output } = await runNode([`apps/${program}/dist/main.js`], environment);
    const [head, ...lines] = output.trimEnd().split('\n');
    expect(exitCode).toBe(1);
    expect(head).toBe(`${program}: the configuration is not usable:`);
    expect(lines.map((line) => /^ {2}(\w+) .*expected/.exec(line)?.[1])).toEqual(
      variables.filter((name) => !anyText.includes(name)),
    );
    expect(output).not.toContain('CANARY');
  });

  it('names the missing variables without a default', async () => {
    const { exitCode, output } = await runNode([`apps/${program}/dist/main.js`]);
    expect(exitCode).toBe(1);
    expect([...output.matchAll(/^ {2}(\w+) is missing/gm)].map(([, name]) => name)).toEqual([
      'DATABASE_URL',
      'MASTER_KEY',
    ]);
  });

  it('reports in a sentence without the password that its database is unreachable', async () => {
    const environment = {
      DATABASE_URL: 'postgres://hub:CANARY@127.0.0.1:1/hub',
      MASTER_KEY: Buffer.alloc(32).toString('base64'),
    };
    const { exitCode, output } = await runNode([`apps/${program}/dist/main.js`], environment);
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      new RegExp(`^${program}: the database that DATABASE_URL names cannot be reached \\(ECONNREFUSED\\); .*\n$`),
    );
    expect(output).not.toContain('CANARY');
  });
});

describe('.env.example', () => {
  const lines = read('.env.example').split('\n');
  const groups = { both: shared, ...own };

  it.each(Object.entries(groups))('has the variables of %s under their heading, and no others', (heading, names) => {
    const start = lines.indexOf(`# --- ${heading} ---`);
    const length = lines.slice(start + 1).findIndex((line) => line.startsWith('# ---'));
    const part = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
    expect(start).toBeGreaterThan(-1);
    expect(part.flatMap((line) => /^# ([A-Z_]+)=/.exec(line)?.[1] ?? []).sort()).toEqual([...names].sort());
  });

  it('sets nothing, and documents each default of the code', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
    const code = ['packages/core/src/process/config.ts', 'apps/api/src/config.ts', 'apps/worker/src/config.ts']
      .map(read)
      .join('\n');
    const documented = new Map(
      lines
        .flatMap((line) => /^# ([A-Z_]+)=(.+)$/.exec(line)?.slice(1, 3).join(' ') ?? [])
        .map((pair) => pair.split(' ') as [string, string]),
    );
    const defaults = [...code.matchAll(/^ +([A-Z][A-Z_]+): [^;]*?\.default\('?([^')]+)'?\)/gm)].map(
      ([, name = '', value = '']) => [name, value.replaceAll(/(?<=\d)_(?=\d)/g, '')],
    );
    expect(defaults.length).toBeGreaterThan(10);
    expect(defaults.map(([name = '']) => [name, documented.get(name)])).toEqual(defaults);
  });
});
