import { expect, it } from 'vitest';
import { duration, relativeTime } from '../src/parts/time.js';

const now = Date.parse('2026-01-31T12:00:00Z');

it.each([
  ['2026-01-31T11:59:58Z', '2 seconds ago'],
  ['2026-01-31T11:57:00Z', '3 minutes ago'],
  ['2026-01-31T09:30:00Z', '2 hours ago'],
  ['2026-01-28T12:00:00Z', '3 days ago'],
  ['2026-01-31T12:05:00Z', 'in 5 minutes'],
  ['2026-01-31T12:00:00Z', 'now'],
])('says %s as %s', (at, expected) => {
  expect(relativeTime(at, now)).toBe(expected);
});

it.each([
  [0, '0 s'],
  [-5_000, '0 s'],
  [59_400, '59 s'],
  [125_000, '2 min 5 s'],
  [7_500_000, '2 h 5 min'],
  [180_000_000, '2 d 2 h'],
])('says %d ms as %s', (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});
