import { addressOf, type Page } from './pages.js';

export interface NavigationItem {
  readonly text: string;
  readonly link: string;
}
export interface NavigationGroup {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: readonly NavigationItem[];
}

interface Group {
  readonly text: string;
  readonly collapsed?: boolean;
  /** Which pages of the site are in it; those named come first, in this order. */
  readonly pages: readonly (string | RegExp)[];
}

/** The first group whose pattern fits a page has it; each page is in exactly one. */
const groups: readonly Group[] = [
  { text: 'Start', pages: ['index.md', 'architecture.md', 'glossary.md', 'console/index.md', 'changelog.md'] },
  { text: 'References', pages: [/^reference\//, 'metrics.md', 'http-errors.md', 'cli.md'] },
  { text: 'Operate', pages: ['operations/index.md', /^operations\//, 'capacity.md', 'performance.md', 'security.md'] },
  { text: 'Write a connector', pages: [/^connectors\//, /^packages\//] },
  { text: 'Decisions', collapsed: true, pages: ['decisions/index.md', /^decisions\//] },
  { text: 'Contribute', pages: ['contributing.md'] },
  { text: 'Use', pages: [/^[^/]+\.md$/, /./] },
];
/** `Use` takes what no other group takes, and is shown second. */
const shown = ['Start', 'Use', 'References', 'Operate', 'Write a connector', 'Contribute', 'Decisions'];

/** The sidebar: every page in one group. */
export function sidebarOf(pages: readonly Pick<Page, 'path' | 'title'>[]): readonly NavigationGroup[] {
  const left = new Map(pages.map((page) => [page.path, page]));
  const filled = groups.map(({ pages: patterns, ...group }) => {
    const items = patterns.flatMap((pattern) => {
      const fits = (path: string): boolean => (typeof pattern === 'string' ? path === pattern : pattern.test(path));
      const found = [...left.values()].filter(({ path }) => fits(path));
      for (const { path } of found) left.delete(path);
      return found.map(({ path, title }) => ({ text: title, link: addressOf(path) }));
    });
    return { ...group, items };
  });
  return shown.flatMap((name) => filled.filter(({ text, items }) => text === name && items.length > 0));
}
