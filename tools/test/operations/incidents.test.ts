import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/operations/incidents.md');
const alerts = [...read('docs/prometheus-rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.split('\n')[0] ?? '', text }));

it('the incidents page has one section for each alert, in the order of the rules, and no other', () => {
  expect(alerts.length).toBeGreaterThan(15);
  expect(sections.map(({ title }) => title)).toEqual(alerts);
});

it('each section says what the alert means, what to look at and what to do', () => {
  const incomplete = sections.filter(({ text }) =>
    ['**What it means.**', '**Look at**', '**Do.**'].some((part) => !text.includes(part)),
  );
  expect(incomplete.map(({ title }) => title)).toEqual([]);
});

it('the incidents page names only queries, mutations, metrics and log events that exist', () => {
  const code = ['packages/core/src', 'apps/api/src', 'apps/worker/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(join(folder, path))),
  );
  const known = [read('apps/api/schema.graphql'), read('docs/metrics.md'), ...code].join('\n');
  const named = [...page.matchAll(/`([a-z][A-Za-z_.]+)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !new RegExp(`\\b${name.replace('.', '\\.')}\\b`).test(known))).toEqual([]);
});

/** The anchor of a heading, as GitHub makes it: lower case, without punctuation, with hyphens for spaces. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/\s/g, '-');

const pages = readdirSync(join(root, 'docs/operations'))
  .map((name) => `docs/operations/${name}`)
  .concat('SECURITY.md');

it.each(pages)('%s links only to sections that exist', (path) => {
  const links = [...read(path).matchAll(/\]\(((?!http)[^)#]*)#([^)]+)\)/g)].map(([, target = '', anchor = '']) => ({
    target: target === '' ? path : join(dirname(path), target),
    anchor,
  }));
  const broken = links.filter(({ target, anchor }) => {
    const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
    return !headings.includes(anchor);
  });
  expect(broken).toEqual([]);
});
