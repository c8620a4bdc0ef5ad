import { parseArgs } from 'node:util';
import type { QueueKind } from '../hub/openHub.js';

export const parts = ['hot-device', 'slow-partner', 'both'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly hot: number;
  readonly others: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly events: number;
  readonly requestEvents: number;
  readonly slowMs: number;
  readonly queue: QueueKind;
  readonly parts: readonly Part[];
}

export type Asked = { readonly options: Options } | { readonly help: string };

const counts = {
  hot: { usual: 3_000, from: 1, to: 100_000, purpose: 'events a second of the hot device' },
  others: { usual: 1_000, from: 100, to: 100_000, purpose: 'events a second of everybody else' },
  seconds: { usual: 20, from: 1, to: 600, purpose: 'how long they flow' },
  rounds: { usual: 3, from: 1, to: 50, purpose: 'rounds; what is compared takes turns, medians count' },
  events: { usual: 200_000, from: 1_000, to: 10_000_000, purpose: 'events of a round to both destinations' },
  'request-events': {
    usual: 25,
    from: 1,
    to: 5_000,
    purpose: 'events of a request that flows; the platform sends up to 100',
  },
  'slow-ms': { usual: 30_000, from: 1, to: 59_000, purpose: 'how long the slow partner takes to answer' },
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
    options: { ...ofCounts, queue: text, only: text, help: { type: 'boolean', short: 'h' } },
  }).values;
  if (given.help === true) return { help: describe() };
  const count = (name: CountName): number => {
    const { usual, from, to } = counts[name];
    const value = given[name] === undefined ? usual : Number(given[name]);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new Error(`--${name}: wanted a whole number from ${from} to ${to}; "${given[name]}" came`);
  };
  const only = parts.find((part) => part === given.only);
  if (given.only !== undefined && !only) throw new Error(`--only: wanted ${parts.join(', ')}; "${given.only}" came`);
  const queue = (['postgres', 'redis'] as const).find((kind) => kind === (given.queue ?? 'postgres'));
  if (!queue) throw new Error(`--queue: wanted postgres or redis; "${given.queue}" came`);
  return {
    options: {
      hot: count('hot'),
      others: count('others'),
      seconds: count('seconds'),
      rounds: count('rounds'),
      events: count('events'),
      requestEvents: count('request-events'),
      slowMs: count('slow-ms'),
      queue,
      parts: only ? [only] : parts,
    },
  };
}

function describe(): string {
  const rows = [
    ...Object.entries(counts).map(([name, { usual, purpose }]) => [`--${name} N`, `${purpose} (${usual})`] as const),
    ['--queue WHICH', 'where wake-up calls and budgets are: postgres or redis (postgres)'],
    ['--only PART', `one part alone: ${parts.join(', ')}`],
    ['--help', 'says this'],
  ] as const;
  return `Measures the second destination.
hot-device    what others feel of a device that sends far more than Amplitude takes of one, at httpapi’s usual limits
slow-partner  what a Current feels of another one whose partner takes half a minute to answer
both          what an event costs for each of two destinations, beside a bare script; with and without budgets

Options:
${rows.map(([name, purpose]) => `  ${name.padEnd(20)}${purpose}`).join('\n')}`;
}
