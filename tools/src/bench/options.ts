import { parseArgs } from 'node:util';
import type { QueueKind } from './hub/openHub.js';

export const parts = ['floor', 'throughput', 'latency', 'backlog'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly rate: number;
  readonly rateSeconds: number;
  readonly backlog: number;
  readonly requestEvents: number;
  readonly connections: number;
  readonly seed: number;
  readonly queues: readonly QueueKind[];
  readonly parts: readonly Part[];
  readonly json: string;
  /** Where CPU profiles go; undefined for none. */
  readonly profileFolder: string | undefined;
}

export type Asked = { readonly options: Options } | { readonly help: string };

/** Something on the command line that is not an option, or not a value for one. */
export class OptionsInvalid extends Error {
  constructor(message: string) {
    super(`${message}\nSee npm run bench -- --help`);
    this.name = 'OptionsInvalid';
  }
}

interface Counted {
  readonly usual: number;
  readonly quick: number;
  readonly from: number;
  readonly to: number;
  readonly purpose: string;
}

const counts = {
  events: { usual: 200_000, quick: 40_000, from: 1_000, to: 10_000_000, purpose: 'events of a round' },
  rounds: { usual: 3, quick: 2, from: 1, to: 50, purpose: 'rounds; floor and hub take turns, medians count' },
  rate: {
    usual: 10_000,
    quick: 10_000,
    from: 100,
    to: 1_000_000,
    purpose: 'events a second while delays are measured',
  },
  'rate-seconds': { usual: 10, quick: 4, from: 1, to: 600, purpose: 'how long delays are measured' },
  backlog: {
    usual: 1_000_000,
    quick: 60_000,
    from: 1_000,
    to: 20_000_000,
    purpose: 'events that pile up before one worker drains them',
  },
  'request-events': {
    usual: 100,
    quick: 100,
    from: 1,
    to: 5_000,
    purpose: 'events of a request; the platform sends up to 100',
  },
  connections: { usual: 64, quick: 64, from: 1, to: 1_000, purpose: 'connections of the generator' },
  seed: { usual: 1, quick: 1, from: 0, to: 2 ** 31, purpose: 'what the events are drawn from' },
} as const satisfies Record<string, Counted>;

type CountName = keyof typeof counts;

const queueChoices: Readonly<Record<string, readonly QueueKind[]>> = {
  postgres: ['postgres'],
  redis: ['redis'],
  both: ['postgres', 'redis'],
};

/** Throws `OptionsInvalid`, saying what was wanted and what came. */
export function readOptions(words: readonly string[]): Asked {
  const given = parse(words);
  if (given.help === true) return { help: describeOptions() };
  const count = (name: CountName): number => {
    const { quick, usual, from, to } = counts[name];
    const text = given[name];
    if (text === undefined) return given.quick === true ? quick : usual;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= from && value <= to))
      throw new OptionsInvalid(`--${name}: wanted a whole number from ${from} to ${to}; "${text}" came`);
    return value;
  };
  const queues = queueChoices[given.queue ?? 'both'];
  if (!queues)
    throw new OptionsInvalid(`--queue: wanted ${Object.keys(queueChoices).join(', ')}; "${given.queue}" came`);
  const only = parts.find((part) => part === given.only);
  if (given.only !== undefined && !only)
    throw new OptionsInvalid(`--only: wanted ${parts.join(', ')}; "${given.only}" came`);
  return {
    options: {
      events: count('events'),
      rounds: count('rounds'),
      rate: count('rate'),
      rateSeconds: count('rate-seconds'),
      backlog: count('backlog'),
      requestEvents: count('request-events'),
      connections: count('connections'),
      seed: count('seed'),
      queues,
      parts: only ? [only] : parts,
      json: given.json ?? 'bench-result.json',
      profileFolder: given.profile,
    },
  };
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const ofCounts = Object.fromEntries(Object.keys(counts).map((name) => [name, text])) as Record<
    CountName,
    typeof text
  >;
  try {
    const options = {
      ...ofCounts,
      queue: text,
      only: text,
      json: text,
      profile: text,
      quick: flag,
      help: { ...flag, short: 'h' },
    } as const;
    return parseArgs({ args: [...words], options, allowPositionals: false }).values;
  } catch (error) {
    throw new OptionsInvalid(error instanceof Error ? error.message : String(error));
  }
}

export function describeOptions(): string {
  const rows: readonly (readonly [string, string])[] = [
    ...Object.entries<Counted>(counts).map(([name, { usual, quick, purpose }]) => {
      const quickly = quick === usual ? '' : `, with --quick ${quick}`;
      return [`--${name} N`, `${purpose} (${usual}${quickly})`] as const;
    }),
    ['--queue WHICH', 'where wake-up calls go: postgres, redis or both (both)'],
    ['--only PART', `one part alone: ${parts.join(', ')}`],
    ['--quick', 'smaller numbers: about a minute in all'],
    ['--json FILE', 'where the result goes (bench-result.json)'],
    ['--profile FOLDER', 'profiles api and worker, and says which functions took the time; slows them down'],
    ['--help', 'says this'],
  ];
  return `Measures what an event costs, from the request to the partner, beside a bare script that only forwards events.
Everything runs on this machine: Postgres, Redis if there is one, api, worker, a generator of events, and a sink that
takes them. Everything it starts, it ends. Exit code 1 when an event was lost. Linux only, for it reads /proc.

Options:
${rows.map(([name, purpose]) => `  ${name.padEnd(20)}${purpose}`).join('\n')}`;
}
