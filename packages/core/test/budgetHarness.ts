import { answerAll, type Connector, type Item, type SendResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { z } from 'zod';
import { createBudgets } from '../src/budget/budgets.js';
import type { BucketStore } from '../src/budget/bucketStore.js';
import type { ClaimedDelivery } from '../src/delivery/claim.js';
import { createAdaptiveRequestBytes } from '../src/delivery/adaptiveRequestBytes.js';
import { deliver } from '../src/delivery/deliver.js';
import { createUserOrder } from '../src/delivery/userOrder.js';
import { allPending, countPending } from '../src/batch/outcome.js';
import type { NewDeadLetter } from '../src/delivery/record.js';

interface Payload {
  readonly device: string;
}

/** A partner's rate limit for one device. */
export interface Terms {
  readonly limit: number;
  readonly periodMs: number;
}

/** A partner with a strict limit per device; devices above it have to pause before the next event. */
export interface StrictPartner {
  terms: Terms;
  /** Whether the device is over its daily quota. */
  overQuota: (device: string) => boolean;
  /** Events that the partner has stored, in order of arrival. */
  readonly held: { readonly id: string; readonly device: string; readonly atMs: number }[];
  /** The time and devices of each refused request. */
  readonly refusals: { readonly atMs: number; readonly devices: readonly string[] }[];
  /** Adds events that did not pass through the hub. */
  sendDirectly(device: string, count: number): void;
}

/** Deliveries, budgets and a partner in memory, on a simulated clock. */
export interface BudgetHarness {
  readonly partner: StrictPartner;
  /** The limits that the connector declares; may differ from those of the partner. */
  declared: Terms;
  readonly deliveries: readonly ClaimedDelivery[];
  readonly deadLetters: readonly NewDeadLetter[];
  nowMs(): number;
  attempts(): number;
  /** Stores a batch with one event for each of the devices. */
  store(devices: readonly string[]): void;
  /** Delivers for this long. */
  work(ms: number, eachTick?: () => void): Promise<void>;
  /** Makes all deliveries due now. */
  requeue(): void;
  /** Advances the clock without delivering. */
  standStill(ms: number): void;
  pending(): number;
}

const tickMs = 100;
const pauseMs = 30_000;
const requestEvents = 1_000;

export function openBudgetHarness(
  terms: Terms,
  { windowMs = 48 * 3_600_000 }: { readonly windowMs?: number } = {},
): BudgetHarness {
  // An arbitrary time that is not the start of a budget step.
  let clockMs = 1_750_000_000_123;
  const now = (): number => clockMs;
  const partner = createPartner(terms, now);
  const batches = new Map<string, CatalogueEvent[]>();
  let deliveries: ClaimedDelivery[] = [];
  const deadLetters: NewDeadLetter[] = [];
  const dueAt = new Map<string, number>();
  let attempts = 0;
  let made = 0;
  const line: BudgetHarness = {
    partner,
    declared: terms,
    get deliveries() {
      return deliveries;
    },
    deadLetters,
    nowMs: now,
    attempts: () => attempts,
    store(devices) {
      const id = String(dueAt.size + 1);
      batches.set(
        id,
        devices.map((device): CatalogueEvent => ({
          event_type: 'users.behaviors.app.SessionStart',
          id: `${device} ${made++}`,
          time: 1,
          user: { device_id: device },
          properties: {},
        })),
      );
      deliveries.push({
        storedOn: '2026-01-01',
        id,
        batchId: id,
        storedAtMs: clockMs,
        events: devices.length,
        attempts: 0,
        outcomes: allPending(devices.length),
        skipReasons: [],
        deferred: [],
        isReplay: false,
        replayId: null,
        traceSpans: null,
      });
      dueAt.set(id, clockMs);
    },
    async work(ms, eachTick) {
      for (const endMs = clockMs + ms; clockMs < endMs; clockMs += tickMs) {
        eachTick?.();
        while (await attempt());
      }
    },
    requeue: () => deliveries.forEach(({ id }) => dueAt.set(id, clockMs)),
    standStill: (ms) => void (clockMs += ms),
    pending: () => deliveries.reduce((sum, { outcomes }) => sum + countPending(outcomes), 0),
  };

  const budgets = createBudgets({
    currentId: 1,
    store: storeOn(now),
    windowMs,
    now,
    onError(error) {
      throw error;
    },
  });
  const connector = connectorOf(partner, () => line.declared);
  const order = createUserOrder(now);

  /** Claims like the hub: due deliveries, longest due first, up to about one request. */
  async function attempt(): Promise<boolean> {
    const due = deliveries
      .filter(({ id, outcomes }) => (dueAt.get(id) ?? 0) <= clockMs && countPending(outcomes) > 0)
      .sort((a, b) => (dueAt.get(a.id) ?? 0) - (dueAt.get(b.id) ?? 0) || Number(a.id) - Number(b.id));
    let events = 0;
    const taken = due
      .filter(({ outcomes }, index) => (events += countPending(outcomes)) <= requestEvents || index === 0)
      .sort((a, b) => Number(a.id) - Number(b.id));
    if (taken.length === 0) return false;
    attempts++;
    const loads = taken.map((delivery) => {
      const events = batches.get(delivery.batchId) ?? [];
      return {
        delivery: { ...delivery, attempts: delivery.attempts + 1 },
        slices: [{ count: events.length, bytes: 0, read: () => events }],
      };
    });
    const ordered = order.begin();
    const { results: attempted } = await deliver(loads, {
      connector,
      settings: {},
      credentials: {},
      compression: { send: (call) => call({ request: () => Promise.reject(new Error('there is no network here')) }) },
      budgets,
      concurrency: {
        onMapped: () => undefined,
        onRequest: () => undefined,
        onResponse: () => undefined,
        onRefused: () => undefined,
        onCongestion: () => undefined,
      },
      requestBytes: createAdaptiveRequestBytes(),
      order: ordered,
      refusals: { alone: 0 },
      liveSinceMs: 0,
      claimedAtMs: 0,
      windowMs,
      failures: 0,
      stopAtMs: Infinity,
      now,
      random: () => 0.5,
    });
    for (const { delivery, outcomes, skipReasons, deferred, dueAtMs, deadLetters: letters } of attempted) {
      deliveries = deliveries.map((each) =>
        each.id === delivery.id ? { ...delivery, outcomes, skipReasons, deferred } : each,
      );
      dueAt.set(delivery.id, dueAtMs ?? delivery.storedAtMs);
      deadLetters.push(...letters);
    }
    ordered.end(attempted);
    return true;
  }

  return line;
}

function connectorOf(
  partner: StrictPartner & { take(items: readonly Item<Payload>[]): readonly SendResult[] },
  declared: () => Terms,
): Connector<object, object, Payload> {
  return {
    name: 'strict',
    label: 'Strict',
    settings: z.object({}),
    credentials: z.object({}),
    reasons: {},
    origins: () => [],
    nameOf: (eventType) => eventType,
    map: ({ user }) => ({ payload: { device: user.device_id ?? '' } }),
    rateLimit: () => ({
      maxEvents: requestEvents,
      maxBytes: 1_000_000,
      maxEventBytes: 10_000,
      wrapBytes: 2,
      maxConcurrentRequests: 1,
      budgets: [{ name: 'device', key: ({ device }) => device, unit: 'events', ...declared() }],
    }),
    send: async (items) => partner.take(items),
    test: async () => ({ outcome: 'passed' }),
  };
}

function createPartner(
  terms: Terms,
  now: () => number,
): StrictPartner & { take(items: readonly Item<Payload>[]): readonly SendResult[] } {
  const held: StrictPartner['held'] = [];
  const counted = new Map<string, number[]>();
  const blockedUntilMs = new Map<string, number>();
  const recent = (device: string): number[] => {
    const times = (counted.get(device) ?? []).filter((atMs) => atMs > now() - partner.terms.periodMs);
    counted.set(device, times);
    return times;
  };
  const partner: ReturnType<typeof createPartner> = {
    terms,
    overQuota: () => false,
    held,
    refusals: [],
    sendDirectly: (device, count) => void recent(device).push(...Array.from({ length: count }, now)),
    take(items) {
      const counts = new Map<string, number>();
      for (const { payload } of items) counts.set(payload.device, (counts.get(payload.device) ?? 0) + 1);
      const named = new Map<string, 'quota' | 'rate'>();
      for (const [device, count] of counts) {
        const tooMany = recent(device).length + count > partner.terms.limit;
        if (partner.overQuota(device)) named.set(device, 'quota');
        else if (tooMany || (blockedUntilMs.get(device) ?? 0) > now()) {
          named.set(device, 'rate');
          // Amplitude restarts the pause of a device that returns too early.
          blockedUntilMs.set(device, now() + pauseMs);
        }
      }
      if (named.size === 0) {
        for (const { id, payload } of items) {
          held.push({ id, device: payload.device, atMs: now() });
          recent(payload.device).push(now());
        }
        return answerAll(items, { outcome: 'delivered' });
      }
      partner.refusals.push({ atMs: now(), devices: [...named.keys()] });
      return items.map(({ id, payload }): SendResult => {
        const why = named.get(payload.device);
        if (why === undefined)
          return { id, outcome: 'deferred', code: 'others_refused', detail: 'innocent', afterMs: 0, scope: 'event' };
        return {
          id,
          outcome: 'deferred',
          code: why,
          detail: 'too much of this device',
          afterMs: why === 'quota' ? 3_600_000 : pauseMs,
          scope: 'key',
          budget: 'device',
        };
      });
    },
  };
  return partner;
}

/** Buckets in memory, on the same clock. */
function storeOn(now: () => number): BucketStore {
  const tats = new Map<string, number>();
  return {
    async advance(moves) {
      return moves.map(({ key, incrementMs, minAheadMs, maxAheadMs }) => {
        const aheadMs = Math.max(0, (tats.get(key) ?? 0) - now(), minAheadMs);
        tats.set(key, now() + Math.max(aheadMs, Math.min(aheadMs + incrementMs, maxAheadMs)));
        return aheadMs;
      });
    },
    close: async () => undefined,
  };
}
