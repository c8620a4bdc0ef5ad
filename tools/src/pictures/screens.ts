import type { Page } from 'playwright-core';

/** What the pictures show: ids of objects of the demo's hub. */
export interface Shown {
  readonly everythingId: string;
  readonly healthyId: string;
  readonly blockedId: string;
  readonly throttledId: string;
  readonly cohortId: string;
  readonly segmentId: string;
  /** A live sync of the segment. */
  readonly syncId: string;
  /** An event that one Current rejected. */
  readonly eventId: string;
  /** A user with several events. */
  readonly userId: string;
}

/** A picture of one screen. */
export interface Screen {
  /** The name of its files, before `-light.webp` and `-dark.webp`. */
  readonly name: string;
  /** The place in the console, after #. */
  readonly place: string;
  /** The title of the screen. */
  readonly title: string | RegExp;
  /** The height in pixels, where the usual one hides what matters. */
  readonly height?: number;
  /** What is done on the screen before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Every screen of the console, in the order of its menu. Each has a passage in docs/console/README.md. */
export function screensOf(shown: Shown): readonly Screen[] {
  return [
    { name: 'overview', place: '/', title: 'Overview', height: 1_200 },
    { name: 'currents', place: '/currents', title: 'Currents' },
    { name: 'current', place: `/currents/${shown.healthyId}?span=hour`, title: 'Email and push to Mixpanel' },
    { name: 'current-blocked', place: `/currents/${shown.blockedId}`, title: 'Purchases to the finance project' },
    {
      name: 'current-skipped',
      place: `/currents/${shown.everythingId}/skipped`,
      title: 'Everything to Mixpanel',
    },
    {
      name: 'current-throttled',
      place: `/currents/${shown.throttledId}/throttled`,
      title: 'App sessions to Amplitude',
    },
    {
      name: 'current-settings',
      place: `/currents/${shown.healthyId}/settings`,
      title: 'Email and push to Mixpanel',
    },
    { name: 'current-edit', place: `/currents/${shown.healthyId}/edit`, title: 'Email and push to Mixpanel' },
    { name: 'current-rules', place: `/currents/${shown.healthyId}/rules`, title: 'Email and push to Mixpanel' },
    { name: 'current-replay', place: `/currents/${shown.healthyId}/replay`, title: 'Email and push to Mixpanel' },
    {
      name: 'current-history',
      place: `/currents/${shown.blockedId}/history`,
      title: 'Purchases to the finance project',
    },
    { name: 'new-current', place: '/currents/new', title: 'New Current', prepare: fillNewCurrent },
    { name: 'new-current-settings', place: '/currents/new', title: 'New Current', prepare: fillSettings },
    { name: 'new-current-events', place: '/currents/new', title: 'New Current', prepare: showTree },
    { name: 'event', place: `/find?q=${shown.eventId}`, title: /^Event|^Find/ },
    { name: 'user', place: `/find?q=${shown.userId}`, title: /^Find/ },
    { name: 'live-tail', place: '/live-tail', title: 'Live tail', prepare: waitForRows },
    { name: 'dead-letters', place: `/dead-letters?current=${shown.everythingId}`, title: 'Dead letters' },
    { name: 'quarantine', place: '/quarantine', title: 'Quarantine' },
    { name: 'cohorts', place: '/cohorts', title: 'Cohorts and segments' },
    { name: 'cohort', place: `/cohorts/${shown.cohortId}`, title: 'Big spenders' },
    {
      name: 'segment',
      place: `/cohorts/segments/${shown.segmentId}`,
      title: 'Big spenders who are active',
      prepare: waitForChanges,
    },
    { name: 'new-segment', place: '/cohorts/segments/new', title: 'New segment' },
    {
      name: 'new-segment-sync',
      place: `/cohorts/segments/${shown.segmentId}/sync`,
      title: 'Sync to a destination',
      prepare: fillNewSync,
    },
    {
      name: 'segment-sync-plan',
      place: `/cohorts/segments/${shown.segmentId}/sync`,
      title: 'Sync to a destination',
      prepare: showPlan,
    },
    {
      name: 'segment-sync',
      place: `/cohorts/syncs/${shown.syncId}`,
      title: 'currents_big_spenders_who_are_active',
      prepare: compareMembers,
    },
    { name: 'keys', place: '/keys', title: 'Keys' },
    { name: 'jobs', place: '/jobs', title: 'Jobs' },
    { name: 'activity', place: '/activity', title: 'Activity' },
    { name: 'hub', place: '/hub', title: 'Hub' },
  ];
}

async function fillNewCurrent(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill('Web push to Mixpanel');
  await page.getByLabel('Contact').fill('growth@example.com');
}

async function fillSettings(page: Page): Promise<void> {
  await page.getByLabel('region').selectOption('eu');
  const names = page.getByRole('group', { name: /^eventNames/ });
  await names.getByRole('button', { name: 'Add to eventNames' }).click();
  await names.getByRole('textbox').first().fill('users.behaviors.Purchase');
  await names.getByRole('textbox').last().fill('Order placed');
  await scrollTo(page, /Settings/);
}

async function fillNewSync(page: Page): Promise<void> {
  await page.getByLabel('restEndpoint').fill('https://rest.fra-01.braze.eu');
}

async function showPlan(page: Page): Promise<void> {
  await fillNewSync(page);
  await page.getByLabel('Entry of one member').waitFor();
  await scrollTo(page, /Plan of the first sync/);
}

async function compareMembers(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Compare now' }).click();
  await page.getByRole('row', { name: /^Held / }).waitFor();
}

async function scrollTo(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('group', { name }).evaluate((group: Scrollable) => group.scrollIntoView());
}

/** What is used of an element: this package has no types of the DOM. */
interface Scrollable {
  scrollIntoView(): void;
}

async function showTree(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Sessions/ }).check();
  await scrollTo(page, /Event types/);
}

async function waitForRows(page: Page): Promise<void> {
  await page.getByRole('row').nth(8).waitFor({ timeout: 30_000 });
}

async function waitForChanges(page: Page): Promise<void> {
  await page.getByRole('cell', { name: 'Entered' }).first().waitFor();
}
