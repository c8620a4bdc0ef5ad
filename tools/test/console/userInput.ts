import type { Locator, Page } from 'playwright-core';

/** How a person uses the page: by pointer, or by keyboard alone. */
export interface UserInput {
  /** Presses a button, follows a link, or opens a summary. */
  press(target: Locator): Promise<void>;
  fill(target: Locator, text: string): Promise<void>;
  /** Enters a moment, such as 2026-01-31T09:30. */
  fillTime(target: Locator, moment: string): Promise<void>;
  /** Ticks a check box, or chooses one of several radio buttons. */
  tick(target: Locator): Promise<void>;
  /** Chooses an option by its value. */
  choose(target: Locator, value: string): Promise<void>;
}

export const byPointer: UserInput = {
  press: (target) => target.click(),
  fill: (target, text) => target.fill(text),
  fillTime: (target, moment) => target.fill(moment),
  tick: (target) => target.check(),
  choose: async (target, value) => void (await target.selectOption(value)),
};

/** More stops than any screen has. */
const maxStops = 400;

/** Tab, Enter, Space, arrows and letters. Fails where Tab does not reach a target, or where its focus is not to be seen. */
export function byKeyboard(page: Page): UserInput {
  const { keyboard } = page;

  async function reach(target: Locator): Promise<void> {
    await target.waitFor();
    for (let stops = 0; stops < maxStops; stops++) {
      if (await isReached(target)) {
        if (!(await hasOutline(target))) throw new Error(`expected an outline around ${String(target)}, got none`);
        return;
      }
      await keyboard.press('Tab');
    }
    throw new Error(`expected Tab to reach ${String(target)}, got to ${await page.evaluate<string>(focused)}`);
  }

  async function pressUntil(key: string, holds: () => Promise<boolean>): Promise<void> {
    for (let presses = 0; presses < 50 && !(await holds()); presses++) await keyboard.press(key);
    if (!(await holds())) throw new Error(`expected ${key} to choose it, got to the end`);
  }

  return {
    async press(target) {
      await reach(target);
      await keyboard.press('Enter');
    },
    async fill(target, text) {
      await reach(target);
      await keyboard.press('Control+A');
      await keyboard.type(text);
    },
    async fillTime(target, moment) {
      const [, year, month, day, hour, minute] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)$/.exec(moment) ?? [];
      await reach(target);
      await keyboard.type(`${month}${day}${year}`);
      await keyboard.press('Tab');
      await keyboard.type(`${hour}${minute}${Number(hour) < 12 ? 'AM' : 'PM'}`);
    },
    async tick(target) {
      await reach(target);
      // Tab stops at one radio button of a group; arrows choose another.
      if ((await target.getAttribute('type')) === 'radio') await pressUntil('ArrowDown', () => target.isChecked());
      else if (!(await target.isChecked())) await keyboard.press('Space');
    },
    async choose(target, value) {
      await reach(target);
      await keyboard.press('Home');
      await pressUntil('ArrowDown', async () => (await target.inputValue()) === value);
    },
  };
}

const focused = 'document.activeElement?.outerHTML.slice(0, 200) ?? "nothing"';

/** What these checks use of an element: this package has no types of the DOM. */
interface Focusable {
  readonly type?: string;
  readonly name?: string;
  readonly ownerDocument: {
    readonly activeElement: Focusable | null;
    readonly defaultView: { getComputedStyle(element: Focusable | null): { readonly outlineStyle: string } };
  };
}

/** Whether the focus is on the element, or on a radio button of its group. */
function isReached(target: Locator): Promise<boolean> {
  return target.evaluate((element: Focusable) => {
    const active = element.ownerDocument.activeElement;
    return active === element || (element.type === 'radio' && active?.type === 'radio' && active.name === element.name);
  });
}

function hasOutline(target: Locator): Promise<boolean> {
  return target.evaluate(({ ownerDocument: { activeElement, defaultView } }: Focusable) => {
    return defaultView.getComputedStyle(activeElement).outlineStyle !== 'none';
  });
}
