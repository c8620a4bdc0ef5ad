import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needlessResends, type LedgerSnapshot } from '../../src/fakes/ledger.js';
import { mixpanelMatrix, type MixpanelProfile } from '../../src/fakes/mixpanel/profile.js';
import { event, events, tomorrow } from './events.js';
import { deadLettersOf, ledgerOf, skipsOf } from './ledger.js';
import { onceEach, shownAt } from './shown.js';
import { tokenOf } from './testEnvironment.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

const project = 'everything';
let hub: TestHub;
let current: number;
beforeAll(async () => {
  hub = await startTestHub({ projects: [project] });
});
afterAll(() => hub?.stop());

/** Posts the events to a new Current, waits until no event is pending, and returns Mixpanel's ledger. */
async function carry(name: string, sent: readonly Record<string, unknown>[]): Promise<LedgerSnapshot> {
  const since = hub.mixpanel.control.ledger().requests.at(-1)?.seq ?? 0;
  current = await hub.admin.launch({ name, baseUrl: hub.mixpanel.url, token: tokenOf(project) });
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: sent.length } });
  await until(
    () => ledgerOf(hub.sql, current),
    ({ selected, pending }) => selected > 0 && pending === 0,
  );
  await hub.admin.remove(current, name);
  return hub.mixpanel.control.ledger(since);
}

describe('a request of 2,000 events of which Mixpanel refuses 3', () => {
  const good = events(1_997);
  const [early, middle, late] = [event({ time: tomorrow() }), event({ time: tomorrow() }), event({ time: tomorrow() })];
  const sent = [early, ...good.slice(0, 1_000), middle, ...good.slice(1_000), late];
  let ledger: LedgerSnapshot;
  beforeAll(async () => {
    ledger = await carry('2,000', sent);
  });

  it('is one request, and the other 1,997 are stored once', () => {
    expect(ledger.requests.map(({ eventCount, status }) => [eventCount, status])).toEqual([[2_000, 400]]);
    expect(shownAt(ledger, project)).toEqual(onceEach(good.map(({ id }) => id)));
  });

  it('leads to 3 dead letters with the field', async () => {
    const letters = await deadLettersOf(hub.sql, current);
    expect(letters).toEqual(
      [early, middle, late].map(({ id }) => ({
        id,
        outcome: 'rejected',
        code: 'rejected_by_mixpanel',
        detail: expect.stringContaining('properties.time'),
      })),
    );
    expect(await ledgerOf(hub.sql, current)).toMatchObject({ delivered: 1_997, rejected: 3 });
  });

  it('is not sent again', () => {
    expect(needlessResends(ledger)).toEqual([]);
    expect(ledger.stored).toHaveLength(1_997);
  });
});

describe('the outcomes are the same for each undocumented behaviour of Mixpanel', () => {
  const usual: Partial<MixpanelProfile> = {};

  /** About 3.3 MB in 2,600 events of several kinds. */
  function mixture() {
    const long = 'x'.repeat(200);
    const good = events(2_560, { properties: { campaign_name: long, title: long, subject: long, label: long } });
    const anonymous = events(20, { user: { device_id: 'device' } });
    const old = events(10, { time: 1_200_000_000 });
    const refusedId = event({ user: { external_user_id: 'null' } });
    const tooDeep = event({
      event_type: 'users.behaviors.CustomEvent',
      properties: { name: 'deep', custom_properties: { a: [[[[1]]]] } },
    });
    const future = events(8, { time: tomorrow() });
    const sent = [...good.slice(0, 1_500), ...future, ...anonymous, refusedId, ...good.slice(1_500), ...old, tooDeep];
    return { sent, good, future, refusedId, tooDeep };
  }

  it.each([usual, ...mixpanelMatrix].map((profile) => [JSON.stringify(profile), profile] as const))(
    '%s',
    async (name, profile) => {
      hub.mixpanel.control.reset();
      hub.mixpanel.control.setProfile(profile);
      const { sent, good, future, refusedId, tooDeep } = mixture();
      const ledger = await carry(name, sent);
      // Mixpanel either refuses a future time or replaces it with its own.
      const taken = profile.future === 'overwrite' ? [...good, ...future] : good;
      const refused = profile.future === 'overwrite' ? [] : future;

      expect(shownAt(ledger, project)).toEqual(onceEach(taken.map(({ id }) => id)));
      const letters = await deadLettersOf(hub.sql, current);
      expect(letters.map(({ id, code }) => `${id} ${code}`).sort()).toEqual(
        [
          `${refusedId.id} distinct_id_not_allowed`,
          `${tooDeep.id} property_too_deep`,
          ...refused.map(({ id }) => `${id} rejected_by_mixpanel`),
        ].sort(),
      );
      expect(await skipsOf(hub.sql, current)).toEqual({ no_external_user_id: 20, before_2010: 10 });
      expect(await ledgerOf(hub.sql, current)).toEqual({
        selected: 2_600,
        delivered: taken.length,
        skipped: 30,
        rejected: 2 + refused.length,
        expired: 0,
        pending: 0,
      });
      expect(needlessResends(ledger)).toEqual([]);
      expect(hub.mixpanel.control.summary()).toMatchObject({ violations: {}, lostCandidates: 0 });
    },
  );
});
