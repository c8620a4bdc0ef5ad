import type { BudgetQueueEntry, ClaimedDelivery, Deferral } from './claim.js';
import { countPending, maxSkipReasons, Outcome } from '../batch/outcome.js';
import type { AttemptResult, NewDeadLetter } from './record.js';

/** One delivery in the middle of an attempt: what becomes of each of its events is noted here, and recorded at the end. */
export interface Attempt {
  readonly delivery: ClaimedDelivery;
  /** Positions to be tried now, in order: pending, and not waiting for a later time. */
  readonly due: readonly number[];
  skip(position: number, reason: string): void;
  deliver(position: number): void;
  deadLetter(position: number, letter: Omit<NewDeadLetter, 'positions' | 'attempts'>): void;
  defer(position: number, deferral: Omit<Deferral, 'positions' | 'attempts'>): void;
  /** Due events of which nothing was noted in this attempt. */
  unresolved(): readonly number[];
  /** Events that waited for their turn in a budget, and now have it: whether for the first time. */
  readonly turns: ReadonlyMap<number, 'turn' | 'turnedAway'>;
  /** Since when this event waits for the key of a budget, if it does so already. */
  waitsSince(position: number, budget: string, key: string): number | undefined;
  /** How often this event has been tried, this attempt included. */
  tries(position: number): number;
  /** Whether the destination has this event. */
  hasDelivered(position: number): boolean;
  /** How many events have moved: became final, or wait for a time of their own. */
  resolvedCount(): number;
  result(nowMs: number): AttemptResult;
}

/** @param stands whether what was said of a waiting event still holds; otherwise it is due at once. */
export function startAttempt(
  delivery: ClaimedDelivery,
  nowMs: number,
  stands: (deferral: Deferral) => boolean = () => true,
): Attempt {
  const outcomes = Buffer.from(delivery.outcomes);
  const skipReasons = [...delivery.skipReasons];
  const letters = new Map<string, NewDeadLetter & { positions: number[] }>();
  const isDue = (deferral: Deferral): boolean => deferral.dueAtMs <= nowMs || !stands(deferral);
  const waiting = delivery.deferred.filter((deferral) => !isDue(deferral));
  const deferrals = new Map<string, Deferral & { positions: number[] }>();
  const earlierTries = new Map<number, number>();
  const places = new Map<number, BudgetQueueEntry>();
  const turns = new Map<number, 'turn' | 'turnedAway'>();
  for (const deferral of delivery.deferred) {
    if (!isDue(deferral)) continue;
    const { positions, attempts, budget } = deferral;
    for (const position of positions) {
      earlierTries.set(position, attempts);
      if (!budget) continue;
      places.set(position, budget);
      if (stands(deferral)) turns.set(position, budget.turnedAway ? 'turnedAway' : 'turn');
    }
  }
  let moved = 0;
  const due = duePositions(outcomes, waiting);

  const tries = (position: number): number => (earlierTries.get(position) ?? delivery.attempts - 1) + 1;

  function finish(position: number, outcome: number): void {
    if (outcomes[position] !== Outcome.pending)
      throw new Error(`event ${position} of delivery ${delivery.id} is final already`);
    outcomes[position] = outcome;
    moved++;
  }

  return {
    delivery,
    due,
    tries,
    turns,
    waitsSince(position, budget, key) {
      const place = places.get(position);
      return place?.name === budget && place.key === key ? place.sinceMs : undefined;
    },
    skip(position, reason) {
      let index = skipReasons.indexOf(reason);
      if (index < 0) index = skipReasons.push(reason) - 1;
      if (index >= maxSkipReasons) throw new Error(`a delivery has more than ${maxSkipReasons} reasons to skip`);
      finish(position, Outcome.skipped + index);
    },
    deliver: (position) => finish(position, Outcome.delivered),
    deadLetter(position, letter) {
      finish(position, Outcome[letter.outcome]);
      const attempts = tries(position);
      const key = JSON.stringify([letter.outcome, letter.code, letter.detail, attempts]);
      const group = letters.get(key);
      if (group) group.positions.push(position);
      else letters.set(key, { ...letter, attempts, positions: [position] });
    },
    defer(position, deferral) {
      const attempts = tries(position);
      const key = JSON.stringify([deferral.dueAtMs, deferral.code, deferral.detail, deferral.budget?.key, attempts]);
      const group = deferrals.get(key);
      if (group) group.positions.push(position);
      else deferrals.set(key, { ...deferral, attempts, positions: [position] });
      moved++;
    },
    unresolved() {
      const deferred = new Set([...deferrals.values()].flatMap(({ positions }) => positions));
      return due.filter((position) => outcomes[position] === Outcome.pending && !deferred.has(position));
    },
    hasDelivered: (position) => outcomes[position] === Outcome.delivered,
    resolvedCount: () => moved,
    result(endMs) {
      const deferred = [...waiting, ...deferrals.values()];
      const waitingEvents = deferred.reduce((sum, { positions }) => sum + positions.length, 0);
      const pending = countPending(outcomes);
      const dueAtMs =
        pending > waitingEvents ? endMs : Math.min(...deferred.map((deferral) => deferral.dueAtMs), Infinity);
      return {
        delivery,
        outcomes,
        skipReasons,
        deferred,
        deadLetters: [...letters.values()],
        dueAtMs: Number.isFinite(dueAtMs) ? dueAtMs : endMs,
      };
    },
  };
}

function duePositions(outcomes: Buffer, waiting: readonly Deferral[]): number[] {
  const later = new Set(waiting.flatMap(({ positions }) => positions));
  const due: number[] = [];
  for (let position = 0; position < outcomes.length; position++) {
    if (outcomes[position] === Outcome.pending && (later.size === 0 || !later.has(position))) due.push(position);
  }
  return due;
}
