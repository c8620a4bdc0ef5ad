import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSchema } from 'graphql';
import { configurationReference } from './configurationReference.js';
import type { GeneratedPage } from './generatedPage.js';
import { graphqlReference } from './graphqlReference.js';
import { httpReference, type ShownApi } from './httpReference.js';
import { sidebarOf } from './navigation.js';
import { listPages } from './pages.js';
import { placeLinks } from './placeLinks.js';

export interface SiteOptions {
  /** Where files of the source code are shown, such as `https://git.example.com/currents/blob/main`. Default: nowhere. */
  readonly sourceUrl?: string | undefined;
  /** The path that the site is served at. */
  readonly base: string;
}

/** The references that are made of what the programs say of themselves. */
export function generatedPages(root: string): readonly GeneratedPage[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  return [
    configurationReference(read('.env.example')),
    httpReference(JSON.parse(read('apps/api/openapi.json')) as ShownApi),
    ...graphqlReference(buildSchema(read('apps/api/schema.graphql'))),
  ];
}

/**
 * Writes the sources of the documentation site into `target`, and replaces what was there: all documents with the links of
 * the site, the generated references, the pictures, and the configuration of VitePress. Returns the number of pages.
 * Throws for a link to a file that does not exist.
 */
export function assembleSite(root: string, target: string, { sourceUrl, base }: SiteOptions): number {
  rmSync(target, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  };
  const pages = listPages(root);
  const files = new Map<string, string>();
  for (const page of pages) {
    const placed = placeLinks(page, pages, root, sourceUrl);
    const title = /^# /m.test(placed.text) ? '' : `# ${page.title}\n\n`;
    write(page.path, `${title}${placed.text}`);
    for (const [from, to] of placed.files) files.set(from, to);
  }
  for (const [from, to] of files) {
    mkdirSync(dirname(join(target, 'public', to)), { recursive: true });
    cpSync(join(root, from), join(target, 'public', to));
  }
  const generated = generatedPages(root);
  for (const { path, title, text } of generated) write(path, `# ${title}\n\n${text}\n`);
  write('.vitepress/config.mjs', configuration(sidebarOf([...pages, ...generated]), base));
  write(
    '.vitepress/theme/index.mjs',
    `import theme from 'vitepress/theme';\nimport './site.css';\nexport default theme;\n`,
  );
  write('.vitepress/theme/site.css', '.source { border-bottom: 1px dotted var(--vp-c-text-3); }\n');
  return pages.length + generated.length;
}

/** VitePress reads it as a module. Headings get the ids that GitHub gives them, which the documents link to. */
function configuration(sidebar: ReturnType<typeof sidebarOf>, base: string): string {
  const markdown = pathToFileURL(join(import.meta.dirname, 'markdown.js')).href;
  const themeConfig = {
    sidebar,
    nav: ['/operations/', '/reference/graphql/queries', '/reference/http', '/connectors/write-a-connector'].map(
      (link) => ({
        text: sidebar.flatMap(({ items }) => items).find((item) => item.link === link)?.text ?? link,
        link,
      }),
    ),
    search: { provider: 'local' },
    outline: [2, 3],
  };
  const settings = { title: 'Currents', base, lang: 'en-GB', cleanUrls: true, themeConfig };
  return `import { headingId } from ${JSON.stringify(markdown)};
export default { ...${JSON.stringify(settings, null, 2)}, markdown: { anchor: { slugify: headingId }, languageAlias: { ndjson: 'jsonl' } } };
`;
}
