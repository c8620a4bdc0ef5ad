import { describe, expect, it } from 'vitest';
import { describeCommand, readOptions } from '../../src/options.js';
import { amplitude } from '../../src/bench/amplitude/amplitude.js';
import { attacks } from '../../src/bench/attacks/attacks.js';
import { cohorts } from '../../src/bench/cohorts/cohorts.js';
import { consoleBench } from '../../src/bench/console/consoleBench.js';
import { curve } from '../../src/bench/curve/curve.js';
import { eventCost } from '../../src/bench/eventCost.js';
import { lookup } from '../../src/bench/lookup/lookup.js';
import { replay } from '../../src/bench/replay/replay.js';
import { rules } from '../../src/bench/rules/rules.js';
import { soak } from '../../src/bench/soak/soak.js';
import { traces } from '../../src/bench/traces/traces.js';

const names = {
  'npm run bench': [
    ...['events', 'rounds', 'rate', 'rate-seconds', 'backlog', 'request-events', 'connections', 'seed', 'queue'],
    ...['only', 'quick', 'profile', 'compare', 'pairs', 'destination', 'help'],
  ],
  'npm run bench -- --only console': ['only', 'lighthouse', 'loads', 'help'],
  'npm run bench -- --only curve': [
    'only',
    'cells',
    'rounds',
    'seconds',
    'seed',
    'queue',
    'quick',
    'svg',
    'docs',
    'help',
  ],
  'npm run bench -- --only lookup': [
    ...['only', 'events', 'days', 'request-events', 'rate', 'lookups', 'seed', 'queue', 'quick', 'help'],
  ],
  'npm run bench -- --only replay': [
    ...['only', 'events', 'rate', 'seconds', 'rounds', 'request-events', 'seed', 'queue', 'quick', 'help'],
  ],
  'npm run bench -- --only rules': [
    ...['only', 'events', 'pairs', 'connections', 'request-events', 'seed', 'queue', 'quick', 'help'],
  ],
  'npm run bench -- --only soak': [
    ...['only', 'minutes', 'rate', 'sample-seconds', 'request-events', 'seed', 'queue', 'quick', 'help'],
  ],
  'npm run bench -- --only traces': [
    ...['only', 'events', 'pairs', 'connections', 'request-events', 'seed', 'queue', 'quick', 'help'],
  ],
  'npm run bench:amplitude': [
    ...['hot', 'others', 'seconds', 'rounds', 'events', 'request-events', 'slow-ms', 'queue', 'only', 'help'],
  ],
  'npm run bench:attacks': ['seconds', 'only', 'help'],
  'npm run bench:cohorts': [
    ...['members', 'page-members', 'senders', 'pages-per-second', 'seconds', 'events-per-second', 'database', 'help'],
  ],
} as Readonly<Record<string, readonly string[]>>;

describe.each(
  [eventCost, consoleBench, curve, lookup, replay, rules, soak, traces, amplitude, attacks, cohorts].map(
    (bench) => [bench.name, bench] as const,
  ),
)('%s', (name, bench) => {
  it('explains all its options with --help', () => {
    const help = describeCommand(bench);
    const explained = [...help.matchAll(/^ +--([\w-]+)(?: \w+)? {2,}\S/gm)].map(([, option]) => option);
    expect(explained.sort()).toEqual([...(names[name] ?? [])].sort());
    expect(help).toContain(bench.summary);
  });

  it.each([
    [['--fast'], "Unknown option '--fast'"],
    [['everything'], "Unexpected argument 'everything'"],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(bench.options, args)).toThrow(message);
  });
});

describe('the options of a bench', () => {
  it('have defaults', () => {
    expect(readOptions(eventCost.options, [])).toMatchObject({
      queue: 'both',
      only: undefined,
      events: 200_000,
      backlog: 1_000_000,
      requestEvents: 100,
      pairs: 10,
      quick: false,
    });
    expect(readOptions(cohorts.options, [])).toMatchObject({
      members: 10_000_000,
      pageMembers: 1_000,
      pagesPerSecond: 20,
      database: undefined,
    });
  });

  it('take precedence over --quick, which changes the defaults', () => {
    const args = ['--quick', '--events', '5000', '--only', 'backlog', '--queue', 'redis'];
    expect(readOptions(eventCost.options, args)).toMatchObject({
      events: 5_000,
      backlog: 60_000,
      rate: 10_000,
      only: 'backlog',
      queue: 'redis',
    });
  });

  it.each([
    [['--events', 'many'], '--events: expected a whole number from 1000 to 10000000, got "many"'],
    [['--rounds', '0'], '--rounds: expected a whole number from 1 to 50, got "0"'],
    [['--rate-seconds', '1.5'], '--rate-seconds: expected a whole number from 1 to 600, got "1.5"'],
    [['--queue', 'kafka'], '--queue: expected postgres, redis, both, got "kafka"'],
    [['--only', 'speed'], '--only: expected floor, throughput, latency, backlog, got "speed"'],
  ])('are refused with the expected value: %j', (args, message) => {
    expect(() => readOptions(eventCost.options, args)).toThrow(message);
  });
});
