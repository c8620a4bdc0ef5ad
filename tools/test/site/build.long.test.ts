import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressOf, listPages } from '../../src/site/pages.js';
import { browserProgram, openBrowser, watchPage } from '../console/browser.js';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'currents-site-built-'));
const base = '/currents/';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A web server as one would put the site on: `/a` is the file `a.html`. */
function serve(): Server {
  return createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '', 'http://localhost').pathname.replace(base, '/'));
    const file = [path, `${path}.html`, join(path, 'index.html')]
      .map((name) => join(folder, name))
      .find((name) => existsSync(name) && statSync(name).isFile());
    if (file === undefined) return void response.writeHead(404).end();
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
}

const server = serve();
let origin = '';
let output = '';
let status: number | null = null;
beforeAll(async () => {
  const words = ['tools/run.mjs', 'docs:build', '--out', folder, '--base', base];
  const built = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  [status, output] = [built.status, `${built.stdout}${built.stderr}`];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 600_000);
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

it('builds a page of every document, without a dead link', () => {
  expect(status, output).toBe(0);
  for (const { path } of listPages(root))
    expect(existsSync(join(folder, path.replace(/\.md$/, '.html'))), path).toBe(true);
  expect(readFileSync(join(folder, 'operations/incidents.html'), 'utf8')).toContain('{{ .Labels.alertname');
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain(`src="${base}console/overview-light.webp"`);
});

it.runIf(browserProgram)(
  'is read and searched in a browser, which asks no other server',
  async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const complaints = await watchPage(page, origin);
      for (const { path } of listPages(root).slice(0, 12)) {
        const answer = await page.goto(`${origin}${base}${addressOf(path).slice(1)}`);
        expect(answer?.status(), path).toBe(200);
        await page.locator('h1').first().waitFor();
      }
      await page.keyboard.press('/');
      await page.locator('#localsearch-input').fill('retryWindowEndsAt');
      await page.locator('#localsearch-list a').first().click();
      await page.waitForURL(/reference\/graphql/);
      expect(complaints.all).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  180_000,
);
