import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events } from '../endToEnd/events.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { browserProgram, findInaccessible, openBrowser, watchPage, type Complaints } from './browser.js';

if (browserProgram === undefined)
  console.warn('not run (this machine has no chromium): changes in the console in a browser');

const project = 'changes';

/** One story on one hub, as in `console.test.ts`: what an admin changes about a Current that is live. */
describe.skipIf(browserProgram === undefined)('changes in the console', () => {
  let hub: TestHub;
  let browser: Browser;
  let page: Page;
  let complaints: Complaints;
  let currentId = '';
  const stored = events(20);

  beforeAll(async () => {
    hub = await startTestHub({ projects: [project], environment: { PROBE_SECONDS: '1' } });
    currentId = `cur_${await hub.launch(project)}`;
    expect(await hub.post(stored)).toMatchObject({ status: 200 });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    complaints = await watchPage(page, new URL(hub.hub.api.url).origin);
    await page.goto(`${hub.hub.api.url}/#/currents/${currentId}`);
    await page.getByLabel('Admin token').fill(hub.hub.adminToken ?? '');
    await button('Sign in').click();
    await page.getByRole('row', { name: /^Delivered.* 20 / }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const openTab = (name: string) =>
    page.getByRole('navigation', { name: 'Views of this Current' }).getByRole('link', { name, exact: true }).click();

  /** In light and in dark. */
  async function expectAccessible(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findInaccessible(page), colorScheme).toEqual([]);
    }
  }

  /** Types what a dialog asks for, and confirms. */
  async function confirm(action: string): Promise<void> {
    const asked = (await page.getByText(/^Type .* to confirm/).textContent()) ?? '';
    expect(await button(action).isDisabled()).toBe(true);
    await page.getByLabel(/^Type .* to confirm/).fill(asked.replace(/^Type (.*) to confirm$/, '$1'));
    await button(action).click();
  }

  it('changes name, contact and event types of a Current, once a plan has said what that means', async () => {
    await openTab('Edit');
    await page.getByText('Nothing is different from now.').waitFor();
    expect(await button('Plan the change').isDisabled()).toBe(true);
    await page.getByLabel('Name', { exact: true }).fill('Changes of the console');
    await page.getByLabel('Contact').fill('bo@example.com');
    await page.getByLabel(/^Gathers events/).fill('0');
    await page.getByRole('checkbox', { name: /^Message engagement/ }).uncheck();
    await expectAccessible();
    await button('Plan the change').click();
    await page.getByText(/^\d+ event types fewer, with \d+ events in the last day/).waitFor();
    await page.getByText('Of the last 20 events.').waitFor();
    await page.getByRole('row', { name: /20 sent 0 sent$/ }).waitFor();
    await expectAccessible();
    await confirm('Change it');
    await page.getByText('It is changed, from its next request on.').waitFor();
    await page.getByRole('heading', { name: 'Changes of the console', level: 1 }).waitFor();
    await page.getByText('Nothing is different from now.').waitFor();
    await openTab('Settings');
    await page.getByText('bo@example.com').waitFor();
    await page.getByText('0 ms').waitFor();
  });

  it('keeps within its policy and its origin all the time', () => {
    expect(complaints.all).toEqual([]);
  });
});
