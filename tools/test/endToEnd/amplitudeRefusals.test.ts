import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/fakes/faults/rule.js';
import { amplitudeMatrix, type AmplitudeProfile } from '../../src/fakes/amplitude/profile.js';
import { needlessResends, type LedgerSnapshot } from '../../src/fakes/ledger.js';
import { apiKeyOf, shownAtAmplitude, startAmplitudeHub, type AmplitudeHub } from './amplitudeHub.js';
import { event, events } from './events.js';
import type { Counts } from '../../src/hub/adminClient.js';
import { deadLettersOf, ledgerOf, skipsOf } from './ledger.js';
import { onceEach } from './shown.js';
import { until } from './until.js';

const project = 'everything';
let hub: AmplitudeHub;
beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: { [project]: {} } });
});
afterAll(() => hub?.stop());

interface Carried {
  readonly counts: Counts;
  /** Event id and code of every dead letter. */
  readonly dead: readonly string[];
  readonly skips: Readonly<Record<string, number>>;
  readonly ledger: LedgerSnapshot;
}

/** Posts the events to a new Current, waits until no event is pending, and returns the results. */
async function carry(
  name: string,
  sent: readonly Readonly<Record<string, unknown>>[],
  settings = {},
): Promise<Carried> {
  const since = hub.amplitude.control.ledger().requests.at(-1)?.seq ?? 0;
  const current = await hub.launch(project, { name, settings });
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: sent.length } });
  const counts = await until(
    () => ledgerOf(hub.sql, current),
    ({ selected, pending }) => selected > 0 && pending === 0,
    40_000,
  );
  await hub.admin.remove(current, name);
  const dead = (await deadLettersOf(hub.sql, current)).map(({ id, code }) => `${id} ${code}`);
  return {
    counts,
    dead: [...dead].sort(),
    skips: await skipsOf(hub.sql, current),
    ledger: hub.amplitude.control.ledger(since),
  };
}

/** A few events of each kind; Amplitude is set to refuse the three in `bad`. */
function mixture() {
  const good = events(1_500);
  const bad = events(3);
  const [first, middle, last] = bad;
  const anonymous = events(20, { user: { device_id: 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D' } });
  const withoutIds = events(10, { user: {} });
  const refusedId = event({ user: { external_user_id: 'null' } });
  const early = event({ time: -5 });
  const sent = [
    first,
    ...good.slice(0, 700),
    refusedId,
    ...anonymous,
    middle,
    ...withoutIds,
    ...good.slice(700),
    early,
    last,
  ].flatMap((each) => each ?? []);
  return {
    sent,
    taken: [...good, ...anonymous],
    bad: bad.map(({ id }) => id),
    refused: [`${refusedId.id} id_not_allowed`, `${early.id} before_1970`],
  };
}

describe('the outcomes are the same when Amplitude lists', () => {
  const listed = (
    ids: readonly string[],
    more: Partial<Extract<FaultRule['action'], { kind: 'partial400' }>> = {},
  ): FaultRule => ({
    id: 'refusing',
    match: { eventIdIn: ids },
    action: { kind: 'partial400', ids, field: 'user_properties', ...more },
  });
  const ways: readonly [
    way: string,
    profile: Partial<AmplitudeProfile>,
    rule: (ids: readonly string[]) => FaultRule,
    code: string,
  ][] = [
    ['all refused events', { indexMode: 'all' }, (ids) => listed(ids), 'field_invalid'],
    ['only the first refused event', { indexMode: 'firstPerField' }, (ids) => listed(ids), 'field_invalid'],
    ['no refused event', {}, (ids) => listed(ids, { records: 'none' }), 'bad_request'],
    [
      'no refused event and no reason',
      {},
      (ids) => ({ id: 'refusing', action: { kind: 'blanket400', ids } }),
      'bad_request',
    ],
  ];

  it.each(ways)(
    '%s',
    async (way, profile, ruleFor, code) => {
      hub.amplitude.control.reset();
      hub.amplitude.control.setProfile(profile);
      const { sent, taken, bad, refused } = mixture();
      hub.amplitude.control.addFault(ruleFor(bad));
      const { counts, dead, skips, ledger } = await carry(way, sent);
      expect(counts).toEqual({
        selected: sent.length,
        delivered: taken.length,
        skipped: 10,
        rejected: 5,
        expired: 0,
        pending: 0,
      });
      expect(dead).toEqual([...refused, ...bad.map((id) => `${id} ${code}`)].sort());
      expect(skips).toEqual({ no_user_or_device_id: 10 });
      expect(shownAtAmplitude(ledger, project)).toEqual(onceEach(taken.map(({ id }) => id)));
      expect(needlessResends(ledger)).toEqual([]);
      expect(ledger.violations).toEqual([]);
      // A refused request stores nothing, so there are no duplicates.
      expect(hub.amplitude.control.summary()).toMatchObject({ duplicates: 0 });
    },
    60_000,
  );
});

describe('the outcomes are the same for each undocumented behaviour of Amplitude', () => {
  it.each([{}, ...amplitudeMatrix].map((profile) => [JSON.stringify(profile), profile] as const))(
    '%s',
    async (name, profile) => {
      hub.amplitude.control.reset();
      hub.amplitude.control.setProfile(profile);
      const { sent, taken, bad, refused } = mixture();
      const { counts, dead, ledger } = await carry(`unknown ${name}`, sent);
      expect(counts).toEqual({
        selected: sent.length,
        delivered: taken.length + bad.length,
        skipped: 10,
        rejected: 2,
        expired: 0,
        pending: 0,
      });
      expect(dead).toEqual([...refused].sort());
      expect(shownAtAmplitude(ledger, project)).toEqual(onceEach([...taken.map(({ id }) => id), ...bad]));
      expect(ledger.violations).toEqual([]);
    },
    60_000,
  );
});

describe('ids', () => {
  it('of one character are accepted, because the hub sets the minimum length', async () => {
    hub.amplitude.control.reset();
    const short = events(3, { user: { external_user_id: '7', device_id: '8' } });
    const { counts, ledger } = await carry('short ids', short);
    expect(counts).toMatchObject({ delivered: 3, rejected: 0 });
    expect(ledger.view.map(({ event: { user_id, device_id } }) => [user_id, device_id])).toEqual([
      ['7', '8'],
      ['7', '8'],
      ['7', '8'],
    ]);
  });

  it('that Amplitude refuses are left out of events with another id', async () => {
    const half = events(2, { user: { external_user_id: 'Anonymous', device_id: 'a-valid-device-id' } });
    const { counts, ledger } = await carry('half', half);
    expect(counts).toMatchObject({ delivered: 2 });
    expect(ledger.view.map(({ event: { user_id, device_id } }) => [user_id, device_id])).toEqual([
      [undefined, 'a-valid-device-id'],
      [undefined, 'a-valid-device-id'],
    ]);
  });
});

it('only the events of a silenced device become dead letters, with that code', async () => {
  hub.amplitude.control.reset();
  const device = '0C5A7BD1-6E1D-4F0B-8C5E-4B5C2D6E7F80';
  hub.amplitude.control.silence(apiKeyOf(project), [device]);
  const silenced = events(4, { user: { external_user_id: 'quiet', device_id: device } });
  const others = events(30);
  const { counts, dead, ledger } = await carry('silenced', [...others.slice(0, 10), ...silenced, ...others.slice(10)]);
  expect(counts).toMatchObject({ delivered: 30, rejected: 4 });
  expect(dead).toEqual(silenced.map(({ id }) => `${id} device_silenced`).sort());
  expect(shownAtAmplitude(ledger, project)).toEqual(onceEach(others.map(({ id }) => id)));
});
