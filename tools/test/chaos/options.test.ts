import { describe, expect, it } from 'vitest';
import { chaos } from '../../src/chaos/chaos.js';
import { describeCommand, readOptions } from '../../src/options.js';

describe('npm run chaos', () => {
  it('explains all its options with --help', () => {
    const help = describeCommand(chaos);
    const explained = [...help.matchAll(/^ +--([\w-]+)(?: \S+)? {2,}\S/gm)].map(([, option]) => option);
    expect(explained.sort()).toEqual(['help', 'json', 'minutes', 'queue', 'seed', 'seeds']);
    expect(help).toContain(chaos.summary);
  });

  it('reads a seed, or a range of seeds', () => {
    expect(readOptions(chaos.options, [])).toEqual({ seed: 1, minutes: 1, queue: 'postgres' });
    const words = ['--seeds', '1..20', '--minutes', '2', '--queue', 'both', '--json', 'result.json'];
    expect(readOptions(chaos.options, words)).toEqual({
      seed: 1,
      seeds: { first: 1, last: 20 },
      minutes: 2,
      queue: 'both',
      json: 'result.json',
    });
  });

  it.each([
    [['--seeds', '20..1'], '--seeds: expected two whole numbers as 1..20, at most 1000 seeds, got "20..1"'],
    [['--seeds', '1-20'], '--seeds: expected two whole numbers as 1..20, at most 1000 seeds, got "1-20"'],
    [['--minutes', '0'], '--minutes: expected a whole number from 1 to 60, got "0"'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (words, message) => {
    expect(() => readOptions(chaos.options, words)).toThrow(message);
  });
});
