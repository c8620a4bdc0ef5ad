import { join, resolve } from 'node:path';
import { runCommand, text } from '../options.js';
import { assembleSite } from './assembleSite.js';

const root = join(import.meta.dirname, '../../..');
/** Within the repository, so that its pages find the modules of VitePress. */
const sources = join(root, '.data/site');

const command = {
  name: 'npm run docs:build',
  summary: `Builds the documentation site: all documents, with search, and the references of the GraphQL API, the HTTP
endpoints, the metrics and the configuration. It is made of static files that any web server serves.`,
  options: {
    out: text('DIR', 'dist/site', 'the folder of the site, which is replaced'),
    base: text('PATH', '/', 'the path that the site is served at, which begins and ends with a slash'),
    source: text('URL', undefined, 'links to source code lead below this address; without it, they are names only'),
  },
};

await runCommand(command, process.argv.slice(2), async ({ out, base, source }) => {
  const count = assembleSite(root, sources, { base, sourceUrl: source });
  // Only here, because it is large.
  const { build } = await import('vitepress');
  await build(sources, { outDir: resolve(out), base });
  console.log(`${count} pages in ${resolve(out)}`);
});
