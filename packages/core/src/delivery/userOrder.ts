import { createHash } from 'node:crypto';
import type { CatalogueEvent } from '@currents/schema';
import type { Deferral } from '../batch/deferral.js';
import { ageOf } from './attempt.js';
import type { ClaimedDelivery } from './claim.js';
import type { DeliveryItem } from './deliveryItem.js';
import type { AttemptResult } from './record.js';
import { hashOf } from './hashOf.js';
import { UserIndex } from './userIndex.js';

/** What an event waits for, and its user's later events with it. */
export interface Hold extends Pick<Deferral, 'dueAtMs' | 'code' | 'detail' | 'budget'> {
  /** Whether it is due at once, and was only left by an attempt. */
  readonly isLeft?: boolean;
}

/** A user with events that wait in a delivery. */
export interface WaitingUser extends Hold {
  readonly deliveryId: string;
  /** The job that replays the delivery; see `ageOf`. */
  readonly replayId: number | null;
  readonly user: string;
}

export type UserOrder = ReturnType<typeof createUserOrder>;
export type OrderedAttempt = ReturnType<UserOrder['begin']>;

/** Once so many users wait, counted by delivery, no new delivery is claimed until fewer do. */
export const maxWaiting = 100_000;
/** What waits for longer than this after it was due may wait for a delivery that was ended elsewhere: expired, for example. */
const overdueMs = 2_000;
/** Longer ids are hashed. */
const maxUserLength = 200;

/** Whose event it is, for its order: the id by which destinations know the user, or else the platform's own. */
export function userOf({ user }: Pick<CatalogueEvent, 'user'>): string | undefined {
  const id = user.external_user_id || user.device_id || user.user_id;
  if (!id) return undefined;
  if (id.length > maxUserLength) return createHash('sha256').update(id).digest('base64');
  // PostgreSQL's text holds no NUL (PostgreSQL, Character Types).
  return id.includes('\0') ? id.replaceAll('\0', '\uFFFD') : id;
}

/** The hold of events behind one that an attempt has left, and that is due at once. */
export const leftAt = (nowMs: number): Hold => ({ dueAtMs: nowMs, code: 'left', detail: '', isLeft: true });

/** The hold that lasts longer. */
export function laterHold(one: Hold | undefined, other: Hold | undefined): Hold | undefined {
  if (!one || !other) return one ?? other;
  if (one.isLeft || other.isLeft) return one.isLeft ? other : one;
  return one.dueAtMs >= other.dueAtMs ? one : other;
}

/**
 * Keeps the events of each user of one Current in order, across attempts: an event is sent when all earlier ones of its
 * user are final. An event that was attempted and is not final is in flight, in one of the running attempts, or its user
 * waits here. What was not attempted yet is claimed in order, by the one worker that owns the Current.
 * @param now the time by which due times are stored.
 */
export function createUserOrder(now: () => number) {
  const running = new Set<OrderedAttempt>();
  const waiting = new Map<string, Map<string, Hold>>();
  const usersOf = new Map<string, Set<string>>();
  /** The places of the deliveries of `usersOf` in the order. */
  const ages = new Map<string, number>();
  /** Deliveries whose users wait for a reason that is not stored. */
  const unstored = new Set<string>();
  let count = 0;
  let isFull = false;
  let isStale = true;
  let endedCount = 0;
  let loadCount = 0;
  let listeners: (() => void)[] = [];

  function add(user: string, delivery: Pick<ClaimedDelivery, 'id' | 'replayId'>, hold: Hold): void {
    const deliveryId = delivery.id;
    let holds = waiting.get(user);
    if (!holds) waiting.set(user, (holds = new Map<string, Hold>()));
    if (!holds.has(deliveryId)) count++;
    holds.set(deliveryId, laterHold(holds.get(deliveryId), hold) as Hold);
    const users = usersOf.get(deliveryId);
    if (users) users.add(user);
    else {
      usersOf.set(deliveryId, new Set([user]));
      ages.set(deliveryId, ageOf(delivery));
    }
    if (count >= maxWaiting) isFull = true;
  }

  function forget(deliveryId: string): void {
    for (const user of usersOf.get(deliveryId) ?? []) forgetUser(user, deliveryId);
    usersOf.delete(deliveryId);
    ages.delete(deliveryId);
    unstored.delete(deliveryId);
  }

  function forgetUser(user: string, deliveryId: string): void {
    const holds = waiting.get(user);
    if (holds?.delete(deliveryId)) count--;
    if (holds?.size === 0) waiting.delete(user);
  }

  function notify(): void {
    const called = listeners;
    listeners = [];
    for (const call of called) call();
  }

  /** Resolves at the next progress of any attempt; false when there is none in time. */
  function progress(untilMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, untilMs - now()));
      listeners.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Starts an attempt; call it before its claim. */
  function begin() {
    let earlier = [...running];
    let items: readonly DeliveryItem[] = [];
    /** Undefined until another attempt asks for a user. */
    let byUser: UserIndex | undefined;
    let isReady = false;
    /** Whether it failed before its items were known: they are due again before those of later attempts. */
    let isUnknown = false;
    /** The other attempts whose items are known. */
    let others: OrderedAttempt[] = [];
    /** The number of loads when all earlier events were known. */
    let settledAt = -1;
    /** What the user's events of each delivery and of all older ones wait for, oldest first. */
    const waits = new Map<string, readonly { readonly age: number; readonly hold: Hold }[]>();

    function waitsOf(user: string) {
      const known = waits.get(user);
      if (known) return known;
      let latest: Hold | undefined;
      const sorted = Array.from(waiting.get(user) ?? [], ([id, hold]) => ({ age: ages.get(id) ?? Number(id), hold }))
        .sort((a, b) => a.age - b.age)
        .map(({ age, hold }) => {
          if (hold.dueAtMs < now() - overdueMs) isStale = true;
          return { age, hold: (latest = laterHold(latest, hold) as Hold) };
        });
      waits.set(user, sorted);
      return sorted;
    }

    const isAfterUnknown = (): boolean => earlier.some((each) => each.isUnknown());

    function close(): void {
      isReady = true;
      items = [];
      byUser = undefined;
      others = [];
      endedCount++;
      running.delete(attempt);
      earlier = [];
      notify();
    }

    const attempt = {
      /** Whether nothing can be in the way of any item. */
      isAlone: () => running.size === 1 && waiting.size === 0 && !isAfterUnknown(),
      /** Makes the items of this attempt known: they are in flight from now on. */
      map(mapped: readonly DeliveryItem[]): void {
        items = mapped;
        if (waiting.size > 0)
          for (const { user, attempt } of items)
            if (user !== undefined && !attempt.waitsUntil(user)) forgetUser(user, attempt.delivery.id);
        isReady = true;
        notify();
      },
      isReady: () => isReady,
      isUnknown: () => isUnknown,
      /** Resolves when the items of all earlier attempts are known; false when it takes too long, or one failed before. */
      async untilReady(untilMs: number): Promise<boolean> {
        while (!earlier.every((each) => each.isReady())) if (!(await progress(untilMs))) return false;
        return !isAfterUnknown();
      },
      /** The last item of this user in this attempt. */
      lastOf(user: string, hash: number): DeliveryItem | undefined {
        byUser ??= new UserIndex(items);
        return byUser.lastOf(user, hash);
      },
      /** What the events of this user in older deliveries than that of `age` wait for; `inFlight` when one is under way. */
      olderThan(user: string, hash: number, age: number): Hold | 'inFlight' | undefined {
        let hold: Hold | undefined;
        for (const other of others) {
          for (let item = other.lastOf(user, hash); item; item = item.before) {
            if (item.attempt.age >= age || !item.attempt.isPending(item.position)) continue;
            const deferral = item.attempt.deferralAt(item.position);
            if (!deferral) return 'inFlight';
            hold = laterHold(hold, deferral);
          }
        }
        if (waiting.size === 0 || !waiting.has(user)) return hold;
        return laterHold(hold, waitsOf(user).findLast((each) => each.age < age)?.hold);
      },
      /** Whether something of this user in older deliveries is not final, as far as it is known. */
      isBehind: (user: string, age: number): boolean =>
        (others.length > 0 || waiting.size > 0) && attempt.olderThan(user, hashOf(user), age) !== undefined,
      /** Learns what other attempts have in flight, and forgets what was looked up before they made progress. */
      refresh(): void {
        others = [...running].filter((each) => each !== attempt && each.isReady());
        waits.clear();
        settledAt = earlier.every((each) => each.isReady()) ? loadCount : -1;
      },
      /** Whether all that was not behind others at the last refresh is not behind others now. */
      isSettled: () => settledAt === loadCount,
      /** Tells the other attempts that events became final. */
      advance: notify,
      progress,
      /** The results were recorded. */
      end(results: readonly AttemptResult[]): void {
        for (const { delivery, deferred } of results) {
          forget(delivery.id);
          for (const deferral of deferred) for (const [user] of deferral.users ?? []) add(user, delivery, deferral);
        }
        const left = leftAt(now());
        for (const { user, attempt, position } of hasPending(items) ? items : []) {
          if (user === undefined || !attempt.isPending(position) || attempt.deferralAt(position)) continue;
          add(user, attempt.delivery, left);
          unstored.add(attempt.delivery.id);
        }
        close();
      },
      /** The attempt failed, and its deliveries are due again at once. */
      fail(): void {
        isUnknown = !isReady;
        const left = leftAt(now());
        for (const { user, attempt } of items) {
          if (user === undefined) continue;
          add(user, attempt.delivery, left);
          unstored.add(attempt.delivery.id);
        }
        close();
      },
      /** Nothing was claimed; or the deliveries were lost to another worker, which may have changed what waits. */
      drop({ isLost }: { readonly isLost: boolean }): void {
        if (isLost) isStale = true;
        close();
      },
    };
    running.add(attempt);
    return attempt;
  }

  return {
    begin,
    isIdle: () => running.size === 0,
    /** Whether so many users wait that no further ones can be remembered. */
    isFull: () => isFull,
    /** Whether the users that wait have to be read again. */
    isStale: () => isStale || (isFull && count < maxWaiting / 2),
    expire: () => void (isStale = true),
    /** How many attempts have ended. When it changes, what was read before may be out of date. */
    endedCount: () => endedCount,
    unstoredDeliveries: () => [...unstored],
    /**
     * Replaces what is known by what is stored. Reasons that are not stored stay for deliveries that are still pending.
     */
    load(stored: readonly WaitingUser[], pending: ReadonlySet<string>): void {
      for (const deliveryId of [...usersOf.keys()])
        if (!unstored.has(deliveryId) || !pending.has(deliveryId)) forget(deliveryId);
      isFull = false;
      loadCount++;
      for (const { user, deliveryId, replayId, ...hold } of stored) add(user, { id: deliveryId, replayId }, hold);
      isStale = false;
    },
  };
}

function hasPending(items: readonly DeliveryItem[]): boolean {
  return items.some(
    ({ attempt }, index) => attempt !== items[index - 1]?.attempt && attempt.resolvedCount() < attempt.due.length,
  );
}
