import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock, type VirtualClock } from '../../src/fakes/clock.js';
import { createRandom } from '../../src/fakes/random.js';
import { createAmplitudeListSender, createAmplitudeWebhookSender } from '../../src/fakes/senders/amplitude.js';
import { createAudience } from '../../src/fakes/senders/audience.js';
import { createBrazePartnerSender } from '../../src/fakes/senders/brazePartner.js';
import type { Mishaps } from '../../src/fakes/senders/line.js';
import { createMixpanelSender } from '../../src/fakes/senders/mixpanelWebhook.js';
import type { CohortSender, SenderOptions } from '../../src/fakes/senders/sender.js';
import { key, startReceiver, type Receiver } from './receiver.js';

let receiver: Receiver;
let clock: VirtualClock;
let senders: CohortSender[];
beforeEach(async () => {
  receiver = await startReceiver();
  clock = createClock(Date.UTC(2026, 2, 1), 0);
  senders = [];
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.close()));
  await receiver.close();
});

const people = (from: number, to: number, kind = 'user'): string[] =>
  Array.from({ length: to - from }, (_, index) => `${kind}-${from + index}`);
const kindOf = (id: string) => (id.startsWith('device-') ? 'device' : id.startsWith('alias-') ? 'alias' : 'user');

/** The differences between the hub's members and the sender's. */
function differenceOf(held: ReadonlySet<string>, meant: ReadonlySet<string>) {
  const only = (some: ReadonlySet<string>, others: ReadonlySet<string>) => [...some].filter((id) => !others.has(id));
  return { missing: only(meant, held), surplus: only(held, meant) };
}
const none = { missing: [], surplus: [] };

interface Making {
  readonly mishaps?: Mishaps;
  readonly seed?: number;
  readonly members?: readonly string[];
  readonly more?: object;
}

function make(
  open: (options: SenderOptions & { readonly key: string }) => CohortSender,
  path: string,
  { members = people(0, 2_500), mishaps = {}, seed = 1, more = {} }: Making = {},
) {
  const audience = createAudience(clock, { id: '678', name: 'Buyers', members });
  const sender = open({ url: receiver.url + path, key, clock, audience, mishaps, seed, ...more });
  senders.push(sender);
  return { audience, sender };
}

const mixpanel = (making?: Making) => make(createMixpanelSender, '/mixpanel/webhook', making);
const lists = (making?: Making) => make(createAmplitudeListSender, '/amplitude', making);
const webhook = (making?: Making) => make(createAmplitudeWebhookSender, '/amplitude/webhook', making);
const braze = (making: Making = {}) =>
  make(createBrazePartnerSender, '/segment', { ...making, more: { kindOf, ...making.more } });

const nuisance: Mishaps = { duplicate: 0.2, lostCall: 0.15, lostAnswer: 0.15, reorder: true };
const protocols = {
  'Mixpanel’s webhook': { open: mixpanel, mishaps: { ...nuisance, lateCopy: 0.2 } },
  'Amplitude’s lists': { open: lists, mishaps: nuisance },
  'Amplitude’s webhook': { open: webhook, mishaps: { ...nuisance, lateCopy: 0.2, heldBack: 0.2 } },
  'the partner protocol': { open: braze, mishaps: nuisance },
} satisfies Record<string, { open: (making?: Making) => ReturnType<typeof make>; mishaps: Mishaps }>;

/** Random entries and exits over several syncs, some of which cancel out before they are received. */
async function live(audience: ReturnType<typeof make>['audience'], sender: CohortSender, seed: number): Promise<void> {
  const random = createRandom(seed);
  const crowd = people(0, 4_000);
  for (let round = 0; round < 8; round++) {
    audience.enter(...crowd.filter(() => random() < 0.2));
    audience.leave(...crowd.filter(() => random() < 0.2));
    await sender.run(sender.cadenceMs);
  }
}

describe.each(Object.entries(protocols))('%s', (_, { open, mishaps }) => {
  it('sends exactly the members of the cohort', async () => {
    const { audience, sender } = open();
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    audience.enter(...people(2_500, 2_700));
    audience.leave(...people(0, 1_300));
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    expect(sender.calls().every(({ status }) => status === 200 || status === 201)).toBe(true);
  });

  it.each([1, 2, 3])('sends exactly the members despite all mishaps (seed %d)', async (seed) => {
    const { audience, sender } = open({ mishaps, seed, more: { batch: 100 } });
    await live(audience, sender, seed);
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    const struck = new Set(sender.calls().flatMap((call) => call.mishap ?? []));
    expect([...struck]).toEqual(expect.arrayContaining(['duplicate', 'lostCall', 'lostAnswer']));
  });

  it('has the same mishaps with the same seed', async () => {
    const received: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      clock.set(Date.UTC(2026, 2, 1));
      const { sender } = open({ mishaps, seed: 5, members: people(0, 900) });
      await sender.settle();
      received.push(sender.calls().map(({ path, attempt, mishap }) => [path, attempt, mishap]));
    }
    expect(received[0]).toEqual(received[1]);
  });

  it('waits and repeats the same request while the hub is unavailable', async () => {
    const { audience, sender } = open({ members: people(0, 10) });
    const busy = { outcome: 'unavailable', detail: 'later' } as const;
    receiver.refuseNext(busy, busy, busy);
    const before = clock.now();
    expect(await sender.sync()).toBe('done');
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    expect(
      new Set(
        sender
          .calls()
          .slice(0, 4)
          .map(({ body }) => body),
      ).size,
    ).toBe(1);
    expect(clock.now() - before).toBeGreaterThanOrEqual(7_000);
  });
});

describe('Mixpanel’s webhook', () => {
  it('leads to the same members when syncs are aborted and restarted while old pages still arrive', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { audience, sender } = mixpanel({ mishaps: { ...nuisance, breakOff: 0.1 }, seed, more: { batch: 200 } });
      await live(audience, sender, seed);
      await sender.settle(3 * 86_400_000 + 1);
      expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    }
  });

  it.each([400, 401, 403, 404])('stops at %d until it is resumed', async (status) => {
    const { sender } = mixpanel({ members: people(0, 10) });
    const outcome =
      ({ 400: 'unreadable', 401: 'unauthorised', 403: 'unauthorised', 404: 'unknown_cohort' } as const)[status] ??
      'unreadable';
    receiver.refuseNext({ outcome, detail: 'no' });
    expect(await sender.run(3 * 15 * 60_000)).toEqual(['paused', 'paused', 'paused']);
    expect(sender.calls()).toHaveLength(1);
    sender.resume();
    expect(await sender.sync()).toBe('done');
  });

  it('continues at its next sync after five retries in a minute', async () => {
    const { audience, sender } = mixpanel({ members: people(0, 10) });
    receiver.refuseNext(...Array.from({ length: 6 }, () => ({ outcome: 'busy', detail: 'later' }) as const));
    const before = clock.now();
    expect(await sender.sync()).toBe('failed');
    expect([sender.calls().length, clock.now() - before]).toEqual([6, 60_000]);
    expect(await sender.run(15 * 60_000)).toEqual(['done']);
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
  });

  it('sends all members again after three days, and only changes before', async () => {
    const { audience, sender } = mixpanel({ members: people(0, 10) });
    const actions = () => sender.calls().map(({ body }) => (JSON.parse(body) as { action: string }).action);
    await sender.sync();
    await sender.run(30 * 60_000);
    expect(actions()).toEqual(['members', 'add_members', 'remove_members', 'add_members', 'remove_members']);
    clock.advance(4 * 86_400_000);
    audience.leave(...people(0, 5));
    await sender.sync();
    expect(actions().at(-1)).toBe('members');
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
  });

  it.each([
    { idType: 'number' },
    { firstSync: 'add_members' },
    { propertiesOf: (id: string) => ({ $braze_external_id: id, mixpanel_distinct_id: 'another' }) },
  ])('leads to the same members for each undocumented behaviour: %o', async (more) => {
    const { audience, sender } = mixpanel({ more });
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
  });

  it('sends an empty cohort as an empty page', async () => {
    const { sender } = mixpanel({ members: [] });
    await sender.settle();
    expect(sender.calls()).toHaveLength(1);
    expect(receiver.nameOf('678')).toBe('Buyers');
  });
});

describe('Amplitude’s lists', () => {
  it.each([
    { auth: 'basic' },
    { auth: 'bearer' },
    { auth: 'header' },
    { listIdPath: 'list_id' },
    { listIdPath: 'data.id' },
    { batch: 10_000 },
    { itemOf: (id: string) => ({ user_id: id }) },
  ])('lead to the same members for each configuration of the integration: %o', async (more) => {
    const { audience, sender } = lists({ more });
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    expect(receiver.nameOf('678')).toBe('Buyers');
  });

  it('are created once, and keep their id', async () => {
    const { audience, sender } = lists();
    await sender.sync();
    audience.rename('Best buyers');
    audience.leave(...people(0, 10));
    await sender.settle();
    expect(sender.calls().filter(({ path }) => path === '/lists')).toHaveLength(1);
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
  });
});

describe('Amplitude’s webhook', () => {
  it.each([{ flag: 'string' }, { headers: { 'x-data-import-key': key } }, { batch: 7 }])(
    'leads to the same members with another template: %o',
    async (more) => {
      const { audience, sender } = webhook({ members: people(0, 300), more });
      await sender.settle();
      expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
    },
  );

  it('sends members without an id', async () => {
    const { sender } = webhook({ members: people(0, 10), more: { nameless: 3 } });
    await sender.settle();
    expect(receiver.refused).toEqual({ no_id: 3 });
  });
});

describe('the partner protocol', () => {
  it('sends members by user, device and alias', async () => {
    const members = [...people(0, 700), ...people(0, 700, 'device'), ...people(0, 700, 'alias')];
    const { audience, sender } = braze({ members });
    await sender.settle();
    audience.leave(...people(0, 100), ...people(0, 100, 'device'), ...people(0, 100, 'alias'));
    await sender.settle();
    expect(differenceOf(receiver.membersOf('678'), audience.members())).toEqual(none);
  });

  it('declares a cohort again when it is renamed', async () => {
    const { audience, sender } = braze({ members: people(0, 5) });
    await sender.sync();
    audience.rename('Best buyers');
    await sender.settle();
    expect(receiver.nameOf('678')).toBe('Best buyers');
    expect(sender.calls().filter(({ path }) => path === '/cohorts')).toHaveLength(2);
  });

  it('stops when its key is refused', async () => {
    const { sender } = braze({ members: people(0, 5) });
    receiver.invalidateKey();
    expect(await sender.sync()).toBe('paused');
    expect(sender.calls().map(({ status }) => status)).toEqual([401]);
  });
});

describe('an audience', () => {
  it('knows its members at any time', () => {
    const audience = createAudience(clock, { id: '1', name: 'a', members: ['u1'] });
    const start = clock.now();
    clock.advance(1_000);
    audience.enter('u2', 'u3');
    clock.advance(1_000);
    audience.leave('u1', 'u2');
    expect([start, start + 1_000, start + 2_000].map((ms) => [...audience.membersAt(ms)])).toEqual([
      ['u1'],
      ['u1', 'u2', 'u3'],
      ['u3'],
    ]);
    expect([...audience.members()]).toEqual(['u3']);
  });
});
