import type { Claimed, Deferral } from './claim.js';
import { mostSkipReasons, Outcome } from './outcome.js';
import type { Attempted, NewDeadLetter } from './record.js';

/** One delivery in the middle of an attempt: what becomes of each of its events is noted here, and recorded at the end. */
export interface Track {
  readonly delivery: Claimed;
  /** Positions to be tried now, in order: pending, and not waiting for a later time. */
  readonly due: readonly number[];
  skip(position: number, reason: string): void;
  deliver(position: number): void;
  bury(position: number, letter: Omit<NewDeadLetter, 'positions' | 'attempts'>): void;
  defer(position: number, deferral: Omit<Deferral, 'positions' | 'attempts'>): void;
  /** Due events of which nothing was noted in this attempt. */
  unsettled(): readonly number[];
  /** Whether this event waited for its turn in a budget, and now has it. */
  hasTurn(position: number): boolean;
  /** How often this event has been tried, this attempt included. */
  tries(position: number): number;
  /** How many events have moved: became final, or wait for a time of their own. */
  moved(): number;
  attempted(nowMs: number): Attempted;
}

export function startTrack(delivery: Claimed, nowMs: number): Track {
  const outcomes = Buffer.from(delivery.outcomes);
  const skipReasons = [...delivery.skipReasons];
  const letters = new Map<string, NewDeadLetter & { positions: number[] }>();
  const waiting = delivery.deferred.filter(({ dueAtMs }) => dueAtMs > nowMs);
  const deferrals = new Map<string, Deferral & { positions: number[] }>();
  const earlierTries = new Map<number, number>();
  const turns = new Set<number>();
  for (const { positions, attempts, dueAtMs, budget } of delivery.deferred) {
    if (dueAtMs > nowMs) continue;
    for (const position of positions) {
      earlierTries.set(position, attempts);
      if (budget?.reserved) turns.add(position);
    }
  }
  let moved = 0;
  const due = duePositions(outcomes, waiting);

  const tries = (position: number): number => (earlierTries.get(position) ?? delivery.attempts - 1) + 1;

  function finish(position: number, outcome: number): void {
    if (outcomes[position] !== Outcome.pending) throw new Error(`event ${position} of delivery ${delivery.id} is final already`);
    outcomes[position] = outcome;
    moved++;
  }

  return {
    delivery,
    due,
    tries,
    hasTurn: (position) => turns.has(position),
    skip(position, reason) {
      let index = skipReasons.indexOf(reason);
      if (index < 0) index = skipReasons.push(reason) - 1;
      if (index >= mostSkipReasons) throw new Error(`a delivery has more than ${mostSkipReasons} reasons to skip`);
      finish(position, Outcome.skipped + index);
    },
    deliver: (position) => finish(position, Outcome.delivered),
    bury(position, letter) {
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
    unsettled() {
      const deferred = new Set([...deferrals.values()].flatMap(({ positions }) => positions));
      return due.filter((position) => outcomes[position] === Outcome.pending && !deferred.has(position));
    },
    moved: () => moved,
    attempted(endMs) {
      const deferred = [...waiting, ...deferrals.values()];
      const waitingEvents = deferred.reduce((sum, { positions }) => sum + positions.length, 0);
      const pending = outcomes.reduce((count, byte) => count + (byte === Outcome.pending ? 1 : 0), 0);
      const dueAtMs = pending > waitingEvents ? endMs : Math.min(...deferred.map((deferral) => deferral.dueAtMs), Infinity);
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
