import type { BudgetQueueEntry, ClaimedDelivery, Deferral } from './claim.js';
import { countPending, maxSkipReasons, Outcome } from '../batch/outcome.js';
import type { AttemptResult, NewDeadLetter } from './record.js';

/** An attempt of one delivery: it collects what happens to each event, to be recorded at the end. */
export type Attempt = ReturnType<typeof startAttempt>;

/** @param isValid whether the reason of a deferral still holds; if not, its events are due at once. */
export function startAttempt(
  delivery: ClaimedDelivery,
  nowMs: number,
  isValid: (deferral: Deferral) => boolean = () => true,
) {
  const outcomes = Buffer.from(delivery.outcomes);
  const skipReasons = [...delivery.skipReasons];
  const letters = new Map<string, NewDeadLetter & { positions: number[] }>();
  const isDue = (deferral: Deferral): boolean => deferral.dueAtMs <= nowMs || !isValid(deferral);
  const waiting = delivery.deferred.filter((deferral) => !isDue(deferral));
  const deferrals = new Map<string, Deferral & { positions: number[] }>();
  const earlierTries = new Map<number, number>();
  const entries = new Map<number, BudgetQueueEntry>();
  /** The events that waited for a budget and are due now: for the first time, or after the gate refused them. */
  const turns = new Map<number, 'turn' | 'turnedAway'>();
  for (const deferral of delivery.deferred) {
    if (!isDue(deferral)) continue;
    const { positions, attempts, budget } = deferral;
    for (const position of positions) {
      earlierTries.set(position, attempts);
      if (!budget) continue;
      entries.set(position, budget);
      if (isValid(deferral)) turns.set(position, budget.turnedAway ? 'turnedAway' : 'turn');
    }
  }
  let resolved = 0;
  /** The positions to try now, in order: pending, and not waiting for a later time. */
  const due = duePositions(outcomes, waiting);

  /** How often this event was tried, this attempt included. */
  const tries = (position: number): number => (earlierTries.get(position) ?? delivery.attempts - 1) + 1;

  function finish(position: number, outcome: number): void {
    if (outcomes[position] !== Outcome.pending)
      throw new Error(`event ${position} of delivery ${delivery.id} is already final`);
    outcomes[position] = outcome;
    resolved++;
  }

  return {
    delivery,
    due,
    tries,
    turns,
    /** Since when this event has waited for this key of a budget; undefined when it has not. */
    waitsSince(position: number, budget: string, key: string) {
      const entry = entries.get(position);
      return entry?.name === budget && entry.key === key ? entry.sinceMs : undefined;
    },
    skip(position: number, reason: string): void {
      let index = skipReasons.indexOf(reason);
      if (index < 0) index = skipReasons.push(reason) - 1;
      if (index >= maxSkipReasons) throw new Error(`expected at most ${maxSkipReasons} skip reasons in a delivery`);
      finish(position, Outcome.skipped + index);
    },
    deliver: (position: number) => finish(position, Outcome.delivered),
    deadLetter(position: number, letter: Omit<NewDeadLetter, 'positions' | 'attempts'>): void {
      finish(position, Outcome[letter.outcome]);
      const attempts = tries(position);
      const key = JSON.stringify([letter.outcome, letter.code, letter.detail, attempts]);
      const group = letters.get(key);
      if (group) group.positions.push(position);
      else letters.set(key, { ...letter, attempts, positions: [position] });
    },
    defer(position: number, deferral: Omit<Deferral, 'positions' | 'attempts'>): void {
      const attempts = tries(position);
      const key = JSON.stringify([deferral.dueAtMs, deferral.code, deferral.detail, deferral.budget?.key, attempts]);
      const group = deferrals.get(key);
      if (group) group.positions.push(position);
      else deferrals.set(key, { ...deferral, attempts, positions: [position] });
      resolved++;
    },
    /** The due events that are neither final nor deferred. */
    unresolved() {
      const deferred = new Set([...deferrals.values()].flatMap(({ positions }) => positions));
      return due.filter((position) => outcomes[position] === Outcome.pending && !deferred.has(position));
    },
    /** Whether the destination accepted this event. */
    isDelivered: (position: number) => outcomes[position] === Outcome.delivered,
    /** How many events became final or were deferred. */
    resolvedCount: () => resolved,
    result(endMs: number): AttemptResult {
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
