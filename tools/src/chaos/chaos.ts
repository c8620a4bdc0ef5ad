import { choice, number, text, type Option } from '../options.js';

interface Seeds {
  readonly first: number;
  readonly last: number;
}

const maxSeeds = 1_000;

/** `3` or `1..20`. */
const seeds: Option<Seeds | undefined> = {
  placeholder: 'A..B',
  help: 'runs all seeds from A to B, one after another, instead of --seed',
  default: undefined,
  read(given) {
    const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(given) ?? [];
    const range = { first: Number(first), last: Number(last) };
    const isGood = range.first <= range.last && range.last - range.first < maxSeeds;
    return isGood ? { value: range } : `two whole numbers as 1..20, at most ${maxSeeds} seeds`;
  },
};

export const chaos = {
  name: 'npm run chaos',
  summary: `Runs a hub of its own (api, two workers, Postgres, Redis) with fake partners under load, and makes its parts fail:
kills, restarts and freezes of processes and servers, jumps of a process's clock, failover, a full disk, FLUSHALL, partners
that are down, hang, reset, refuse or revoke keys, senders of broken lines and slow ones. Then checks that every event that
a sender was promised is stored once, counted, and shown once by each partner, in the order of its user. The same seed makes
the same faults at the same times. Exits with 1 and keeps the logs if anything differs. Nothing else is left behind.`,
  options: {
    seed: number(1, 0, 1_000_000, 'what the faults are generated from'),
    seeds,
    minutes: number(1, 1, 60, 'how long the faults of a seed go on'),
    queue: choice(['postgres', 'redis', 'both'], 'postgres', 'where the queue and the budget counters are'),
    json: text('FILE', undefined, 'writes results, schedules and timelines to this file'),
  },
} as const;
