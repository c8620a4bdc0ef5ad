import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { replaceTargets } from './markdown.js';
import { addressOf, type Page } from './pages.js';

export interface Placed {
  readonly text: string;
  /** Files of the repository that the page shows or offers: path in the repository → path on the site. */
  readonly files: ReadonlyMap<string, string>;
}

/** Pictures and data that are copied to the site. */
const offered = /\.(webp|png|svg|json|ya?ml)$/;

/** Files that a generated page describes. */
const described: Readonly<Record<string, string>> = {
  '.env.example': '/reference/configuration',
  'apps/api/schema.graphql': '/reference/graphql/queries',
  'apps/api/openapi.json': '/reference/http',
};

/**
 * Turns the links of a document, which are paths in the repository, into those of the site. A link to a page leads to it,
 * pictures and data are copied, and a file of the source code is linked at `sourceUrl` or, without one, named.
 * Throws for a file that does not exist.
 */
export function placeLinks(
  page: Pick<Page, 'source' | 'text'>,
  pages: readonly Page[],
  root: string,
  sourceUrl?: string,
): Placed {
  const files = new Map<string, string>();
  const addresses = new Map(pages.map(({ source, path }) => [source, addressOf(path)]));
  const text = replaceTargets(page.text, ({ target, path, fragment }) => {
    if (path === '') return target;
    const file = posix.normalize(posix.join(posix.dirname(page.source), path)).replace(/\/$/, '');
    if (!existsSync(join(root, file)))
      throw new Error(`${page.source}: expected a file of the repository, got ${target}`);
    const hash = fragment === undefined ? '' : `#${fragment}`;
    const address = described[file] ?? addresses.get(file) ?? addresses.get(posix.join(file, 'README.md'));
    if (address !== undefined) return `${address}${hash}`;
    if (offered.test(file) && statSync(join(root, file)).isFile()) {
      const onSite = file.replace(/^docs\//, '');
      files.set(file, onSite);
      return `/${onSite}`;
    }
    return sourceUrl === undefined ? `${toBeNamed}${file}` : `${sourceUrl.replace(/\/$/, '')}/${file}${hash}`;
  });
  return { text: showBraces(nameFiles(text)), files };
}

const toBeNamed = 'source:';
const namedLink = /\[((?:[^[\]]|\[[^\]]*\])*)\]\(source:([^)]+)\)/g;

/** `[text](source:path)` as text that shows the path when a pointer rests on it. */
const nameFiles = (text: string): string =>
  text.replaceAll(
    namedLink,
    (_, shown: string, path: string) => `<span class="source" title="${path}">${shown}</span>`,
  );

const braces = /(?<!`)`([^`\n]*\{\{[^`\n]*)`(?!`)/g;

/** Two braces in the code of a line, which the site would take for an expression. */
const showBraces = (text: string): string =>
  text.replaceAll(
    braces,
    (_, code: string) => `<code v-pre>${code.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</code>`,
  );
