import { expect, it } from 'vitest';
import { instantOf, localTimeOf } from '../src/screens/launchFrom.js';
import { outcomesOf, outcomesText, replayFilterOf } from '../src/screens/current/replayFilter.js';

it.each([
  ['', { outcomes: ['REJECTED', 'EXPIRED'] }],
  ['outcomes=none', { outcomes: [] }],
  ['outcomes=UNSELECTED,nonsense', { outcomes: ['UNSELECTED'] }],
  [
    'outcomes=DELIVERED&from=2026-01-31T09:30:00.000Z&to=&type=users.Open&users=ana,%20bo,,',
    { outcomes: ['DELIVERED'], from: '2026-01-31T09:30:00.000Z', eventTypes: ['users.Open'], users: ['ana', 'bo'] },
  ],
])('reads the filter from the address %j', (search, filter) => {
  expect(replayFilterOf(new URLSearchParams(search))).toEqual(filter);
});

it('writes outcomes as it reads them, also none', () => {
  for (const outcomes of [[], ['SKIPPED'], ['REJECTED', 'DISCARDED']] as const)
    expect(outcomesOf(new URLSearchParams({ outcomes: outcomesText(outcomes) }))).toEqual(outcomes);
});

it('shows an instant in the time of the browser, and reads it back', () => {
  expect(instantOf(localTimeOf('2026-01-31T09:30:00.000Z'))).toBe('2026-01-31T09:30:00.000Z');
  expect(localTimeOf(null)).toBe('');
});
