import { expect, it } from 'vitest';
import { daysBetween, seriesByReason, type DayCounts } from '../src/screens/current/reasonSeries.js';

const none = {
  ...{ delivered: 0, pending: 0, unselected: 0 },
  ...{ skippedReasons: [], rejectedReasons: [], expiredReasons: [] },
};
const reason = (code: string, eventCount: number) => ({ code, eventCount });
const days = daysBetween('2026-02-27', '2026-03-01');
const short = (counts: readonly DayCounts[]) =>
  seriesByReason(counts, days, 'cur_7', new Map([['duplicate', 'It came before.']]));

it('lists all days, those without events too', () => {
  expect(days).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
});

it('makes a series of each reason, with its sum and the list behind it', () => {
  const counts = [
    { ...none, day: '2026-02-27', delivered: 5, skippedReasons: [reason('duplicate', 2)] },
    {
      ...none,
      ...{ day: '2026-03-01', delivered: 1, pending: 4, unselected: 3 },
      rejectedReasons: [reason('too_old', 7), reason('no user', 1)],
      expiredReasons: [reason('throttled', 9)],
    },
  ];
  expect(short(counts)).toEqual([
    { title: 'Delivered', tone: 'good', values: [5, 0, 1], total: 6 },
    {
      ...{ title: 'Skipped: duplicate', tone: 'skip', shade: 0, values: [2, 0, 0], total: 2 },
      ...{ about: 'It came before.', to: '/currents/cur_7/skipped?reason=duplicate' },
    },
    {
      ...{ title: 'Rejected: too_old', tone: 'bad', shade: 0, values: [0, 0, 7], total: 7 },
      to: '/dead-letters?current=cur_7&code=too_old',
    },
    {
      ...{ title: 'Rejected: no user', tone: 'bad', shade: 1, values: [0, 0, 1], total: 1 },
      to: '/dead-letters?current=cur_7&code=no%20user',
    },
    {
      ...{ title: 'Expired: throttled', tone: 'warn', shade: 0, values: [0, 0, 9], total: 9 },
      to: '/dead-letters?current=cur_7&code=throttled',
    },
    {
      ...{ title: 'Pending', tone: 'plain', values: [0, 0, 4], total: 4 },
      to: '/currents/cur_7/throttled',
    },
    {
      ...{ title: 'Not selected', tone: 'plain', shade: 1, values: [0, 0, 3], total: 3 },
      to: '/currents/cur_7/edit',
    },
  ]);
});

it('adds up the rarest of more than three reasons, so that no event is missing', () => {
  const skippedReasons = [reason('a', 1), reason('b', 5), reason('c', 2), reason('d', 3)];
  const [, ...skipped] = short([{ ...none, day: '2026-02-28', skippedReasons }]);
  expect(skipped.map(({ title, total, about, to }) => [title, total, about, to])).toEqual([
    ['Skipped: b', 5, undefined, '/currents/cur_7/skipped?reason=b'],
    ['Skipped: d', 3, undefined, '/currents/cur_7/skipped?reason=d'],
    ['Skipped: 2 other reasons', 3, 'c, a', '/currents/cur_7/skipped'],
  ]);
});
