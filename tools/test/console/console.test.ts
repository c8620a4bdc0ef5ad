import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { event, events } from '../endToEnd/events.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import {
  browserProgram,
  findInaccessible,
  openBrowser,
  printPageOfFailures,
  watchPage,
  type Complaints,
} from './browser.js';
import { describeKeyboardStory } from './keyboardStory.js';
import {
  buttonOf,
  createDraft,
  createIngestToken,
  describeCurrent,
  goTo,
  headingOf,
  launchFrom,
  openDeadLetter,
  repairCredentials,
  replayDeadLetter,
  runCommand,
  sendEvents,
  signIn,
  type Story,
} from './story.js';
import { byPointer } from './userInput.js';

if (browserProgram === undefined) console.warn('not run (this machine has no chromium): the console in a browser');

const viewport = { width: 1280, height: 900 };
const project = 'console';
const keyboardProject = 'keyboard';
const known = { ...event(), user: { external_user_id: 'ana-of-the-console' } };
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

/** One story on one hub: each test goes on where the one before ended. */
describe.skipIf(browserProgram === undefined)('the console', () => {
  let hub: TestHub;
  let browser: Browser;
  let page: Page;
  let story: Story;
  let complaints: Complaints;
  let ingestToken = '';
  let command = '';

  beforeAll(async () => {
    hub = await startTestHub({ projects: [project, keyboardProject], environment: { PROBE_SECONDS: '1' } });
    browser = await openBrowser();
    page = await browser.newPage({ viewport });
    page.setDefaultTimeout(20_000);
    complaints = await watchPage(page, new URL(hub.hub.api.url).origin);
    story = { page, hub, by: byPointer };
  });
  printPageOfFailures(() => page);
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  const button = (name: string | RegExp) => buttonOf(page, name);
  const heading = (name: string | RegExp) => headingOf(page, name);
  const send = (sent: readonly object[]) => sendEvents(story, ingestToken, sent);

  it('signs in with an admin token, which no address, storage or script keeps', async () => {
    await page.goto(hub.hub.api.url);
    await page.getByLabel('Admin token').fill('cur_admin_wrong');
    expect(complaints.logged).toEqual([]);
    await button('Sign in').click();
    await page.getByText('this admin token does not exist or has been revoked').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await signIn(story);
    await page.reload();
    await heading('Overview').waitFor();
    const kept = await page.evaluate<string>(
      'JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(kept).not.toContain('cur_');
  });

  it('makes an ingest token, shown once with a command that uses it', async () => {
    await goTo(story, 'Keys', 'Keys');
    ingestToken = await createIngestToken(story, 'From the console');
    expect(ingestToken).toMatch(/^cur_ingest_/);
    command = (await page.getByLabel('Command').textContent()) ?? '';
    expect(command).toContain(`${hub.hub.api.url}/v1/events`);
    await button('Close').click();
    await page.getByRole('cell', { name: 'From the console' }).waitFor();
    await page.getByLabel('Secret').waitFor({ state: 'detached' });
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
    await goTo(story, 'Currents', 'Currents');
    await describeCurrent(story, 'Product analytics', 'f'.repeat(32));
    await page
      .getByText(/Mixpanel refuses|refused/)
      .first()
      .waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await createDraft(story, 'Product analytics');
    await button('Launch').click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await repairCredentials(story, project);
    await page.getByText('The new credentials are stored').waitFor();
    await launchFrom(story, '2026-01-31T09:30');
  });

  it('sends a test event, which is in no count', async () => {
    await button('Send a test event').click();
    await page.getByText('The destination accepted it.').waitFor();
    expect(await findInaccessible(page)).toEqual([]);
  });

  it('counts events by outcome, first the one of the command that it has shown', async () => {
    await page.getByRole('link', { name: 'Health' }).click();
    const sentMs = performance.now();
    await runCommand(command);
    await page.getByRole('row', { name: /^Delivered.* 1 / }).waitFor();
    console.info(`counted ${Math.round(performance.now() - sentMs)} ms after it was sent`);
    await send([known, ...events(19)]);
    await page.getByRole('row', { name: /^Delivered.* 21 / }).waitFor();
    expect(await findInaccessible(page)).toEqual([]);
  });

  it('previews the last events, by type and with their requests', async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await button('Preview the last events').click();
    await page.getByText('Of the last 21 events').waitFor();
    await page.locator('details > summary').first().click();
    await page.getByLabel('Request body').first().waitFor();
    expect(await findInaccessible(page)).toEqual([]);
    await page.getByRole('link', { name: 'Health' }).click();
    // A new screen takes the focus, also from a box into which a fast typist has begun to type.
    await page.getByRole('row', { name: /^Delivered/ }).waitFor();
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
    await goTo(story, 'Overview', 'Overview');
    await page
      .getByRole('cell', { name: 'Critical' })
      .or(page.getByRole('cell', { name: 'Warning' }))
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Product analytics' }).first().click();
    hub.mixpanel.control.removeFault(revoked.id);
    await repairCredentials(story, project);
    await page.getByRole('row', { name: /^Delivered.* 26 / }).waitFor();
    await page.getByRole('link', { name: 'History', exact: true }).click();
    await page.getByRole('row', { name: /the hub Block .*done/ }).waitFor();
    await page.getByRole('link', { name: 'Health', exact: true }).click();
  });

  it('shows a dead letter with its event, and replays it after a plan', async () => {
    await send(events(1, { user: { external_user_id: 'null' } }));
    await openDeadLetter(story);
    expect(await findInaccessible(page)).toEqual([]);
    await replayDeadLetter(story);
    await goTo(story, 'Jobs', 'Jobs');
    await page.getByRole('cell', { name: /^Replay dead letters ?asked by/ }).waitFor();
  });

  // The last is a telephone. Each is a test of its own, because a dozen scans take a slow machine most of its time limit.
  it.each([
    ['light', viewport.width],
    ['dark', viewport.width],
    ['light', 390],
  ] as const)('is accessible on every screen, reached by the keyboard: %s, %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ ...viewport, width });
    for (const [key, title] of Object.entries({
      ...{ o: 'Overview', c: 'Currents', f: 'Find an event', d: 'Dead letters', q: 'Quarantine' },
      ...{ s: 'Cohorts and segments', k: 'Keys', j: 'Jobs', a: 'Activity' },
      ...{ t: 'Live tail', h: 'Hub', n: 'Notices' },
    })) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await heading(title).waitFor();
      await expect.poll(() => page.getByText('Loading…').count()).toBe(0);
      const screen = `${title}, ${colorScheme}, ${width} pixels`;
      expect(await findInaccessible(page), screen).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), screen).toBeLessThanOrEqual(width);
    }
  });

  it('keeps what a list is searched for in the address', async () => {
    await page.setViewportSize(viewport);
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await heading('Currents').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('nothing has this name');
    await page.getByText('No Current is here').waitFor();
    expect(new URL(page.url()).hash).toContain('search=nothing');
  });

  it('follows events and outcomes as they happen', async () => {
    await goTo(story, 'Live tail', 'Live tail');
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
    await goTo(story, 'Hub', 'Hub');
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

  describeKeyboardStory(() => ({ hub, browser }), keyboardProject);
});
