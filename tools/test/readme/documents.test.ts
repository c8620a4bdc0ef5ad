import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));

const rooms = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((room) => join(folder, room, 'README.md')),
);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  ...under('docs').filter((path) => path.endsWith('.md')),
  ...rooms.filter((path) => existsSync(join(root, path))),
];
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const variables = new Set([...read('.env.example').matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name));

it('there are the documents that a visitor looks for', () => {
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

  it('links only to what is there', () => {
    const links = [...text.matchAll(/\]\(((?!http)[^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
  });

  it('names only commands that there are', () => {
    const commands = [...text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(
      ([, run, short]) => run ?? short ?? '',
    );
    expect(commands.filter((command) => !(command in scripts))).toEqual([]);
  });

  it('names only variables that there are', () => {
    const named = [...text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !variables.has(name))).toEqual([]);
  });
});

describe('the pages of decisions', () => {
  const pages = readdirSync(join(root, 'docs/decisions'))
    .filter((name) => /^\d{4}-/.test(name))
    .sort();

  it('are all listed, by their titles and in order', () => {
    const titles = pages.map(
      (page) => `${Number.parseInt(page, 10)}. [${/^# (.+)/.exec(read(`docs/decisions/${page}`))?.[1]}](${page})`,
    );
    expect(
      read('docs/decisions/README.md')
        .split('\n')
        .filter((line) => /^\d/.test(line)),
    ).toEqual(titles);
  });

  it.each(pages)('%s says what was decided, what else was possible, and what if nothing had been done', (page) => {
    const text = read(`docs/decisions/${page}`);
    for (const word of ['Decided', 'Instead of', 'Doing nothing']) expect(text).toContain(`**${word}`);
  });
});
