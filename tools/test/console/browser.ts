import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterEach } from 'vitest';

export { browserProgram, openBrowser } from '../../src/browser/openBrowser.js';

/** What a page must never do: break its policy, throw, or ask another origin. */
export interface Complaints {
  readonly all: string[];
  /** Errors in the log of the browser. A request that the hub refuses is one. */
  readonly logged: string[];
}

/** Collects what a page does wrong from now on. */
export async function watchPage(page: Page, origin: string): Promise<Complaints> {
  const [all, logged]: [string[], string[]] = [[], []];
  page.on('console', (message) => {
    if (message.type() === 'error') logged.push(message.text());
  });
  page.on('pageerror', (error) => all.push(`threw ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) all.push(`asked ${url.origin}`);
  });
  await page.exposeFunction('reportViolation', (directive: string) => all.push(`violated ${directive}`));
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation(violatedDirective + ' by ' + blockedURI));`,
  });
  return { all, logged };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong on the page, by rule and element. */
export async function findInaccessible(page: Page): Promise<readonly string[]> {
  // As the page's policy lets no script in, it comes through the debugger, once for each document.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe);
  return page.evaluate<string[]>(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => id + ': ' + target.join(' ') + ' ' + failureSummary)))`);
}

/** Prints what the page shows when a test fails: a wait that ran out does not say what came in place of it. */
export function printPageOfFailures(pageOf: () => Page | undefined): void {
  afterEach(async ({ task }) => {
    const page = pageOf();
    if (task.result?.state !== 'fail' || !page || page.isClosed()) return;
    const text = await page.evaluate<string>('document.body.innerText');
    console.error(`${task.name}: the page ${new URL(page.url()).hash} shows:\n${text}`);
  });
}
