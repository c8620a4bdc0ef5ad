import { describe, expect, it } from 'vitest';
import { describeOptions, OptionsInvalid, readOptions } from '../../src/bench/options.js';

describe('the options of the bench', () => {
  it('are all explained by --help', () => {
    const asked = readOptions(['--help']);
    const help = 'help' in asked ? asked.help : '';
    expect(help).toBe(describeOptions());
    const names = [
      'events',
      'rounds',
      'rate',
      'rate-seconds',
      'backlog',
      'request-events',
      'connections',
      'seed',
      'queue',
      'only',
      'quick',
      'json',
      'profile',
    ];
    for (const name of names) expect(help).toMatch(new RegExp(`^ +--${name}( |$)`, 'm'));
  });

  it('measure everything on both queues unless told otherwise', () => {
    expect(readOptions([])).toMatchObject({
      options: {
        queues: ['postgres', 'redis'],
        parts: ['floor', 'throughput', 'latency', 'backlog'],
        events: 200_000,
        backlog: 1_000_000,
        requestEvents: 100,
      },
    });
  });

  it('give way to numbers of your own, also with --quick', () => {
    expect(readOptions(['--quick', '--events', '5000', '--only', 'backlog', '--queue', 'redis'])).toMatchObject({
      options: { events: 5_000, backlog: 60_000, parts: ['backlog'], queues: ['redis'] },
    });
  });

  it.each([
    [['--events', 'many'], '--events: wanted a whole number from 1000 to 10000000; "many" came'],
    [['--rounds', '0'], '--rounds: wanted a whole number from 1 to 50; "0" came'],
    [['--queue', 'kafka'], '--queue: wanted postgres, redis, both; "kafka" came'],
    [['--only', 'speed'], '--only: wanted floor, throughput, latency, backlog; "speed" came'],
    [['--fast'], "Unknown option '--fast'"],
    [['everything'], "Unexpected argument 'everything'"],
  ])('are refused with what was wanted: %j', (words, message) => {
    expect(() => readOptions(words)).toThrow(OptionsInvalid);
    expect(() => readOptions(words)).toThrow(message);
  });
});
