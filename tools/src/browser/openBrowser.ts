import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** Debian's browser; undefined where none is installed. */
export const browserProgram = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find(existsSync);

/** Starts the installed browser. It makes no requests but those of the page. @param moreArgs are further flags of Chromium. */
export function openBrowser(moreArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: browserProgram ?? '',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', ...moreArgs],
  });
}
