import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeBraze, type FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createImportKey } from '../endToEnd/pushCohort.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import {
  browserProgram,
  findInaccessible,
  openBrowser,
  printPageOfFailures,
  watchPage,
  type Complaints,
} from './browser.js';
import { createSegmentOf, pushBuyers } from './segmentOf.js';

if (browserProgram === undefined)
  console.warn('not run (this machine has no chromium): segment syncs in the console in a browser');

const [workspaceId, restApiKey, attribute] = ['shop', 'rest-key-of-the-console', 'currents_buyers'];
const members = ['ana', 'bo', 'cleo'];

/** One story on one hub, as in `console.test.ts`: a segment is held at Braze. */
describe.skipIf(browserProgram === undefined)('segment syncs in the console', () => {
  let hub: TestHub;
  let braze: FakeBraze;
  let browser: Browser;
  let page: Page;
  let complaints: Complaints;
  let importKey = '';
  let segmentId = '';

  beforeAll(async () => {
    braze = await startFakeBraze({ projects: [{ workspaceId, keys: [restApiKey], blockedUsers: ['mallory'] }] });
    hub = await startTestHub({ projects: [], environment: { PROBE_SECONDS: '1' } });
    const { api, adminToken = '' } = hub.hub;
    importKey = await createImportKey(api.url, adminToken);
    segmentId = await createSegmentOf(members, { name: 'Buyers', apiUrl: api.url, adminToken, importKey });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    complaints = await watchPage(page, new URL(api.url).origin);
    await page.goto(`${api.url}/#/cohorts/segments/${segmentId}`);
    await page.getByLabel('Admin token').fill(adminToken);
    await button('Sign in').click();
    await page.getByRole('heading', { name: 'Buyers', level: 1 }).waitFor();
  });
  printPageOfFailures(() => page);
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
    await braze?.close();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });

  /** In light and in dark. */
  async function expectAccessible(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findInaccessible(page), colorScheme).toEqual([]);
    }
  }

  /** Types what a dialog asks for, and confirms. */
  async function confirm(action: string): Promise<void> {
    await page.getByLabel(`Type ${attribute} to confirm`).fill(attribute);
    await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
  }

  const held = () => braze.control.membersOf(workspaceId, attribute);
  const asHeld = (users: readonly string[]) => users.map((user) => `external:${user}`).sort();

  it('plans a sync of a segment, and refuses a bad key in place', async () => {
    await page.getByText('The segment is held at no destination.').waitFor();
    await page.getByRole('link', { name: 'Sync to a destination' }).click();
    await page.getByRole('heading', { name: 'Sync to a destination', level: 1 }).waitFor();
    expect(await page.getByLabel('attribute', { exact: true }).inputValue()).toBe(attribute);
    await page.getByText('It is planned as soon as all settings are filled in.').waitFor();
    expect(await button('Create and launch').isDisabled()).toBe(true);
    await page.getByLabel('restEndpoint').fill('https://rest.iad-01.braze.com');
    await page.getByLabel(/^baseUrl/).fill(braze.url);
    await page.getByLabel(/^secondsBeforeReversal/).fill('0');
    await page.getByText('3 at most').waitFor();
    await page.getByText('3 data points at most').waitFor();
    await page
      .getByLabel('Entry of one member')
      .filter({ hasText: `"${attribute}": true` })
      .waitFor();
    await page.getByLabel('restApiKey').fill('a-bad-key');
    const refusal = page.getByRole('group', { name: '3. Credentials' }).getByRole('alert');
    await refusal.waitFor();
    expect(await refusal.textContent()).toMatch(/REST API key|users\.track|401/i);
    expect(await refusal.textContent()).not.toContain('a-bad-key');
    await expectAccessible();
    await page.getByLabel('attribute', { exact: true }).fill('no blanks please');
    await page.locator('.wrong').first().waitFor();
    await expectAccessible();
    await page.getByLabel('attribute', { exact: true }).fill(attribute);
    await page.getByText('3 data points at most').waitFor();
    expect(held()).toEqual([]);
  });

  it('creates and launches it with a valid key, and members arrive', async () => {
    await page.getByLabel('restApiKey').fill(restApiKey);
    await page.getByText('Braze would accept members').waitFor();
    await button('Create and launch').click();
    await page.getByRole('heading', { name: attribute, level: 1 }).waitFor();
    await page.getByText('3 changes = 3 delivered + 0 refused + 0 returned + 0 in flight').waitFor();
    expect(held()).toEqual(asHeld(members));
    await expectAccessible();
    await page.getByRole('link', { name: 'Buyers' }).click();
    await page
      .getByRole('row', { name: /^currents_buyers at Braze Live .* 3 delivered 0 refused 0 in flight 0 waiting/ })
      .waitFor();
    await expectAccessible();
    await page.getByRole('link', { name: attribute }).click();
    await page.getByRole('heading', { name: attribute, level: 1 }).waitFor();
  });

  it('compares the members with what the destination holds, and sends all of them again after a plan', async () => {
    await button('Compare now').click();
    await page.getByText('No drift: the destination holds the members.').waitFor();
    await page.getByRole('row', { name: /^Held 3 / }).waitFor();
    await expectAccessible();
    await button('Send again…').click();
    await page.getByText('0 data points at most').waitFor();
    await page.getByLabel(/^All of them/).check();
    await page.getByText('3 data points at most').waitFor();
    await expectAccessible();
    await confirm('Send again');
    await page.getByText('6 changes = 6 delivered').waitFor();
  });

  it('shows on the overview that a key is refused, when it is tried again, and its recovery with a new key', async () => {
    braze.control.setKeys(workspaceId, ['new-key']);
    await pushBuyers([...members, 'dan'], { apiUrl: hub.hub.api.url, importKey });
    await page.locator('.countdown').waitFor();
    await expectAccessible();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page
      .getByRole('row', { name: /Segment sync blocked/ })
      .getByRole('link')
      .click();
    await page.getByRole('heading', { name: attribute, level: 1 }).waitFor();
    await page.getByLabel('restApiKey').fill('new-key');
    await button('Use these credentials…').click();
    await confirm('Use them');
    await page.getByText(/changes = 7 delivered \+ 0 refused/).waitFor();
    await page.locator('.countdown').waitFor({ state: 'detached' });
    expect(held()).toEqual(asHeld([...members, 'dan']));
    await page.getByRole('row', { name: /the hub Block .*done/ }).waitFor();
    expect(await page.content()).not.toContain('new-key');
  });

  it('pauses and resumes it', async () => {
    await button('Pause').click();
    await page.getByText('It is paused.').waitFor();
    await pushBuyers(['ana', 'bo'], { apiUrl: hub.hub.api.url, importKey });
    await page.getByText(/ [1-9]\d* users wait: /).waitFor();
    expect(held()).toHaveLength(4);
    await button('Resume').click();
    await expect.poll(held).toEqual(asHeld(['ana', 'bo']));
    await button('Test now').click();
    await page.getByText('Braze would accept members').waitFor();
  });

  it('lists whom the destination refused, and why', async () => {
    await pushBuyers(['ana', 'bo', 'mallory'], { apiUrl: hub.hub.api.url, importKey });
    await page.getByRole('link', { name: '1 Refused' }).click();
    await page.getByRole('heading', { name: `Refused by ${attribute}`, level: 1 }).waitFor();
    await page.getByRole('row', { name: /^mallory Entered refused_by_braze .*no$/ }).waitFor();
    await expectAccessible();
    await button('refused_by_braze 1').click();
    await button('Nothing sent since').click();
    await page.getByRole('row', { name: /^mallory / }).waitFor();
    await page.getByRole('link', { name: 'all members again' }).click();
    await page.getByRole('heading', { name: attribute, level: 1 }).waitFor();
  });

  it('deletes it once what was sent is taken back', async () => {
    await button('Delete…').click();
    await page.getByText('The values of 2 users are taken back').waitFor();
    await expectAccessible();
    expect(await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
    await confirm('Delete');
    await page.getByRole('heading', { name: 'No such sync', level: 1 }).waitFor();
    expect(held()).toEqual([]);
    expect(braze.control.summary().violations).toEqual({});
  });

  it('keeps within its policy and its origin all the time', () => {
    expect(complaints).toEqual({ all: [], logged: [] });
  });
});
