import { answerAll, type Connector, type Item, type SendOutcome, type SendResult } from '@currents/connector';
import { z } from 'zod';
import { afterEach, expect, it } from 'vitest';
import { createFakePartner, fakeConnector, type FakePayload } from './fakeConnector.js';
import { openHub, until, type Hub } from './deliveryHarness.js';

/**
 * Each run is a Current with a partner of its own, which throttles, refuses and delays requests by the seed. Several
 * requests are in flight, one worker starts and one stops meanwhile.
 */
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const batches = 30;
const eventsOfEach = 16;
const users = 12;

let hub: Hub;
afterEach(() => hub.stop());

interface Arrival {
  readonly id: string;
  readonly user: string;
}

/** Numbers in [0, 1) by the seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function createSeededPartner(seed: number) {
  const random = randomOf(seed);
  const arrived: Arrival[] = [];
  const routes = new Set<string>();
  let inFlight = 0;
  let most = 0;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 40 + random() * 40));

  function answer(items: readonly Item<FakePayload>[]): readonly SendResult[] {
    const chance = random();
    const chosen = items[Math.floor(random() * items.length)] as Item<FakePayload>;
    const afterMs = 50 + Math.floor(random() * 300);
    const onlyFor = (isNamed: (item: Item<FakePayload>) => boolean, outcome: SendOutcome) =>
      items.map((item): SendResult => ({ id: item.id, ...(isNamed(item) ? outcome : others) }));
    if (chance < 0.12)
      return onlyFor(({ payload }) => payload.user === chosen.payload.user, {
        outcome: 'deferred',
        code: 'throttled',
        detail: 'too fast',
        afterMs,
        scope: 'key',
      });
    if (chance < 0.2)
      return onlyFor(({ id }) => id === chosen.id, {
        outcome: 'deferred',
        code: 'later',
        detail: 'this one later',
        afterMs,
        scope: 'event',
      });
    if (chance < 0.26)
      return answerAll(items, {
        outcome: 'deferred',
        code: 'http_503',
        detail: 'unavailable',
        afterMs: afterMs / 3,
        scope: 'current',
      });
    if (chance < 0.32 && items.length > 1)
      return answerAll(items, { outcome: 'split', code: 'http_413', detail: 'too large', isTooLarge: chance < 0.29 });
    for (const { id, payload } of items) arrived.push({ id, user: String(payload.user) });
    return answerAll(items, { outcome: 'delivered' });
  }

  return {
    arrived,
    /** The routes of each request, in order of the alphabet. */
    routes,
    most: () => most,
    async send(items: readonly Item<FakePayload>[]): Promise<readonly SendResult[]> {
      most = Math.max(most, ++inFlight);
      routes.add([...new Set(items.map(({ route }) => route ?? 'usual'))].toSorted().join(' and '));
      await pause();
      const results = answer(items);
      await pause();
      inFlight--;
      return results;
    },
  };
}

const others: SendOutcome = {
  outcome: 'deferred',
  code: 'others_refused',
  detail: 'refused because of other events',
  afterMs: 0,
  scope: 'event',
};

/** Every third partner accepts a part of the events elsewhere. */
const hasRoutes = (region: string): boolean => Number(region) % 3 === 0;

/** The partner is chosen by the settings. Every second one declares a limit that its busiest user exceeds. */
function seededConnector(partners: ReadonlyMap<string, ReturnType<typeof createSeededPartner>>): Connector {
  return {
    ...fakeConnector(createFakePartner()),
    settings: z.strictObject({ region: z.string() }),
    map({ id, user: ids }, { region }: { readonly region: string }) {
      const user = ids.external_user_id ?? ids.device_id ?? undefined;
      // The busiest user changes routes seldom: each change is a request that waits for the one before.
      const isElsewhere = hasRoutes(region) && (user === 'user-0' ? /[13]\d\d$/ : /[147]$/).test(id);
      return { payload: { id, user }, ...(isElsewhere && { route: 'elsewhere' }) };
    },
    rateLimit: ({ region }: { readonly region: string }) => ({
      maxEvents: 20,
      maxBytes: 4_000,
      maxEventBytes: 1_000,
      wrapBytes: 2,
      maxConcurrentRequests: 4,
      ...(hasRoutes(region) && { routes: { elsewhere: { maxEvents: 7, itemBytes: 20 } } }),
      budgets: [
        {
          name: 'user',
          key: ({ user }: FakePayload) => user,
          unit: 'events' as const,
          limit: Number(region) % 2 === 0 ? 100_000 : 120,
          periodMs: 1_000,
        },
      ],
    }),
    send: (items, { settings }) => partners.get((settings as { region: string }).region)!.send(items),
  };
}

it('events of a user arrive in order: 20 seeded runs of throttling with several requests in flight', async () => {
  const partners = new Map(seeds.map((seed) => [String(seed), createSeededPartner(seed)]));
  hub = await openHub(seededConnector(partners));
  const currents: number[] = [];
  for (const seed of seeds) {
    const id = await hub.launch(`seed ${seed}`);
    await hub.sql`update current set settings = ${hub.sql.json({ region: String(seed) })} where id = ${id}`;
    currents.push(id);
  }
  const random = randomOf(99);
  const sent: Arrival[] = [];
  const take = async (count: number): Promise<void> => {
    for (let batch = 0; batch < count; batch++) {
      const events = Array.from({ length: eventsOfEach }, () => {
        // Half of the events are of the first user.
        const user = `user-${Math.max(0, Math.floor(random() * 2 * users) - users)}`;
        const id = `event-${sent.length}`;
        sent.push({ id, user });
        return {
          event_type: 'users.messages.email.Open',
          id,
          time: 1_750_000_000,
          user: random() < 0.5 ? { external_user_id: user } : { device_id: user },
          properties: {},
        };
      });
      await hub.take(events);
    }
  };
  await take(batches / 5);
  const first = await hub.startWorker();
  await take((batches * 2) / 5);
  await hub.startWorker();
  await take((batches * 2) / 5);
  await first.stop();
  await until(
    () => hub.sql<{ pending: number }[]>`select coalesce(sum(pending), 0)::int as pending from delivery`,
    ([row]) => row?.pending === 0,
    90_000,
  );
  const broken = [...partners].flatMap(([seed, { arrived }]) =>
    outOfOrder(arrived, sent).map((each) => `${seed}: ${each}`),
  );
  expect(broken).toEqual([]);
  for (const current of currents)
    expect(await hub.tally(current)).toEqual({ selected: sent.length, delivered: sent.length });
  expect(Math.min(...Array.from(partners.values(), (partner) => partner.most()))).toBeGreaterThan(1);
  for (const [seed, { routes }] of partners)
    expect([...routes].toSorted()).toEqual(hasRoutes(seed) ? ['elsewhere', 'usual'] : ['usual']);
}, 150_000);

/** The users whose events arrived first in another order than they were sent, and how many of them came too late. */
function outOfOrder(arrived: readonly Arrival[], sent: readonly Arrival[]): string[] {
  const place = new Map(sent.map(({ id }, index) => [id, index]));
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  const late = new Map<string, number>();
  for (const { id, user } of arrived) {
    if (seen.has(id)) continue;
    seen.add(id);
    const index = place.get(id) as number;
    if (index < (latest.get(user) ?? -1)) late.set(user, (late.get(user) ?? 0) + 1);
    else latest.set(user, index);
  }
  return Array.from(late, ([user, count]) => `${user}: ${count} events came after later ones`);
}
