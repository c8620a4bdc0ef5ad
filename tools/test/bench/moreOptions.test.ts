import { describe, expect, it } from 'vitest';
import { readOptions as readAmplitude } from '../../src/bench/amplitude/options.js';
import { readOptions as readCohorts } from '../../src/bench/cohorts/options.js';

const benches = {
  'bench:amplitude': {
    read: readAmplitude,
    names: ['hot', 'others', 'seconds', 'rounds', 'events', 'request-events', 'slow-ms', 'queue', 'only', 'help'],
  },
  'bench:cohorts': {
    read: readCohorts,
    names: [
      'members',
      'page-members',
      'senders',
      'pages-per-second',
      'seconds',
      'events-per-second',
      'database',
      'help',
    ],
  },
} as const;

describe.each(Object.entries(benches))('the options of %s', (_, { read, names }) => {
  it('are all explained by --help', () => {
    const asked = read(['--help']);
    const help = 'help' in asked ? asked.help : '';
    expect([...help.matchAll(/^ +--([\w-]+)/gm)].map(([, name]) => name).sort()).toEqual([...names].sort());
  });

  it.each([
    [['--seconds', 'many'], '--seconds: wanted a whole number from 1 to 600; "many" came'],
    [['--fast'], "Unknown option '--fast'"],
    [['everything'], "Unexpected argument 'everything'"],
  ])('are refused with what was wanted: %j', (words, message) => {
    expect(() => read(words)).toThrow(message);
  });
});

it('ten million members are measured unless told otherwise', () => {
  expect(readCohorts([])).toMatchObject({ options: { members: 10_000_000, pageMembers: 1_000, pagesPerSecond: 20 } });
});
