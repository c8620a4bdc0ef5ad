import { answerAll, type Connector, type Item, type Quota, type SendResult } from '@currents/connector';
import { z } from 'zod';

export interface FakePayload {
  readonly id: string;
  readonly user: string | undefined;
}

/** The first word of an event's id selects the fake partner's response: `reject-7`, `poison-1`. */
export interface FakePartner {
  /** Every request, as its event ids. */
  readonly requests: string[][];
  /** The number of times that the partner received each id it has stored. */
  readonly held: Map<string, number>;
  /** The ids of events that were mapped as replayed. */
  readonly replayed: Set<string>;
  /** While set, the response to every request. */
  mood: SendResultOfAll | undefined;
  /** Awaited before each response. */
  delay: () => Promise<void>;
  /** Awaited before each response to a test of credentials. */
  testDelay: () => Promise<void>;
}

/** The limits that the fake connector declares; may change at any time. */
export interface FakeLimits {
  readonly events?: number;
  readonly requests?: number;
  /** The rate limit of one user. */
  user?: { readonly limit: number; readonly periodMs: number; readonly quota?: Quota };
}

type SendResultOfAll = Parameters<typeof answerAll>[1];

export function createFakePartner(): FakePartner {
  return {
    requests: [],
    held: new Map(),
    replayed: new Set(),
    mood: undefined,
    delay: async () => undefined,
    testDelay: async () => undefined,
  };
}

/** A connector without a network: it calls the partner object. */
export function fakeConnector(
  partner: FakePartner,
  limits: FakeLimits = {},
): Connector<
  { readonly region: 'here'; readonly baseUrl?: string | undefined },
  { readonly key: string },
  FakePayload
> {
  return {
    name: 'fake',
    label: 'Fake',
    settings: z.strictObject({ region: z.literal('here'), baseUrl: z.string().optional() }),
    credentials: z.strictObject({ key: z.string() }),
    reasons: { no_user: 'the event has no user', bad_id: 'the partner refuses this id' },
    origins: (settings) => [settings?.baseUrl ?? 'https://partner.example.com'],
    nameOf: (eventType) => (eventType.startsWith('agentconsole.') ? undefined : eventType),
    map(event, _settings, isReplay) {
      if (isReplay) partner.replayed.add(event.id);
      if (event.id.startsWith('skip-')) return { skip: 'no_user' };
      if (event.id.startsWith('unmappable-')) return { reject: 'bad_id', detail: 'id: not one the partner takes' };
      if (event.id.startsWith('throw-')) throw new TypeError('a bug');
      return { payload: { id: event.id, user: event.user.external_user_id ?? undefined } };
    },
    rateLimit: () => ({
      maxEvents: limits.events ?? 100,
      maxBytes: 1_000_000,
      maxEventBytes: 10_000,
      wrapBytes: 2,
      maxConcurrentRequests: limits.requests ?? 4,
      budgets: limits.user ? [{ name: 'user', key: ({ user }) => user, unit: 'events', ...limits.user }] : [],
    }),
    async send(items) {
      partner.requests.push(items.map(({ id }) => id));
      await partner.delay();
      if (partner.mood) return answerAll(items, partner.mood);
      if (items.some(({ id }) => id.startsWith('poison-'))) {
        return answerAll(items, { outcome: 'split', code: 'refused', detail: 'something in here is wrong' });
      }
      return items.flatMap((item) => answer(item, partner));
    },
    async test() {
      await partner.testDelay();
      return partner.mood?.outcome === 'blocked'
        ? { outcome: 'refused', code: 'bad_key', detail: 'no' }
        : { outcome: 'passed' };
    },
  };
}

function answer({ id }: Item<FakePayload>, partner: FakePartner): SendResult[] {
  const [word] = id.split('-');
  switch (word) {
    case 'reject':
      return [{ id, outcome: 'rejected', code: 'invalid', detail: 'field `colour` is not one' }];
    case 'silent':
      return [];
    case 'later':
      return [
        { id, outcome: 'deferred', code: 'throttled', detail: 'this one later', afterMs: 60_000, scope: 'event' },
      ];
    default:
      partner.held.set(id, (partner.held.get(id) ?? 0) + 1);
      return [{ id, outcome: 'delivered' }];
  }
}
