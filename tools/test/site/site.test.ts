import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleSite, generatedPages } from '../../src/site/assembleSite.js';
import { headingIds, linksOf } from '../../src/site/markdown.js';
import { sidebarOf } from '../../src/site/navigation.js';
import { addressOf, listPages } from '../../src/site/pages.js';
import { placeLinks } from '../../src/site/placeLinks.js';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'currents-site-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = listPages(root);
const generated = generatedPages(root);
const textOf = (path: string): string => generated.find((page) => page.path === path)?.text ?? '';
const paths = [...pages, ...generated].map(({ path }) => path);
let count = 0;
beforeAll(() => void (count = assembleSite(root, folder, { base: '/' })));

it('has every document and every reference', () => {
  expect(count).toBe(paths.length);
  expect(count).toBeGreaterThan(60);
  for (const path of paths) expect(existsSync(join(folder, path)), path).toBe(true);
});

it('lists every page once in the sidebar, in the group that it belongs to', () => {
  const sidebar = sidebarOf([...pages, ...generated]);
  const links = sidebar.flatMap(({ items }) => items.map(({ link }) => link));
  expect([...links].sort()).toEqual(paths.map(addressOf).sort());
  const groupOf = (link: string) => sidebar.find(({ items }) => items.some((item) => item.link === link))?.text;
  expect(groupOf('/')).toBe('Start');
  expect(groupOf('/field-rules')).toBe('Use');
  expect(groupOf('/operations/upgrade')).toBe('Operate');
  expect(groupOf('/reference/http')).toBe('References');
  expect(groupOf('/packages/connector-mixpanel')).toBe('Write a connector');
});

it('links within the site only to pages, headings and files that exist', () => {
  const texts = new Map(paths.map((path) => [addressOf(path), readFileSync(join(folder, path), 'utf8')]));
  const dead: string[] = [];
  let checked = 0;
  for (const [address, text] of texts) {
    for (const { target, path, fragment } of linksOf(text)) {
      checked++;
      const page = texts.get(path === '' ? address : path);
      const isThere = page === undefined ? existsSync(join(folder, 'public', path)) : true;
      if (!isThere || (fragment && page !== undefined && !headingIds(page).has(fragment)))
        dead.push(`${address}: ${target}`);
    }
  }
  expect(dead).toEqual([]);
  expect(checked).toBeGreaterThan(1_000);
});

describe('the references', () => {
  const schema = buildSchema(read('apps/api/schema.graphql'));
  it('describe every query, mutation, subscription and type of the GraphQL API', () => {
    const of = (page: string) => headingIds(textOf(`reference/graphql/${page}.md`));
    expect([...of('queries')]).toEqual(Object.keys(schema.getQueryType()?.getFields() ?? {}));
    expect([...of('mutations')]).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}));
    const types = ['objects', 'inputs', 'enums', 'unions', 'scalars'].flatMap((page) => [...of(page)]);
    const roots = ['Query', 'Mutation', 'Subscription', 'String', 'Int', 'Float', 'Boolean', 'ID'];
    const expected = Object.keys(schema.getTypeMap()).filter((name) => !name.startsWith('__') && !roots.includes(name));
    expect(types.sort()).toEqual(expected.sort());
    expect(textOf('reference/graphql/objects.md')).toMatch(/^\| `selected` \| \[`BigInt!`\]|^\| `selected` \| /m);
  });

  it('describe every HTTP endpoint', () => {
    const { paths: described } = JSON.parse(read('apps/api/openapi.json')) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
    };
    const ids = Object.values(described).flatMap((each) => Object.values(each).map(({ operationId }) => operationId));
    expect([...headingIds(textOf('reference/http.md'))]).toEqual(expect.arrayContaining(ids));
  });

  it('describe every variable', () => {
    const variables = [...read('.env.example').matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);
    const headings = [...textOf('reference/configuration.md').matchAll(/^### (.+)$/gm)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    expect(headings).toEqual(variables);
    expect(headings.length).toBeGreaterThan(30);
  });
});

describe('links', () => {
  const place = (text: string, sourceUrl?: string) =>
    placeLinks({ source: 'docs/operations/upgrade.md', text }, pages, root, sourceUrl).text;

  it.each([
    ['[a](../../ARCHITECTURE.md#storage)', '[a](/architecture#storage)'],
    ['[a](README.md)', '[a](/operations/)'],
    ['[a](#roll-back)', '[a](#roll-back)'],
    ['[a](../../packages/schema)', '[a](/packages/schema)'],
    ['[a](../../.env.example)', '[a](/reference/configuration)'],
    ['<img src="../console/hub-light.webp" />', '<img src="/console/hub-light.webp" />'],
    ['[`a`](../../tools/run.mjs)', '<span class="source" title="tools/run.mjs">`a`</span>'],
    ['`{{ a < b }}`', '<code v-pre>{{ a &lt; b }}</code>'],
  ])('%j become %j', (from, to) => {
    expect(place(from)).toBe(to);
  });

  it('to source code lead to a given address', () => {
    expect(place('[a](../../tools/run.mjs#L1)', 'https://git.example.com/blob/')).toBe(
      '[a](https://git.example.com/blob/tools/run.mjs#L1)',
    );
  });

  it('to files that do not exist are refused', () => {
    expect(() => place('[a](missing.md)')).toThrow(
      'docs/operations/upgrade.md: expected a file of the repository, got missing.md',
    );
  });
});
