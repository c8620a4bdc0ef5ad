import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { screensOf } from '../../src/pictures/screens.js';

const folder = join(import.meta.dirname, '../../../docs/console');
const pictures = readdirSync(folder).filter((file) => file.endsWith('.webp'));
const nothing = {
  everythingId: '',
  healthyId: '',
  blockedId: '',
  throttledId: '',
  cohortId: '',
  segmentId: '',
  syncId: '',
};

it('docs/console shows every picture, in light and in dark, and no other', () => {
  const page = readFileSync(join(folder, 'README.md'), 'utf8');
  const shown = [...page.matchAll(/(?:srcset|src)="([^"]+)"/g)].map(([, file]) => file);
  const screens = ['sign-in', ...screensOf({ ...nothing, eventId: '', userId: '' }).map(({ name }) => name)];
  const expected = screens.flatMap((name) => [`${name}-dark.webp`, `${name}-light.webp`]);
  expect(shown).toEqual(expected);
  expect(pictures.sort()).toEqual(expected.sort());
});

it('pictures are small: 150 KB each at most, and 3 MB together', () => {
  const sizes = pictures.map((file) => statSync(join(folder, file)).size);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(150_000);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3_000_000);
});
