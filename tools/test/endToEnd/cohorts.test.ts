import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../../src/fakes/clock.js';
import { createRandom } from '../../src/fakes/random.js';
import { createAmplitudeListSender, createAmplitudeWebhookSender } from '../../src/fakes/senders/amplitude.js';
import { createAudience, type Audience } from '../../src/fakes/senders/audience.js';
import { createBrazePartnerSender } from '../../src/fakes/senders/brazePartner.js';
import type { Mishaps } from '../../src/fakes/senders/line.js';
import { createMixpanelSender } from '../../src/fakes/senders/mixpanelWebhook.js';
import type { CohortSender, SenderOptions } from '../../src/fakes/senders/sender.js';
import { startCohortHub, type CohortHub } from './cohortHub.js';
import { until } from './until.js';

/** A part of every member's id and of no other text, by which the test finds ids in output. */
const mark = 'f3a91c7e';
const crowd = Array.from(
  { length: 1_500 },
  (_, index) => `${index % 3 === 1 ? 'device' : index % 3 === 2 ? 'alias' : 'user'}-${mark}-${index}`,
);
const kindOf = (id: string) => (id.startsWith('device-') ? 'device' : id.startsWith('alias-') ? 'alias' : 'user');

const nuisance: Mishaps = { duplicate: 0.1, lostCall: 0.1, lostAnswer: 0.1, reorder: true };

interface Protocol {
  readonly partner: string;
  readonly path: string;
  readonly mishaps: Mishaps;
  readonly more?: object;
  open(options: SenderOptions & { readonly key: string }): CohortSender;
  /** The simulated time that the partner needs to send all changes. */
  readonly settleMs?: number;
}

const protocols: Readonly<Record<string, Protocol>> = {
  'Mixpanel’s webhook': {
    partner: 'mixpanel',
    path: 'mixpanel/webhook',
    open: createMixpanelSender,
    mishaps: { ...nuisance, lateCopy: 0.1 },
  },
  'Mixpanel’s webhook, with aborted syncs': {
    partner: 'mixpanel',
    path: 'mixpanel/webhook',
    open: createMixpanelSender,
    mishaps: { ...nuisance, lateCopy: 0.1, breakOff: 0.1 },
    settleMs: 3 * 86_400_000 + 1,
  },
  'Mixpanel’s webhook, starting with add_members': {
    partner: 'mixpanel',
    path: 'mixpanel/webhook',
    open: createMixpanelSender,
    mishaps: nuisance,
    more: { firstSync: 'add_members', idType: 'number' },
  },
  'Amplitude’s webhook': {
    partner: 'amplitude',
    path: 'amplitude/webhook',
    open: createAmplitudeWebhookSender,
    mishaps: { ...nuisance, lateCopy: 0.1, heldBack: 0.2 },
  },
  'Amplitude’s lists': { partner: 'amplitude', path: 'amplitude', open: createAmplitudeListSender, mishaps: nuisance },
  'the partner protocol of Mixpanel': {
    partner: 'mixpanel',
    path: 'mixpanel',
    open: createBrazePartnerSender,
    mishaps: nuisance,
    more: { kindOf },
  },
  'the partner protocol of Amplitude': {
    partner: 'amplitude',
    path: 'amplitude',
    open: createBrazePartnerSender,
    mishaps: nuisance,
    more: { kindOf },
  },
  'the partner protocol of another partner': {
    partner: 'segment',
    path: 'segment',
    open: createBrazePartnerSender,
    mishaps: nuisance,
    more: { kindOf },
  },
};

let hub: CohortHub;
const keys: string[] = [];
const senders: CohortSender[] = [];
beforeAll(async () => {
  hub = await startCohortHub();
  await hub.registerPartner('segment');
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
});
afterAll(() => hub?.stop());

let made = 0;

interface Scene {
  readonly audience: Audience;
  readonly sender: CohortSender;
  readonly key: string;
  /** The differences between the hub's members and the sender's. */
  difference(): Promise<unknown>;
}
const none = { missing: [], surplus: [] };

/** `pace`: real milliseconds per simulated second of the partner's waits. */
async function open(
  { partner, path, open: create, mishaps, more }: Protocol,
  { seed = 1, pace = 20 } = {},
): Promise<Scene> {
  const key = await hub.makeKey(partner);
  keys.push(key);
  const clock = createClock(Date.now(), 0);
  const id = String(40_000 + ++made);
  const audience = createAudience(clock, { id, name: `Cohort ${id}`, members: crowd.slice(0, 700) });
  const sender = create({
    url: `${hub.url}/partners/${path}`,
    key,
    clock,
    audience,
    mishaps,
    seed,
    pace,
    ...{ batch: 100, ...more },
  });
  senders.push(sender);
  return {
    audience,
    sender,
    key,
    async difference() {
      const [held, meant] = [await hub.membersOf(partner, id), audience.members()];
      return {
        missing: [...meant].filter((member) => !held.has(member)),
        surplus: [...held].filter((member) => !meant.has(member)),
      };
    },
  };
}

/** Random entries and exits over several syncs, many of which cancel out; returns the outcomes of the syncs. */
async function live({ audience, sender }: Scene, seed: number): Promise<ReadonlySet<string>> {
  const outcomes = new Set<string>();
  const random = createRandom(seed);
  for (let round = 0; round < 8; round++) {
    audience.enter(...crowd.filter(() => random() < 0.2));
    audience.leave(...crowd.filter(() => random() < 0.2));
    for (const outcome of await sender.run(sender.cadenceMs)) outcomes.add(outcome);
  }
  return outcomes;
}

describe.each(Object.entries(protocols))('%s', (_, protocol) => {
  it('leads to exactly the partner’s members, despite duplicates, losses and reordering', async () => {
    const scene = await open(protocol, { seed: 7 });
    await live(scene, 7);
    await scene.sender.settle(protocol.settleMs);
    expect(await scene.difference()).toEqual(none);
    expect(scene.sender.calls().flatMap(({ mishap }) => mishap ?? [])).not.toEqual([]);
  });

  it('is refused with 401 once its key is revoked', async () => {
    const scene = await open({ ...protocol, mishaps: {} });
    await scene.sender.settle();
    await hub.invalidateKey(scene.key);
    scene.audience.leave(...crowd.slice(0, 300));
    await expect.poll(async () => (await fetch(`${hub.url}/healthz`)).status).toBe(200);
    expect(await scene.sender.sync()).not.toBe('done');
    const { status, answer } = scene.sender.calls().at(-1) ?? {};
    expect(status).toBe(401);
    const { action, ...rest } = JSON.parse(answer ?? '') as Readonly<Record<string, unknown>>;
    // A key in a header is refused before the body, and so the action, is read; or as the push is stored.
    expect([undefined, 'add_members', 'remove_members']).toContain(action);
    expect(rest).toEqual(
      protocol.path.endsWith('mixpanel/webhook')
        ? { status: 'failure', error: { code: 401, message: expect.any(String) } }
        : protocol.open === createBrazePartnerSender
          ? { message: expect.any(String) }
          : { error: expect.any(String) },
    );
    expect(await hub.membersOf(protocol.partner, scene.audience.id)).toEqual(new Set(crowd.slice(0, 700)));
  });
});

it('no push is lost when the api is killed between its response and the application', async () => {
  const scenes = await Promise.all(Object.values(protocols).map((protocol) => open({ ...protocol, mishaps: {} })));
  await hub.kill('worker');
  for (const { sender, audience } of scenes) {
    await sender.settle();
    audience.leave(...crowd.slice(0, 300));
    audience.enter(...crowd.slice(700, 900));
    await sender.settle();
  }
  expect(await hub.waiting()).toBeGreaterThan(scenes.length * 2);
  await hub.kill('api');
  await Promise.all([hub.start('api'), hub.start('worker')]);
  for (const scene of scenes) expect(await scene.difference()).toEqual(none);
});

it('no push is lost when the api is killed repeatedly while partners push', async () => {
  const kills = 4;
  const startedMs = performance.now();
  await hub.kill('api');
  await hub.start('api');
  const downMs = performance.now() - startedMs;
  // Slow enough that no partner gives up a sync: the most impatient one, Mixpanel, retries for 60 s of its time, which is
  // twice as long as the api is down in all, however long a start takes on this machine.
  const patient = { pace: Math.max(400, (2 * kills * downMs) / 60) };
  const scenes = await Promise.all(
    Object.values(protocols).map((protocol) => open({ ...protocol, mishaps: { duplicate: 0.1 } }, patient)),
  );
  let pushing = true;
  const killing = (async () => {
    for (let times = 0; pushing && times < kills; times++) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await hub.kill('api');
      await hub.start('api');
    }
  })();
  const outcomes = await Promise.all(scenes.map((scene) => live(scene, 3)));
  pushing = false;
  await killing;
  for (const outcome of outcomes) expect(outcome).toEqual(new Set(['done']));
  for (const scene of scenes) {
    await scene.sender.settle();
    expect(await scene.difference()).toEqual(none);
  }
  expect(scenes.some(({ sender }) => sender.calls().some(({ status }) => status === null))).toBe(true);
}, 240_000);

it('no process logs a key or the id of a member', async () => {
  const scene = await open({ ...(protocols['Mixpanel’s webhook'] as Protocol), mishaps: {} });
  const headers = { authorization: `Basic ${Buffer.from(`x:${scene.key}`).toString('base64')}` };
  const spoiled = [
    `{"members":["user-${mark}-1"`,
    `{"action":"members","parameters":{"members":["user-${mark}-1"]}}`,
    `"user-${mark}-1"`,
    `{"client_secret":"${scene.key}","cohort_id":"user-${mark}-1","cohort_changes":{}}`,
  ];
  for (const body of spoiled) {
    for (const path of [
      'mixpanel/webhook',
      'mixpanel/cohorts/users',
      'amplitude/webhook',
      `amplitude/lists/user-${mark}-1/add`,
      'unknown/cohorts',
    ]) {
      const { status } = await fetch(`${hub.url}/partners/${path}`, { method: 'POST', headers, body });
      expect(status).toBeGreaterThanOrEqual(400);
    }
  }
  await failWithin(scene, headers);
  expect(
    hub.logLines.filter((line) => line.includes('push.failed') || line.includes('cohort.apply_failed')).length,
  ).toBeGreaterThan(1);
  for (const line of hub.logLines) for (const word of [mark, ...keys]) expect(line).not.toContain(word);
});

/** Makes the database refuse a member once on storage and once on application; both errors contain the whole row. */
async function failWithin(
  { audience, difference, sender }: Scene,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await sender.settle();
  expect(await difference()).toEqual(none);
  const member = `user-${mark}-refused`;
  const body = JSON.stringify({
    action: 'add_members',
    parameters: {
      mixpanel_cohort_id: audience.id,
      mixpanel_session_id: 'refused',
      page_info: { total_pages: 1, page_count: 1 },
      members: [{ mixpanel_distinct_id: member }],
    },
  });
  const push = async () =>
    (await fetch(`${hub.url}/partners/mixpanel/webhook`, { method: 'POST', headers, body })).status;
  const [row] = await hub.sql<{ set_id: string }[]>`select set_id from cohort where partner_id = ${audience.id}`;
  await hub.sql`alter table cohort_change add constraint sabotage check (session <> 'refused') not valid`;
  expect(await push()).toBe(503);
  await hub.sql`alter table cohort_change drop constraint sabotage`;
  const set = hub.sql(`member_set_${row?.set_id}`);
  await hub.sql`alter table ${set} add constraint sabotage check (member not like '%refused') not valid`;
  expect(await push()).toBe(200);
  await until(
    () => hub.logLines.filter((line) => line.includes('cohort.apply_failed')).length,
    (errors) => errors > 0,
  );
  await hub.sql`alter table ${set} drop constraint sabotage`;
  expect((await hub.membersOf('mixpanel', audience.id)).has(member)).toBe(true);
}
