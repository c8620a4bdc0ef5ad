import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { profileIdOf } from '../../src/fakes/mixpanel/records.js';
import type { LedgerSnapshot, StoredEvent } from '../../src/fakes/ledger.js';
import { startDestinationHub, type DestinationHub } from './destinationHub.js';
import { event } from './events.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { mixpanelDestination } from './mixpanelDestination.js';
import { tokenOf } from './testEnvironment.js';
import { until } from './until.js';

const users = Array.from({ length: 40 }, (_, index) => `member-${index}`);
const culprit = users[17] as string;
const opens = 'users.messages.email.Open';
const updates = 'users.profile.Update';

/** What an update of a user sets at Mixpanel. */
const setOf = (user: string): Record<string, unknown> => ({
  $first_name: `First ${user}`,
  $email: `${user}@example.com`,
  country: 'NO',
  '[Custom attribute] bags_bought': 7,
  '[Custom attribute] visits': ['Bergen', 'Oslo'],
});

function update(user: string) {
  return event({
    event_type: updates,
    user: { external_user_id: user },
    properties: {
      time_ms: 1_750_000_000_123,
      update_source: 'api',
      first_name: `First ${user}`,
      email_address: `${user}@example.com`,
      country: 'NO',
      home_city: null,
      custom_attributes: JSON.stringify({ bags_bought: 7, visits: ['Bergen', 'Oslo'] }),
    },
  });
}

const open = (user: string) => event({ user: { external_user_id: user } });
/** Of each user an open, an update and an open. */
const sent = [open, update, open].flatMap((make) => users.map((user) => make(user)));

const engage = { path: '/engage' };
const refusing = profileIdOf({ $token: '', $distinct_id: culprit, $set: setOf(culprit) }) ?? '';
const faults = {
  plain: undefined,
  off: undefined,
  outage: { match: { ...engage, count: 1 }, action: { kind: 'html', status: 502 } },
  lost: { match: { ...engage, count: 1 }, action: { kind: 'reset', at: 'afterStore' } },
  throttled: { match: engage, action: { kind: 'flip429', times: 2, retryAfterSeconds: 2 } },
  refused: { match: engage, action: { kind: 'partial400', ids: [refusing], field: '$set', message: 'is invalid' } },
  failing: { match: engage, action: { kind: 'blanket400', ids: [refusing] } },
  revoked: { match: engage, action: { kind: 'credentialsRevoked' } },
} as const;
const projects = Object.keys(faults) as (keyof typeof faults)[];

let hub: DestinationHub<FakeMixpanel['control']>;
const currents = new Map<string, number>();
const currentOf = (project: string): number => currents.get(project) ?? 0;
const isDone = (project: string, count = sent.length) =>
  until(
    () => ledgerOf(hub.sql, currentOf(project)),
    ({ selected, pending }) => selected === count && pending === 0,
    40_000,
  );

beforeAll(async () => {
  hub = await startDestinationHub(mixpanelDestination, projects);
  for (const project of projects) {
    const { match, action } = faults[project] ?? {};
    if (action) hub.fake.control.addFault({ id: project, action, match: { ...match, project } });
    const settings = { profileUpdates: project !== 'off' };
    currents.set(project, await hub.launch(project, { settings, eventTypes: [opens, updates] }));
  }
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: sent.length } });
}, 120_000);
afterAll(() => hub?.stop());

const updatesAt = ({ view }: Pick<LedgerSnapshot, 'view'>, project: string): readonly StoredEvent[] =>
  view.filter((copy) => copy.project === project && '$distinct_id' in copy.event);

function expectProfiles(project: string, expected = users): void {
  const ledger = hub.fake.control.ledger();
  expect(
    updatesAt(ledger, project)
      .map(({ person }) => person)
      .toSorted(),
  ).toEqual(expected.toSorted());
  for (const user of expected) expect(hub.fake.control.profileOf(project, user)).toEqual(setOf(user));
  const events = ledger.view.filter((copy) => copy.project === project && 'properties' in copy.event);
  expect(events).toHaveLength(users.length * 2);
}

it('updates of profiles set properties of their users, beside the events, in requests of their own', async () => {
  expect(await isDone('plain')).toMatchObject({ delivered: sent.length });
  expectProfiles('plain');
  const { requests } = hub.fake.control.ledger();
  const own = requests.filter(({ project }) => project === 'plain');
  expect(own.map(({ path, encoding }) => `${path} ${encoding}`)).toEqual([
    '/import gzip',
    '/engage undefined',
    '/import gzip',
  ]);
  expect(own[1]?.query).toBe('ip=0&strict=1&verbose=1');
}, 60_000);

it('a Current that does not ask for them skips them with a reason', async () => {
  expect(await isDone('off')).toMatchObject({ delivered: users.length * 2, skipped: users.length });
  expect(updatesAt(hub.fake.control.ledger(), 'off')).toEqual([]);
}, 60_000);

it.each(['outage', 'lost', 'throttled'] as const)(
  'all of them arrive despite %s',
  async (project) => {
    expect(await isDone(project)).toMatchObject({ delivered: sent.length, rejected: 0 });
    expectProfiles(project);
    expect(hub.fake.control.summary().faults[project]).toBeGreaterThan(0);
  },
  60_000,
);

it.each([
  ['refused', 'rejected_by_mixpanel', '$set: is invalid'],
  ['failing', 'bad_request', 'invalid request'],
] as const)(
  'one that is %s is a dead letter with its reason, and a replay sets what is not set',
  async (project, code, words) => {
    expect(await isDone(project)).toMatchObject({ delivered: sent.length - 1, rejected: 1 });
    expect(await deadLettersOf(hub.sql, currentOf(project))).toMatchObject([
      { code, detail: expect.stringContaining(words) },
    ]);
    expectProfiles(
      project,
      users.filter((user) => user !== culprit),
    );
    hub.fake.control.removeFault(project);
    expect(await hub.admin.replay(currentOf(project))).toBe(1);
    await until(
      () => hub.fake.control.profileOf(project, culprit),
      (profile) => profile !== undefined,
      30_000,
    );
    expectProfiles(project);
    const replayed = updatesAt(hub.fake.control.ledger(), project).find(({ person }) => person === culprit);
    expect(replayed?.event).toEqual({ $distinct_id: culprit, $set_once: setOf(culprit) });
  },
  60_000,
);

it('a revoked token blocks the Current, which keeps its events and resumes', async () => {
  const state = await until(
    () => hub.admin.stateOf(currentOf('revoked')),
    ({ state: now }) => now === 'BLOCKED',
    30_000,
  );
  expect(state.block?.code).toBe('credentials_refused');
  expect(await ledgerOf(hub.sql, currentOf('revoked'))).toMatchObject({ selected: sent.length, rejected: 0 });
  hub.fake.control.removeFault('revoked');
  expect(await hub.admin.probe(currentOf('revoked'))).toBe('TestCredentialsPayload');
  await isDone('revoked');
  expectProfiles('revoked');
}, 60_000);

it('of one user, updates and events keep their order, and the last update wins', async () => {
  const user = 'changing';
  const own = (city: string) =>
    event({ event_type: updates, user: { external_user_id: user }, properties: { home_city: city } });
  await hub.post([own('Oslo'), open(user), own('Bergen'), open(user), own('Tromsø')]);
  await isDone('plain', sent.length + 5);
  expect(hub.fake.control.profileOf('plain', user)).toEqual({ home_city: 'Tromsø' });
  const ofUser = hub.fake.control
    .ledger()
    .stored.filter(({ project, person }) => project === 'plain' && person === user);
  expect(ofUser.map(({ event: stored }) => ('$set' in stored ? stored['$set'] : 'open'))).toEqual([
    { home_city: 'Oslo' },
    'open',
    { home_city: 'Bergen' },
    'open',
    { home_city: 'Tromsø' },
  ]);
}, 60_000);

it.each([
  ['the words of /import', { engageSuccess: 'strict' }],
  ['a check of the credentials in the header', { engageCredentials: 'checked' }],
] as const)(
  'updates arrive if Mixpanel answers with %s',
  async (name, profile) => {
    hub.fake.control.setProfile(profile);
    const { delivered } = await ledgerOf(hub.sql, currentOf('plain'));
    await hub.post([update(name)]);
    await until(
      () => ledgerOf(hub.sql, currentOf('plain')),
      (ledger) => ledger.delivered === delivered + 1,
      30_000,
    );
    expect(hub.fake.control.profileOf('plain', name)).toEqual(setOf(name));
  },
  60_000,
);

it('the hub does nothing that Mixpanel would not expect, and no log line has a token', () => {
  expect(hub.fake.control.ledger().violations).toEqual([]);
  const secrets = projects.map((project) => tokenOf(project));
  for (const line of hub.complaints) expect(secrets.filter((secret) => line.includes(secret))).toEqual([]);
});
