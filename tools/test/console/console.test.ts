import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { event, events } from '../endToEnd/events.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { browserProgram, findInaccessible, openBrowser, watchPage, type Complaints } from './browser.js';

if (browserProgram === undefined) console.warn('not run (this machine has no chromium): the console in a browser');

const project = 'console';
const known = { ...event(), user: { external_user_id: 'ana-of-the-console' } };
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

/** One story on one hub: each test goes on where the one before ended. */
describe.skipIf(browserProgram === undefined)('the console', () => {
  let hub: TestHub;
  let browser: Browser;
  let page: Page;
  let complaints: Complaints;
  let ingestToken = '';

  beforeAll(async () => {
    hub = await startTestHub({ projects: [project], environment: { PROBE_SECONDS: '1' } });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    complaints = await watchPage(page, new URL(hub.hub.api.url).origin);
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 });

  async function goTo(place: string, title: string | RegExp): Promise<void> {
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place }).click();
    await heading(title).waitFor();
  }

  async function send(sent: readonly object[]): Promise<void> {
    const response = await fetch(`${hub.hub.api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ingestToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: sent }),
    });
    expect(response.status).toBe(200);
  }

  it('signs in with an admin token, which no address, storage or script keeps', async () => {
    await page.goto(hub.hub.api.url);
    await page.getByLabel('Admin token').fill('cur_admin_wrong');
    await button('Sign in').click();
    await page.getByText('this admin token does not exist or has been revoked').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await page.getByLabel('Admin token').fill(hub.hub.adminToken ?? '');
    await button('Sign in').click();
    await heading('Overview').waitFor();
    await page.reload();
    await heading('Overview').waitFor();
    const kept = await page.evaluate<string>(
      'JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(kept).not.toContain('cur_');
  });

  it('makes an ingest token, shown once with a command that uses it', async () => {
    await goTo('Keys', 'Keys');
    await button('New ingest token').click();
    await page.getByLabel('Name').fill('From the console');
    await button('Create').click();
    ingestToken = (await page.getByLabel('Secret').textContent()) ?? '';
    expect(ingestToken).toMatch(/^cur_ingest_/);
    expect(await page.getByLabel('Command').textContent()).toContain(`${hub.hub.api.url}/v1/events`);
    await button('Close').click();
    await page.getByRole('cell', { name: 'From the console' }).waitFor();
    expect(await page.content()).not.toContain(ingestToken);
  });

  it('makes an admin token of a role, and revokes it once its id is typed', async () => {
    await button('New admin token').click();
    await page.getByLabel('Name').fill('For a dashboard');
    await button('Create').click();
    expect(await page.getByLabel('Secret').textContent()).toMatch(/^cur_admin_/);
    await button('Close').click();
    const row = page.getByRole('row', { name: /^For a dashboard Viewer Valid/ });
    await row.getByRole('button', { name: 'Revoke…' }).click();
    const asked = (await page.getByText(/^Type .* to confirm/).textContent()) ?? '';
    await page.getByLabel(/^Type .* to confirm/).fill(asked.split(' ')[1] ?? '');
    await button('Revoke').last().click();
    await page.getByRole('row', { name: /^For a dashboard Viewer Revoked/ }).waitFor();
  });

  it('creates a Current, and launches it once its credentials work', async () => {
    await goTo('Currents', 'Currents');
    await page.getByRole('link', { name: 'New Current' }).click();
    await heading('New Current').waitFor();
    await page.getByRole('radio', { name: 'Mixpanel' }).check();
    await page.getByLabel('Name', { exact: true }).fill('Product analytics');
    await page.getByLabel('Contact').fill('ana@example.com');
    await page.getByLabel('token', { exact: true }).fill('f'.repeat(32));
    await page.getByLabel('region').selectOption('eu');
    await page.getByLabel(/^baseUrl/).fill(hub.mixpanel.url);
    await page
      .getByText(/Mixpanel refuses|refused/)
      .first()
      .waitFor();
    await page.getByRole('checkbox', { name: /^Message engagement/ }).check();
    await button('Preview the last events').click();
    await page.getByText('No events are stored yet.').waitFor();
    await page.getByLabel('Request body').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await button('Create draft').click();
    await heading('Product analytics').waitFor();
    await button('Launch').click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('token', { exact: true }).fill(tokenOf(project));
    await button('Use these credentials').click();
    await page.getByText('The new credentials are stored').waitFor();
    await page.getByLabel('Launch from').fill('2026-01-31T09:30');
    await button('Launch').click();
    await page.getByText('It is live.').waitFor();
  });

  it('sends a test event, which is in no count', async () => {
    await button('Send a test event').click();
    await page.getByText('The destination accepted it.').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
  });

  it('counts events by outcome', async () => {
    await send([known, ...events(19)]);
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('row', { name: /^Delivered.* 20 / }).waitFor();
    expect(await findInaccessible(page)).toEqual([]);
  });

  it('previews the last events, by type and with their requests', async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await button('Preview the last events').click();
    await page.getByText('Of the last 20 events').waitFor();
    await page.locator('details > summary').first().click();
    await page.getByLabel('Request body').first().waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await page.getByRole('link', { name: 'Health' }).click();
  });

  it('finds an event by its id and by its user, with the way that it went', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('nobody-has-this-id');
    await page.keyboard.press('Enter');
    await page.getByText('No event, user or device has the id').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(known.user.external_user_id);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: known.id, exact: true }).first().click();
    await page
      .getByRole('listitem')
      .filter({ hasText: /^Accepted.*From the console/ })
      .waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: /^Delivered.*Product analytics/ })
      .waitFor();
    await page.getByLabel('Event as it came in').waitFor();
    await page.getByLabel('Request to the destination').filter({ hasText: known.id }).waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await page.getByRole('main').getByRole('link', { name: 'Product analytics' }).first().click();
    await heading('Product analytics').waitFor();
  });

  it('shows a Current that its destination refuses, when it is tried again, and its recovery with new credentials', async () => {
    hub.mixpanel.control.addFault(revoked);
    await send(events(5));
    await page.getByText('Blocked', { exact: true }).first().waitFor();
    await page.locator('.countdown').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await goTo('Overview', 'Overview');
    await page
      .getByRole('cell', { name: 'Critical' })
      .or(page.getByRole('cell', { name: 'Warning' }))
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Product analytics' }).first().click();
    hub.mixpanel.control.removeFault(revoked.id);
    await page.getByLabel('token', { exact: true }).fill(tokenOf(project));
    await button('Use these credentials').click();
    await page.getByRole('row', { name: /^Delivered.* 25 / }).waitFor();
  });

  it('shows a dead letter with its event, and replays it after a plan', async () => {
    await send(events(1, { user: { external_user_id: 'null' } }));
    await page.getByRole('row', { name: /^Rejected.* 1 / }).waitFor();
    await page
      .getByRole('row', { name: /^Rejected.* 1 / })
      .getByRole('link')
      .click();
    await heading('Dead letters').waitFor();
    await page.getByRole('table').getByRole('button').first().click();
    await page.getByLabel('Event', { exact: true }).waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await button(/^Plan a replay/).click();
    await button('Replay 1 events').click();
    await page.getByText(/^The replay is/).waitFor();
    await goTo('Jobs', 'Jobs');
    await page.getByRole('cell', { name: /^Replay dead letters ?asked by/ }).waitFor();
  });

  it('is accessible on every screen, in light and dark, and reached by the keyboard', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [key, title] of Object.entries({
        ...{ o: 'Overview', c: 'Currents', f: 'Find an event', d: 'Dead letters', q: 'Quarantine' },
        ...{ s: 'Cohorts and segments', k: 'Keys', j: 'Jobs', a: 'Activity' },
        ...{ t: 'Live tail', h: 'Hub' },
      })) {
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await heading(title).waitFor();
        await page.getByText('Loading…').waitFor({ state: 'hidden' });
        expect(await findInaccessible(page), `${title}, ${colorScheme}`).toEqual([]);
      }
    }
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await heading('Currents').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('nothing has this name');
    await page.getByText('No Current is here').waitFor();
    expect(new URL(page.url()).hash).toContain('search=nothing');
  });

  it('follows events and outcomes as they happen', async () => {
    await goTo('Live tail', 'Live tail');
    await page.getByLabel('What').selectOption('DELIVERED');
    expect(new URL(page.url()).hash).toContain('kind=DELIVERED');
    const row = page.getByRole('row', { name: /Delivered.*Product analytics/ }).first();
    // The demand reaches the worker a moment later, so events go on coming until one is shown.
    for (let count = 0; count < 60 && !(await row.isVisible()); count++) {
      await send(events(2));
      await row.waitFor({ timeout: 500 }).catch(() => undefined);
    }
    await row.waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await button('Pause').click();
    await page.getByText('Paused.').waitFor();
  });

  it('tells what the hub consists of, without a secret', async () => {
    await goTo('Hub', 'Hub');
    await page.getByRole('row', { name: /^MASTER_KEY set, not shown/ }).waitFor();
    await page.getByRole('cell', { name: 'batch', exact: true }).waitFor();
    expect(await findInaccessible(page)).toEqual([]);
  });

  it('offers its queries as GraphQL and curl', async () => {
    await button('Copy query').click();
    await button('Copy as curl').first().waitFor();
    await page.keyboard.press('Escape');
  });

  it('signs out, and keeps within its policy and its origin all the time', async () => {
    await button('Sign out').click();
    await button('This browser').click();
    await page.getByLabel('Admin token').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    expect(complaints.all).toEqual([]);
  });
});
