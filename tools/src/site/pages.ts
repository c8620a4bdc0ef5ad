import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { titleOf } from './markdown.js';

/** A document of the repository that is a page of the site. */
export interface Page {
  /** Its path in the repository, for example `docs/operations/README.md`. */
  readonly source: string;
  /** Its path on the site, for example `operations/index.md`. */
  readonly path: string;
  readonly title: string;
  readonly text: string;
}

const atTheTop = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

/** All documents for people: those at the top, in `docs`, and the README of every package and app. */
export function listPages(root: string): readonly Page[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => posix.join('docs', path));
  const readmes = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => posix.join(parent, name, 'README.md')),
  );
  return [...atTheTop, ...inDocs.sort(), ...readmes.filter((path) => existsSync(join(root, path)))].map((source) => {
    const text = readFileSync(join(root, source), 'utf8');
    return { source, path: pathOf(source), title: titleOf(text) ?? defaultTitles[source] ?? source, text };
  });
}

/** nx writes the changelog, without a title. */
const defaultTitles: Readonly<Record<string, string>> = { 'CHANGELOG.md': 'Changelog' };

function pathOf(source: string): string {
  if (source === 'README.md') return 'index.md';
  const withinDocs = source.replace(/^docs\//, '');
  if (withinDocs === source && atTheTop.includes(source)) return source.toLowerCase();
  return withinDocs
    .replace(/^(?:packages|apps)\/(.+)\/README\.md$/, 'packages/$1.md')
    .replace(/README\.md$/, 'index.md');
}

/** The address of a page on the site, for example `/operations/`. */
export const addressOf = (path: string): string => `/${path.replace(/(?:^|(?<=\/))index\.md$|\.md$/, '')}`;
