import type { Locator, Page } from 'playwright-core';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import type { TestHub } from '../endToEnd/testHub.js';
import { readCurl } from '../readme/curl.js';
import type { UserInput } from './userInput.js';

/** A browser at the console of a hub, and how it is used. */
export interface Story {
  readonly page: Page;
  readonly hub: TestHub;
  readonly by: UserInput;
}

export const buttonOf = (page: Page, name: string | RegExp): Locator => page.getByRole('button', { name });
export const headingOf = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { name, level: 1 });

export async function goTo({ page, by }: Story, place: string, title: string | RegExp): Promise<void> {
  await by.press(page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place }));
  await headingOf(page, title).waitFor();
}

/** Sends events as the platform does. Throws if the hub does not store them. */
export async function sendEvents({ hub }: Story, ingestToken: string, sent: readonly object[]): Promise<void> {
  const response = await fetch(`${hub.hub.api.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ingestToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: sent }),
  });
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${await response.text()}`);
}

export async function signIn({ page, by, hub }: Story): Promise<void> {
  await by.fill(page.getByLabel('Admin token'), hub.hub.adminToken ?? '');
  await by.press(buttonOf(page, 'Sign in'));
  await headingOf(page, 'Overview').waitFor();
}

/** Does what a curl command does that the console shows. */
export async function runCommand(command: string): Promise<void> {
  const { url, ...request } = readCurl(command);
  const response = await fetch(url, request as RequestInit);
  if (response.status !== 200) throw new Error(`expected 200, got ${response.status}: ${await response.text()}`);
}

/** Leaves the dialog open that shows the token. Returns the token. */
export async function createIngestToken({ page, by }: Story, name: string): Promise<string> {
  await by.press(buttonOf(page, 'New ingest token'));
  await by.fill(page.getByLabel('Name'), name);
  await by.press(buttonOf(page, 'Create'));
  return (await page.getByLabel('Secret').textContent()) ?? '';
}

/** Fills the form of a Current to Mixpanel, with behaviour and message engagement, and previews what it would send. */
export async function describeCurrent(story: Story, name: string, token: string): Promise<void> {
  const { page, by, hub } = story;
  await by.press(page.getByRole('link', { name: 'New Current' }));
  await headingOf(page, 'New Current').waitFor();
  await by.tick(page.getByRole('radio', { name: 'Mixpanel' }));
  await by.fill(page.getByLabel('Name', { exact: true }), name);
  await by.fill(page.getByLabel('Contact'), 'ana@example.com');
  await by.fill(page.getByLabel('token', { exact: true }), token);
  await by.choose(page.getByLabel('region'), 'eu');
  await by.fill(page.getByLabel(/^baseUrl/), hub.mixpanel.url);
  await by.tick(page.getByRole('checkbox', { name: /^Customer behaviour/ }));
  await by.tick(page.getByRole('checkbox', { name: /^Message engagement/ }));
  await by.press(buttonOf(page, 'Preview the last events'));
  await page
    .getByText('No events are stored yet.')
    .or(page.getByText(/^Of the last \d+ events/))
    .waitFor();
  await page.getByLabel('Request body').first().waitFor({ state: 'attached' });
}

export async function createDraft({ page, by }: Story, name: string): Promise<void> {
  await by.press(buttonOf(page, 'Create draft'));
  await headingOf(page, name).waitFor();
}

/** Enters the token with which the project accepts events. */
export async function repairCredentials({ page, by }: Story, project: string): Promise<void> {
  await by.fill(page.getByLabel('token', { exact: true }), tokenOf(project));
  await by.press(buttonOf(page, 'Use these credentials'));
}

export async function launchFrom({ page, by }: Story, moment: string): Promise<void> {
  await by.fillTime(page.getByLabel('Launch from'), moment);
  await by.press(buttonOf(page, 'Launch'));
  await page.getByText('It is live.').waitFor();
}

/** From the health of a Current with dead letters: opens the event of the latest. */
export async function openDeadLetter({ page, by }: Story): Promise<void> {
  const rejected = page.getByRole('row', { name: /^Rejected.* [1-9]/ });
  await by.press(rejected.getByRole('link'));
  await headingOf(page, 'Dead letters').waitFor();
  await by.press(page.getByRole('table').getByRole('button').first());
  await page.getByLabel('Event', { exact: true }).waitFor();
}

export async function replayDeadLetter(story: Story): Promise<void> {
  const { page, by } = story;
  await page.keyboard.press('Escape');
  await by.press(buttonOf(page, /^Plan a replay/));
  await by.press(buttonOf(page, /^Replay \d+ events/));
  await page.getByText(/^The replay is/).waitFor();
}
