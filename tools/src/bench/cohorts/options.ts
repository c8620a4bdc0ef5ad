import { parseArgs } from 'node:util';

export interface Options {
  readonly members: number;
  readonly pageMembers: number;
  readonly senders: number;
  readonly pagesPerSecond: number;
  /** How long answers are timed beside events. */
  readonly seconds: number;
  /** 0: as many as the hub takes. */
  readonly eventsPerSecond: number;
  readonly databaseUrl: string | undefined;
}

export type Asked = { readonly options: Options } | { readonly help: string };

const counts = {
  members: { usual: 10_000_000, from: 1_000, to: 100_000_000, purpose: 'members of the cohort' },
  'page-members': { usual: 1_000, from: 1, to: 10_000, purpose: 'members of a page; Mixpanel sends up to 1000' },
  senders: { usual: 4, from: 1, to: 64, purpose: 'pages under way at once while importing' },
  'pages-per-second': { usual: 20, from: 1, to: 1_000, purpose: 'pages a second while answers are timed' },
  seconds: { usual: 20, from: 1, to: 600, purpose: 'how long answers are timed beside events' },
  'events-per-second': {
    usual: 10_000,
    from: 0,
    to: 1_000_000,
    purpose: 'events a second meanwhile; 0 for as many as the hub takes',
  },
} as const;

type CountName = keyof typeof counts;

/** Throws, saying what was wanted and what came. */
export function readOptions(words: readonly string[]): Asked {
  const text = { type: 'string' } as const;
  const ofCounts = Object.fromEntries(Object.keys(counts).map((name) => [name, text])) as Record<
    CountName,
    typeof text
  >;
  const given = parseArgs({
    args: [...words],
    options: { ...ofCounts, database: text, help: { type: 'boolean', short: 'h' } },
  }).values;
  if (given.help === true) return { help: describe() };
  const count = (name: CountName): number => {
    const { usual, from, to } = counts[name];
    const value = given[name] === undefined ? usual : Number(given[name]);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new Error(`--${name}: wanted a whole number from ${from} to ${to}; "${given[name]}" came`);
  };
  return {
    options: {
      members: count('members'),
      pageMembers: count('page-members'),
      senders: count('senders'),
      pagesPerSecond: count('pages-per-second'),
      seconds: count('seconds'),
      eventsPerSecond: count('events-per-second'),
      databaseUrl: given.database,
    },
  };
}

function describe(): string {
  const rows = [
    ...Object.entries(counts).map(([name, { usual, purpose }]) => [`--${name} N`, `${purpose} (${usual})`] as const),
    ['--database URL', 'an empty database to use; without it, a Postgres of its own, removed at the end'],
    ['--help', 'says this'],
  ] as const;
  return `Measures cohorts and segments of millions of members: import, count, segment, export and replacement, with the time of
each and the peak memory of this one Node process, which does the work of the api and of a worker. First it starts
a whole hub, and times the answers to pages of members beside events.

Options:
${rows.map(([name, purpose]) => `  ${name.padEnd(24)}${purpose}`).join('\n')}`;
}
