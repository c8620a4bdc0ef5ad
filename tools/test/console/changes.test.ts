import { randomBytes } from 'node:crypto';
import { createSeal } from '@currents/core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { events } from '../endToEnd/events.js';
import { createImportKey, pushCohort } from '../endToEnd/pushCohort.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { openNoticeReceiver } from '../notices/noticeReceiver.js';
import {
  browserProgram,
  findInaccessible,
  openBrowser,
  printPageOfFailures,
  watchPage,
  type Complaints,
} from './browser.js';

if (browserProgram === undefined)
  console.warn('not run (this machine has no chromium): changes in the console in a browser');

const [project, nextProject] = ['changes', 'changes-next'];
/** Opens secrets, and seals none. */
const formerKey = randomBytes(32);

/** One story on one hub, as in `console.test.ts`: what an admin changes about a Current that is live. */
describe.skipIf(browserProgram === undefined)('changes in the console', () => {
  let hub: TestHub;
  let browser: Browser;
  let page: Page;
  let complaints: Complaints;
  let currentId = '';
  let receiver: Awaited<ReturnType<typeof openNoticeReceiver>>;
  const stored = events(20);

  beforeAll(async () => {
    hub = await startTestHub({
      projects: [project, nextProject],
      environment: {
        PROBE_SECONDS: '1',
        NOTICE_GROUP_SECONDS: '0',
        MASTER_KEY_FALLBACKS: formerKey.toString('base64'),
      },
    });
    currentId = `cur_${await hub.launch(project)}`;
    expect(await hub.post(stored)).toMatchObject({ status: 200 });
    receiver = await openNoticeReceiver();
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(20_000);
    complaints = await watchPage(page, new URL(hub.hub.api.url).origin);
    await page.goto(`${hub.hub.api.url}/#/currents/${currentId}`);
    await page.getByLabel('Admin token').fill(hub.hub.adminToken ?? '');
    await button('Sign in').click();
    await page.getByRole('row', { name: /^Delivered.* 20 / }).waitFor();
  });
  printPageOfFailures(() => page);
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
    await receiver?.close();
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
    const last = page.getByRole('dialog').getByRole('button', { name: action, exact: true });
    const asked = (await page.getByText(/^Type .* to confirm/).textContent()) ?? '';
    expect(await last.isDisabled()).toBe(true);
    await page.getByLabel(/^Type .* to confirm/).fill(asked.replace(/^Type (.*) to confirm$/, '$1'));
    await last.click();
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
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox', { name: /^Message engagement/ }).check();
    await page.getByRole('checkbox', { name: /^Customer behaviour/ }).uncheck();
    await button('Plan the change').click();
    await page.getByText(/^\d+ event types fewer/).waitFor();
    await page.getByText('All of them end as they do now.').waitFor();
    await confirm('Change it');
    await page.getByText('It is changed, from its next request on.').waitFor();
    await page.getByRole('heading', { name: 'Changes of the console', level: 1 }).waitFor();
    await page.getByText('Nothing is different from now.').waitFor();
    await openTab('Settings');
    await page.getByText('bo@example.com').waitFor();
    await page.getByText('0 ms').waitFor();
  });

  it('asks for the credentials again when a setting would send them to another host', async () => {
    await openTab('Edit');
    const address = page.getByLabel('baseUrl');
    const present = await address.inputValue();
    const other = present.replace('//127.0.0.1', '//localhost');
    expect(other).not.toBe(present);
    await address.fill(other);
    await button('Plan the change').click();
    await confirm('Change it');
    await page.getByText(`would be sent to ${other}`).first().waitFor();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Kind').selectOption('projectToken');
    await dialog.getByLabel('token').fill(tokenOf(project));
    await expectAccessible();
    await dialog.getByRole('button', { name: 'Change it' }).click();
    await page.getByText('It is changed, from its next request on.').waitFor();
    expect(await address.inputValue()).toBe(other);
    expect(await page.content()).not.toContain(tokenOf(project));
  });

  it('adds, orders and removes field rules, shows an event before and after, and stores them after a plan', async () => {
    await openTab('Field rules');
    await page.getByText('There is no rule').waitFor();
    await page.getByLabel('Event', { exact: true }).waitFor();
    await page.getByLabel('Fields, one a line').fill('campaign_name\n$city');
    await button('Add the rule').click();
    await page.getByLabel('What it does').selectOption('constant');
    await page.getByLabel('Name', { exact: true }).fill('sent_by');
    await page.getByLabel('Value', { exact: true }).fill('the hub');
    await button('Add the rule').click();
    await page.getByLabel('What it does').selectOption('hash');
    await page.getByLabel('Fields, one a line').fill('user.external_user_id');
    await button('Add the rule').click();
    await button('Move up: Hash values: user.external_user_id').click();
    await page.getByLabel('With these rules').filter({ hasText: '"sent_by": "the hub"' }).waitFor();
    expect(await page.getByLabel('As it is sent now').textContent()).not.toContain('sent_by');
    await button(/^Remove: Take fields out/).click();
    expect(await page.getByRole('list', { name: 'Rules, in order' }).innerText()).toMatch(
      /^Hash values[^]*Add sent_by/,
    );
    await page.getByLabel(/^Without contact details/).check();
    await expectAccessible();
    await button('Plan the change').click();
    await page.getByText('Of the last 20 events.').waitFor();
    await expectAccessible();
    await confirm('Change it');
    await page.getByText('Nothing is different from now.').waitFor();
    await page.getByLabel('As it is sent now').filter({ hasText: '"sent_by": "the hub"' }).waitFor();
  });

  it('shows that field rules of a later release cannot be read, and replaces them only when that is confirmed', async () => {
    const later = { version: 99, isWithoutContactDetails: false, rules: [{ mask: { fields: ['email'] } }] };
    await hub.sql`update current set field_rules = ${hub.sql.json(later)}, version = version + 1`;
    await page.reload();
    await page.getByText('A later release of the hub stored the field rules.').waitFor();
    expect(await page.getByText('There is no rule').count()).toBe(0);
    await expectAccessible();
    await button('Replace them…').click();
    await button('Plan the change').click();
    await page.getByText('Rules of a later release are replaced').waitFor();
    const [stored] = await hub.sql`select field_rules from current`;
    expect(stored).toEqual({ field_rules: later });
    await confirm('Change it');
    await page.getByText('Nothing is different from now.').waitFor();
    await page.getByText('There is no rule').waitFor();
  });

  it('draws outcomes by reason over the days, with a legend that leads to the lists', async () => {
    await hub.post([...events(3, { user: { external_user_id: 'null' } }), ...events(2, { user: {} })]);
    await openTab('Health');
    await page.getByRole('link', { name: /^Rejected: \S+ 3$/ }).waitFor();
    const skipped = page.getByRole('link', { name: /^Skipped: \S+ 2$/ });
    await skipped.waitFor();
    await expectAccessible();
    await skipped.click();
    await page.getByRole('table').getByRole('row').nth(2).waitFor();
    expect(new URL(page.url()).hash).toMatch(/\/skipped\?reason=/);
    await page.goBack();
    await page.getByRole('link', { name: /^Rejected: \S+ 3$/ }).click();
    await page.getByRole('heading', { name: 'Dead letters', level: 1 }).waitFor();
    expect(new URL(page.url()).hash).toMatch(/\/dead-letters\?current=cur_\d+&code=/);
    await page.goBack();
  });

  it('replays events by time and outcome after a plan, and shows what becomes of them', async () => {
    await openTab('Replay');
    await page.getByLabel('Accepted from').fill('2026-01-31T09:30');
    expect(new URL(page.url()).hash).toMatch(/from=2026-01-3/);
    await button('Plan the replay').click();
    await page.getByText(/^3, about \d+/).waitFor();
    await expectAccessible();
    await button('Replay 3 events…').click();
    await confirm('Replay');
    await page.getByText('Done', { exact: true }).waitFor();
    await page.getByRole('row', { name: /^Rejected 3$/ }).waitFor();
    await expectAccessible();
  });

  it('says which events the destination has already, and cancels a replay that is not sent yet', async () => {
    await button('Pause').first().click();
    await page.getByText('It is paused.').waitFor();
    for (const outcome of ['Rejected', 'Expired']) await page.getByLabel(outcome, { exact: true }).uncheck();
    await page.getByText('Choose how the events ended').waitFor();
    await page.getByLabel('Delivered', { exact: true }).check();
    await button('Plan the replay').click();
    await page.getByText('20 are recognised and count once.').waitFor();
    await page
      .getByText(/the Current is not live|is not live/i)
      .first()
      .waitFor();
    await button('Replay 20 events…').click();
    await confirm('Replay');
    await page.getByRole('row', { name: /^Pending 20$/ }).waitFor();
    await button('Cancel…').click();
    await confirm('Cancel the job');
    await page.getByRole('row', { name: /^Cancelled 20$/ }).waitFor();
    await button('Resume').first().click();
    await page.getByText('It is live again.').waitFor();
  });

  it('sends notices to a webhook whose secrets are shown once, and mutes them', async () => {
    await page.getByRole('link', { name: 'Notices' }).last().click();
    await page.getByText('No notice is here.').waitFor();
    await page.getByText('Nothing is muted.').waitFor();
    await page.getByText('No webhook is here.').waitFor();
    await expectAccessible();
    await button('New notice webhook').click();
    await page.getByLabel('Address').fill(receiver.url);
    await button('Create').click();
    receiver.secret = (await page.getByLabel('Secret', { exact: true }).textContent()) ?? '';
    await button('Close').click();
    await button(/^Test$/).click();
    await page.getByText('The receiver accepted a signed request.').waitFor();
    await button('Send a test notice').click();
    await page.getByRole('row', { name: /Test .* Sent / }).waitFor();
    await expect.poll(() => receiver.received.map(({ type }) => type)).toContain('notice.test');
    await button('New secret…').click();
    await confirm('Make a new secret');
    const [former, secret] = [receiver.secret, (await page.getByLabel('Secret', { exact: true }).textContent()) ?? ''];
    expect(secret).not.toBe(former);
    receiver.secret = secret;
    await button('Close').click();
    await button(/^Test$/).click();
    await expect.poll(() => receiver.received.filter(({ type }) => type === 'notice.ping').length).toBe(2);
    expect(receiver.complaints).toEqual([]);
    await page.getByText(/^signed with the former secret as well/).waitFor();
    await button(/^Mute$/).click();
    await page
      .getByRole('row', { name: /^Changes of the console in (59|60) minutes|^Changes of the console in 1 hour/ })
      .waitFor();
    await expectAccessible();
    await button('End the mute').click();
    await page.getByText('Nothing is muted.').waitFor();
    await button('Delete…').click();
    await page.getByText('0 waiting notices are not sent to it.').waitFor();
    await confirm('Delete');
    await page.getByText('No webhook is here.').waitFor();
    expect(await page.content()).not.toContain('whsec_');
  });

  it('builds a segment of a cohort, and gives it a webhook whose secret is replaced and that is deleted again', async () => {
    const { api, adminToken } = hub.hub;
    const key = await createImportKey(api.url, adminToken ?? '');
    expect(await pushCohort(api.url, key, 'ada')).toBe(200);
    const { ask } = createAdminClient(api.url, adminToken ?? '');
    const members = () =>
      ask<{ cohorts: { nodes: { memberCount: number }[] } }>('{ cohorts { nodes { memberCount } } }');
    await expect.poll(async () => (await members()).cohorts.nodes, { timeout: 20_000 }).toEqual([{ memberCount: 1 }]);
    await page.goto(`${api.url}/#/cohorts/segments/new`);
    await page.getByLabel('Name', { exact: true }).fill('Who spends');
    await page.getByLabel('Condition 1: cohort').selectOption({ label: 'Big spenders (1)' });
    await button('Create segment').click();
    await page.getByRole('heading', { name: 'Who spends', level: 1 }).waitFor();
    await page.getByText('No webhook is here.').waitFor();
    await button('New webhook').click();
    await page.getByLabel('Address').fill(receiver.url);
    await button('Create').click();
    const former = (await page.getByLabel('Secret', { exact: true }).textContent()) ?? '';
    expect(former).toMatch(/^cur_webhook_/);
    await button('Close').click();
    await button('New secret…').click();
    await expectAccessible();
    await confirm('Make a new secret');
    const secret = page.getByLabel('Secret', { exact: true });
    await secret.waitFor();
    expect(await secret.textContent()).not.toBe(former);
    await button('Close').click();
    await page.getByText(/^signed with the former secret as well/).waitFor();
    await expectAccessible();
    await page.getByRole('table', { name: 'Webhooks' }).getByRole('button', { name: 'Delete…' }).click();
    await page.getByText('0 waiting changes are not sent to it.').waitFor();
    await confirm('Delete');
    await page.getByText('No webhook is here.').waitFor();
    expect(await page.content()).not.toContain('cur_webhook_');
  });

  it('previews, creates and launches a Current from an earlier time, and follows the events that were stored since', async () => {
    await page.goto(`${hub.hub.api.url}/#/currents/new`);
    await page.getByRole('radio', { name: 'Mixpanel' }).check();
    await page.getByLabel('Name', { exact: true }).fill('Launched at once');
    await page.getByLabel('Contact').fill('bo@example.com');
    await page.getByLabel('token', { exact: true }).fill(tokenOf(nextProject));
    await page.getByLabel('region').selectOption('us');
    await page.getByLabel(/^baseUrl/).fill(hub.mixpanel.url);
    await page.getByRole('checkbox', { name: /^Message engagement/ }).check();
    await button('Preview the last events').click();
    await page.getByText('Of the last 25 events').waitFor();
    await page.getByRole('row', { name: /^users.messages.email.Open [\d,]+ \d+ 0 / }).waitFor();
    await expectAccessible();
    await page.getByLabel('Launch from').fill('2026-01-31T09:30');
    await button('Create and launch').click();
    await page.getByRole('heading', { name: 'Launched at once', level: 1 }).waitFor();
    await page.getByText('Done', { exact: true }).waitFor();
    await page.getByRole('row', { name: /^Delivered 20$/ }).waitFor();
    await page.getByRole('row', { name: /^Skipped 2$/ }).waitFor();
    await page.getByRole('row', { name: /^Rejected 3$/ }).waitFor();
  });

  it('stages, tests, promotes, rolls back and retires credentials, and says what is happening', async () => {
    await page.goto(`${hub.hub.api.url}/#/currents/${currentId}/credentials`);
    await page.getByText('No rotation is under way.').waitFor();
    await expectAccessible();
    await page.getByLabel('token', { exact: true }).fill('e'.repeat(32));
    await button('Stage and test them').click();
    await page.getByText(/^The destination refuses them/).waitFor();
    await button('Use them…').click();
    await confirm('Use them');
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.keyboard.press('Escape');
    await button('Discard…').click();
    await confirm('Discard them');
    await page.getByText('No rotation is under way.').waitFor();
    await page.getByLabel('token', { exact: true }).fill(tokenOf(nextProject));
    await button('Stage and test them').click();
    await page.getByText(/^The destination accepts them/).waitFor();
    await button('Test again').click();
    await expectAccessible();
    for (const last of ['Go back', 'Delete']) {
      await button('Use them…').click();
      await confirm('Use them');
      await page.getByText('The new credentials are in use since').waitFor();
      if (last === 'Delete') break;
      await button('Go back…').click();
      await confirm('Go back');
      await page.getByText('Nothing is sent with them yet.').waitFor();
    }
    await hub.post(events(2));
    await page.getByText('The destination accepted events with them').waitFor();
    await expectAccessible();
    await button('Delete the former ones…').click();
    await confirm('Delete them');
    await page.getByText('No rotation is under way.').waitFor();
    expect(await page.content()).not.toContain(tokenOf(nextProject));
  });

  it('seals secrets under a former master key anew, after it has counted them', async () => {
    const credentials = JSON.stringify({ kind: 'projectToken', token: tokenOf(nextProject) });
    const sealed = createSeal(formerKey).seal(credentials, `current:${currentId.replace('cur_', '')}`);
    await hub.sql`update current set credentials = ${sealed} where name = ${'Changes of the console'}`;
    await page.getByRole('link', { name: 'Hub', exact: true }).click();
    await page.getByText('Nothing was sealed anew yet.').waitFor();
    await button('Count secrets under former keys').click();
    await page.getByText('1 secrets are under a former key.').waitFor();
    await button('Seal 1 secrets anew…').click();
    await confirm('Seal them');
    await page.getByText('1 secrets were sealed anew.').waitFor();
    await expectAccessible();
    await button('Count secrets under former keys').click();
    await page.getByText('All secrets are under the present key').waitFor();
  });

  it('fills lists and maps of settings by keyboard, and takes one entry of a map away again', async () => {
    const { keyboard } = page;
    await page.goto(`${hub.hub.api.url}/#/currents/new`);
    await page.getByRole('radio', { name: 'HTTP' }).check();
    await page.getByLabel('Name', { exact: true }).fill('A receiver');
    await page.getByLabel('Contact').fill('bo@example.com');
    await page.getByLabel('url', { exact: true }).fill('https://receiver.example.com/events');
    await button('Add to headers').focus();
    await keyboard.press('Enter');
    // The focus is in the box that was added.
    await keyboard.type('not a header');
    await keyboard.press('Tab');
    await keyboard.type('growth');
    await page.getByRole('checkbox', { name: /^Message engagement/ }).check();
    await button('Create draft').click();
    const headers = page.getByRole('group', { name: /^headers/ });
    await headers.locator('.wrong').waitFor();
    await expectAccessible();
    await page.getByLabel('headers 1: name').fill('x-team');
    await button('Add to headers').click();
    await keyboard.type('x-team');
    await headers.getByText('expected each name once, got x-team twice').waitFor();
    await page.getByLabel('headers 2: name').fill('x-stage');
    await page.getByLabel('headers 2: value').fill('live');
    await button('Create draft').click();
    await page.getByRole('heading', { name: 'A receiver', level: 1 }).waitFor();
    await openTab('Settings');
    const settings = page.getByLabel('Settings', { exact: true });
    await settings.filter({ hasText: /"headers": \{\s*"x-team": "growth",\s*"x-stage": "live"\s*\}/ }).waitFor();
    await openTab('Edit');
    await button('Remove headers 1').click();
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Add to headers');
    await button('Plan the change').click();
    await page.getByText('{"x-stage":"live"}', { exact: true }).waitFor();
    await confirm('Change it');
    await page.getByText('It is changed, from its next request on.').waitFor();
    await openTab('Settings');
    await settings.filter({ hasText: /"headers": \{\s*"x-stage": "live"\s*\}/ }).waitFor();

    await page.goto(`${hub.hub.api.url}/#/currents/new`);
    await page.getByRole('radio', { name: 'PostHog' }).check();
    await page.getByLabel('Name', { exact: true }).fill('PostHog in Europe');
    await page.getByLabel('Contact').fill('bo@example.com');
    await page.getByLabel('projectToken').fill('phc_of_the_console');
    await page.getByLabel('region').selectOption('eu');
    for (const property of ['dropped', 'city', 'plan']) {
      await button('Add to personProperties').focus();
      await keyboard.press('Enter');
      await keyboard.type(property);
    }
    await button('Remove personProperties 1').click();
    await expectAccessible();
    await page.getByRole('checkbox', { name: /^Message engagement/ }).check();
    await button('Create draft').click();
    await page.getByRole('heading', { name: 'PostHog in Europe', level: 1 }).waitFor();
    await openTab('Settings');
    await settings.filter({ hasText: /"personProperties": \[\s*"city",\s*"plan"\s*\]/ }).waitFor();
  });

  it('keeps within its policy and its origin all the time', () => {
    expect(complaints.all).toEqual([]);
  });
});
