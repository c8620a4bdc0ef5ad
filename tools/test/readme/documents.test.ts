import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { httpProblems } from '@currents/core';
import { describe, expect, it } from 'vitest';
import { headingIds, linksOf } from '../../src/site/markdown.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));

const readmes = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((project) => join(folder, project, 'README.md')),
);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...under('docs').filter((path) => path.endsWith('.md')),
  ...readmes.filter((path) => existsSync(join(root, path))),
];
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const matches = (path: string, pattern: RegExp) => [...read(path).matchAll(pattern)].map(([, name = '']) => name);
const constants = new Set([
  ...matches('.env.example', /^# ([A-Z_]+)=/gm),
  ...matches('deploy/compose/hub.env.example', /^([A-Z_]+)=/gm),
  ...matches('Dockerfile', /^ARG ([A-Z_]+)=/gm),
  ...matches('apps/api/schema.graphql', /^ {2}([A-Z_]+)$/gm),
  ...Object.keys(httpProblems),
  ...['config.ts', 'change/credentials.ts'].flatMap((file) =>
    matches(`apps/cli/src/${file}`, /environment\['([A-Z_]+)'\]/g),
  ),
]);

it('the standard documents exist', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/glossary.md',
      'docs/decisions/README.md',
      'packages/connector-mixpanel/README.md',
    ]),
  );
});

describe.each(documents)('%s', (path) => {
  const text = read(path);

  it('links only to files and headings that exist', () => {
    const dead = linksOf(text).filter(({ path: to, fragment }) => {
      const target = to === '' ? path : join(dirname(path), to);
      if (!existsSync(join(root, target))) return true;
      return fragment !== undefined && target.endsWith('.md') && !headingIds(read(target)).has(fragment);
    });
    expect(dead.map(({ target }) => target)).toEqual([]);
  });

  it('names only commands that exist', () => {
    const commands = [...text.matchAll(/npm (?:run ([\w:-]*\w)|(start|test)\b)/g)].map(
      ([, run, short]) => run ?? short ?? '',
    );
    expect(commands.filter((command) => !(command in scripts))).toEqual([]);
  });

  it('names only variables, codes and enum values that exist', () => {
    const named = [...text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !constants.has(name))).toEqual([]);
  });
});

it('docs/http-errors.md documents every code with its status', () => {
  const rows = [...read('docs/http-errors.md').matchAll(/^\| `([A-Z_]+)` +\| (\d{3}) /gm)];
  expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(Object.entries(httpProblems));
});

describe('the pages of decisions', () => {
  const pages = readdirSync(join(root, 'docs/decisions'))
    .filter((name) => /^\d{4}-/.test(name))
    .sort();

  it('are all listed, by their titles and in order', () => {
    const titles = pages.map(
      (page) => `- ${page.slice(0, 4)} [${/^# (.+)/.exec(read(`docs/decisions/${page}`))?.[1]}](${page})`,
    );
    expect(
      read('docs/decisions/README.md')
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toEqual(titles);
  });

  it.each(pages)('%s has the decision, the alternatives, and the consequence of doing nothing', (page) => {
    const text = read(`docs/decisions/${page}`);
    for (const word of ['Decided', 'Instead of', 'Doing nothing']) expect(text).toContain(`**${word}`);
  });
});
