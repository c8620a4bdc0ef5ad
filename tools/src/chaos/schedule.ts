import { createRandom, shuffle, type Random } from '../fakes/random.js';

/** What can be made to fail, each independently of the others; two faults of one target never overlap. */
export type Target = 'api' | 'worker-1' | 'worker-2' | 'postgres' | 'redis' | 'mixpanel' | 'amplitude' | 'senders';

const processKinds = ['kill', 'stop', 'freeze', 'clockAhead', 'clockBehind'] as const;
const partnerKinds = [
  'outage',
  'hang',
  'resetBefore',
  'resetAfter',
  'truncated',
  'storm429',
  'storm503',
  'slow',
  'revoked',
] as const;

const kindsOf = {
  api: processKinds,
  'worker-1': processKinds,
  'worker-2': processKinds,
  postgres: ['kill', 'restart', 'terminate', 'failover', 'diskFull'],
  redis: ['kill', 'flush', 'freeze'],
  mixpanel: partnerKinds,
  amplitude: partnerKinds,
  senders: ['malformed', 'slow'],
} as const satisfies Record<Target, readonly string[]>;

export type KindOf<Of extends Target> = (typeof kindsOf)[Of][number];

export interface Fault<Of extends Target = Target> {
  /** Milliseconds after the start of the load. */
  readonly atMs: number;
  readonly target: Of;
  readonly kind: KindOf<Of>;
  /** How long it lasts; what happens at a moment, such as FLUSHALL, has 0. */
  readonly lastsMs: number;
  /** At least 0 and less than 1: whatever else the fault has to choose. */
  readonly choice: number;
}

export interface SchedulePlan {
  readonly seed: number;
  readonly durationMs: number;
  /** Faults that cannot be made here, as `postgres.diskFull`, and targets that are not there. */
  readonly without: readonly string[];
}

/** Seconds without a fault between two of a target. Postgres has longer ones, because all else stands still without it. */
const pauseMs = { least: 1_000, most: 6_000 };
const postgresPauseMs = { least: 4_000, most: 9_000 };
const momentary = new Set<string>(['terminate', 'flush']);
const lastsMs = { least: 300, most: 4_000 };

/**
 * The faults of a run, in the order of their beginning. Pure: the same plan gives the same schedule. Each target has
 * faults of all its kinds, in a random order, before one of them comes again.
 */
export function createSchedule({ seed, durationMs, without }: SchedulePlan): readonly Fault[] {
  return (Object.keys(kindsOf) as Target[])
    .flatMap((target, index) =>
      // Drawn apart from the others, which stay the same without it.
      without.includes(target) ? [] : [...faultsOf(target, createRandom(seed * 100 + index), durationMs, without)],
    )
    .sort((one, other) => one.atMs - other.atMs);
}

function* faultsOf(target: Target, random: Random, durationMs: number, without: readonly string[]): Generator<Fault> {
  const pause = target === 'postgres' ? postgresPauseMs : pauseMs;
  const kinds: readonly Fault['kind'][] = kindsOf[target];
  let deck: Fault['kind'][] = [];
  for (let atMs = between(pause, random); ;) {
    // Shuffled before one is left out, so that the order of the others is the same without it.
    if (deck.length === 0) deck = shuffle(kinds, random).filter((each) => !without.includes(`${target}.${each}`));
    const kind = deck.pop();
    const lasting = between(lastsMs, random);
    const fault = { atMs, target, kind, lastsMs: momentary.has(String(kind)) ? 0 : lasting, choice: random() };
    // All has ended when the load ends: what is lost then is lost.
    if (kind === undefined || atMs + fault.lastsMs > durationMs) return;
    yield fault as Fault;
    atMs += fault.lastsMs + between(pause, random);
  }
}

function between({ least, most }: { readonly least: number; readonly most: number }, random: Random): number {
  return Math.round(least + random() * (most - least));
}
