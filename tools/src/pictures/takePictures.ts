import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from '../browser/openBrowser.js';
import type { Screen } from './screens.js';

/** Enough for small text, and a few tens of kilobytes a picture. */
const quality = 75;
const viewport = { width: 1280, height: 800 };

export interface Target {
  /** The address of the api, which serves the console. */
  readonly url: string;
  readonly adminToken: string;
  /** The folder of the pictures. */
  readonly folder: string;
  readonly onPicture: (file: string, bytes: number) => void;
}

/** Signs in, and takes a picture of every screen in light and in dark, as WebP. */
export async function takePictures(screens: readonly Screen[], target: Target): Promise<void> {
  await mkdir(target.folder, { recursive: true });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
    page.setDefaultTimeout(20_000);
    await page.goto(target.url);
    await page.getByLabel('Admin token').waitFor();
    await takeBoth(page, 'sign-in', target);
    await page.getByLabel('Admin token').fill(target.adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    for (const screen of screens) {
      await show(page, target.url, screen);
      await takeBoth(page, screen.name, target);
    }
  } finally {
    await browser.close();
  }
}

async function show(page: Page, url: string, { place, title, height, prepare }: Screen): Promise<void> {
  await page.setViewportSize({ ...viewport, height: height ?? viewport.height });
  await page.goto(`${url}/#${place}`);
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
  await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
  await prepare?.(page);
  // The focus on the whole screen, where the console puts it, has no outline to show.
  await page.evaluate('document.activeElement?.blur()');
}

async function takeBoth(page: Page, name: string, { folder, onPicture }: Target): Promise<void> {
  // Playwright itself takes no WebP.
  const session = await page.context().newCDPSession(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
    const bytes = Buffer.from(data, 'base64');
    const file = `${name}-${colorScheme}.webp`;
    await writeFile(join(folder, file), bytes);
    onPicture(file, bytes.length);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await session.detach();
}
