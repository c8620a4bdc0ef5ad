import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event } from '../endToEnd/events.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import type { TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';
import {
  buttonOf,
  createDraft,
  createIngestToken,
  describeCurrent,
  headingOf,
  launchFrom,
  openDeadLetter,
  replayDeadLetter,
  sendEvents,
  signIn,
  type Story,
} from './story.js';
import { byKeyboard } from './userInput.js';

/** The story of a Current without a pointer, in a browser session of its own. Each test goes on where the one before ended. */
export function describeKeyboardStory(
  open: () => { readonly hub: TestHub; readonly browser: Browser },
  project: string,
) {
  describe('by keyboard alone', () => {
    const name = 'Typed analytics';
    let page: Page;
    let story: Story;
    let ingestToken = '';

    beforeAll(async () => {
      const { hub, browser } = open();
      page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      page.setDefaultTimeout(20_000);
      story = { page, hub, by: byKeyboard(page) };
      await page.goto(hub.hub.api.url);
    });
    afterAll(() => page?.close());

    async function go(key: string, title: string): Promise<void> {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await headingOf(page, title).waitFor();
    }

    it('signs in, makes an ingest token, and has the focus back where it was', async () => {
      await signIn(story);
      await go('k', 'Keys');
      ingestToken = await createIngestToken(story, 'By keyboard');
      expect(ingestToken).toMatch(/^cur_ingest_/);
      await page.keyboard.press('Escape');
      await page.getByRole('cell', { name: 'By keyboard' }).waitFor();
      expect(await page.evaluate('document.activeElement.textContent')).toBe('New ingest token');
    });

    it('creates a Current, previews it, and launches it', async () => {
      await go('c', 'Currents');
      await describeCurrent(story, name, tokenOf(project));
      await createDraft(story, name);
      await launchFrom(story, '2026-01-31T09:30');
    });

    it('finds an event, and replays its dead letter', async () => {
      const sent = event({ user: { external_user_id: 'null' } });
      await sendEvents(story, ingestToken, [sent]);
      await until(
        () => story.hub.sql<{ name: string }[]>`select name from current join dead_letter on current.id = current_id`,
        (rows) => rows.some((row) => row.name === name),
      );
      await page.keyboard.press('/');
      await page.keyboard.type(sent.id);
      await page.keyboard.press('Enter');
      await page.getByLabel('Event as it came in').waitFor();
      await story.by.press(page.getByRole('main').getByRole('link', { name }).first());
      await headingOf(page, name).waitFor();
      await openDeadLetter(story);
      await replayDeadLetter(story);
    });

    it('skips to the content, and signs out', async () => {
      await page.reload();
      await headingOf(page, 'Dead letters').waitFor();
      await page.keyboard.press('Shift+Tab');
      await story.by.press(page.getByRole('link', { name: 'Skip to the content' }));
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      await story.by.press(buttonOf(page, 'Sign out'));
      await story.by.press(buttonOf(page, 'This browser'));
      await page.getByLabel('Admin token').waitFor();
    });
  });
}
