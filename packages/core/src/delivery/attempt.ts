import type { ClaimedDelivery } from './claim.js';
import type { BudgetQueueEntry, Deferral } from '../batch/deferral.js';
import { countPending, maxSkipReasons, Outcome } from '../batch/outcome.js';
import type { AttemptResult, NewDeadLetter } from './record.js';

/** An attempt of one delivery: it collects what happens to each event, to be recorded at the end. */
export type Attempt = ReturnType<typeof startAttempt>;

/** Ids stay below this for longer than any hub lives. */
const afterAllIds = 2 ** 52;

/**
 * The place of a delivery in the order of a user's events: deliveries of a Current have rising ids. What a job replays is
 * younger than all live deliveries, so that these never wait for it.
 */
export function ageOf({ id, replayId }: Pick<ClaimedDelivery, 'id' | 'replayId'>): number {
  return replayId === null ? Number(id) : afterAllIds + Number(id);
}

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
  const deferrals = new Map<string, Deferral & { positions: number[]; users: [string, number][] }>();
  /** What this attempt has deferred, by position. */
  const deferredAt = new Map<number, Deferral>();
  let waitsOf: ReadonlyMap<string, readonly { readonly first: number; readonly deferral: Deferral }[]> | undefined;
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
    age: ageOf(delivery),
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
    /** @param user whose event it is: the user's later events wait for it. */
    defer(position: number, deferral: Omit<Deferral, 'positions' | 'attempts' | 'users'>, user?: string): void {
      const attempts = tries(position);
      const key = JSON.stringify([deferral.dueAtMs, deferral.code, deferral.detail, deferral.budget?.key, attempts]);
      let group = deferrals.get(key);
      if (!group) deferrals.set(key, (group = { ...deferral, attempts, positions: [], users: [] }));
      group.positions.push(position);
      const last = group.users.at(-1);
      // Events of one budget are deferred in the order of its queue, so a later event may come first.
      if (user !== undefined && (last?.[0] !== user || position < last[1])) group.users.push([user, position]);
      deferredAt.set(position, group);
      resolved++;
    },
    /** The due events that are neither final nor deferred. */
    unresolved: () => due.filter((position) => outcomes[position] === Outcome.pending && !deferredAt.has(position)),
    /** What this attempt has deferred an event for. */
    deferralAt: (position: number): Deferral | undefined => deferredAt.get(position),
    /** Whether it is not final. */
    isPending: (position: number) => outcomes[position] === Outcome.pending,
    /** Whether events of this delivery wait, or were deferred by this attempt. */
    hasDeferred: () => waiting.length > 0 || deferredAt.size > 0,
    /** What earlier events of a user in this delivery, before `position`, wait for longer than this attempt. */
    waitsUntil(user: string, position = Infinity): Deferral | undefined {
      if (waiting.length === 0) return undefined;
      waitsOf ??= waitsByUser(waiting);
      let latest: Deferral | undefined;
      for (const { first, deferral } of waitsOf.get(user) ?? [])
        if (first < position && !(latest && latest.dueAtMs > deferral.dueAtMs)) latest = deferral;
      return latest;
    },
    /** Whether the destination accepted this event. */
    isDelivered: (position: number) => outcomes[position] === Outcome.delivered,
    /** How many events became final or were deferred. */
    resolvedCount: () => resolved,
    result(): AttemptResult {
      const deferred = [...waiting, ...Array.from(deferrals.values(), withUsersOnce)];
      const waitingEvents = deferred.reduce((sum, { positions }) => sum + positions.length, 0);
      const pending = countPending(outcomes);
      const dueAtMs =
        pending > waitingEvents ? undefined : Math.min(...deferred.map((deferral) => deferral.dueAtMs), Infinity);
      return {
        delivery,
        outcomes,
        skipReasons,
        deferred,
        deadLetters: [...letters.values()],
        dueAtMs: dueAtMs === Infinity ? undefined : dueAtMs,
      };
    },
  };
}

/** Each user once, with its first position. */
function withUsersOnce({ users, ...deferral }: Deferral & { users: [string, number][] }): Deferral {
  if (users.length === 0) return deferral;
  const first = new Map<string, number>();
  for (const [user, position] of users) if (!(first.get(user)! <= position)) first.set(user, position);
  return { ...deferral, users: [...first] };
}

function waitsByUser(waiting: readonly Deferral[]) {
  const waits = new Map<string, { readonly first: number; readonly deferral: Deferral }[]>();
  for (const deferral of waiting) {
    for (const [user, first] of deferral.users ?? []) {
      const known = waits.get(user);
      if (known) known.push({ first, deferral });
      else waits.set(user, [{ first, deferral }]);
    }
  }
  return waits;
}

function duePositions(outcomes: Buffer, waiting: readonly Deferral[]): number[] {
  const later = new Set(waiting.flatMap(({ positions }) => positions));
  const due: number[] = [];
  for (let position = 0; position < outcomes.length; position++) {
    if (outcomes[position] === Outcome.pending && (later.size === 0 || !later.has(position))) due.push(position);
  }
  return due;
}
