import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';
import { event, openHub, sweepMs, until, type Hub } from './deliveryHarness.js';

let hub: Hub;
let partner: FakePartner;
let current: number;
let letGo = (): void => undefined;

/** Holds the responses to probes until the returned function is called. */
function keepProbesWaiting(): { readonly waiting: () => number } {
  let waiting = 0;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  partner.testDelay = () => {
    waiting++;
    return gate;
  };
  return { waiting: () => waiting };
}

beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner));
  current = await hub.launch();
  await hub.sql`update current set state = 'blocked', blocked_code = 'http_401', blocked_detail = 'no', probe_at = now() + interval '1 hour' where id = ${current}`;
  partner.mood = { outcome: 'blocked', code: 'http_401', detail: 'no' };
});
afterEach(async () => {
  letGo();
  await hub.stop();
});

const probeNow = () => hub.sql`update current set probe_at = now() where id = ${current}`;
const probes = async () => {
  const [row] = await hub.sql<{ probes: number; seconds: number }[]>`
    select probes, round(extract(epoch from probe_at - now()))::int as seconds from current where id = ${current}`;
  return row ?? { probes: 0, seconds: 0 };
};

describe('a blocked Current', () => {
  it('that is paused keeps its events beyond the retry window, until it is resumed', async () => {
    const other = await hub.launch('the other');
    await hub.take([event(), event()]);
    await hub.sql`update current set state = 'paused', blocked_code = null where id = ${current}`;
    await hub.sql`update current set state = 'blocked', blocked_code = 'http_401', probe_at = now() + interval '1 hour' where id = ${other}`;
    await hub.sql`update current set live_since = now() - interval '1 day'`;
    await hub.sql`update delivery set stored_at = stored_at - interval '1 day'`;
    await hub.startWorker();
    await until(
      () => hub.tally(other),
      ({ expired }) => expired === 2,
    );
    expect(await hub.tally(current)).toEqual({ selected: 2 });
    partner.mood = undefined;
    await hub.sql`update current set state = 'live', live_since = now() where id = ${current}`;
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 2,
    );
  });

  it('is probed at growing intervals, by one worker at a time', async () => {
    await Promise.all([hub.startWorker(), hub.startWorker()]);
    const waits: number[] = [];
    for (const count of [1, 2, 3, 4, 5, 6]) {
      await probeNow();
      const { seconds } = await until(probes, (row) => row.probes === count);
      waits.push(Math.round(seconds / 60));
    }
    expect(waits).toEqual([2, 4, 5, 5, 5, 5]);
    // Four hours of probes later.
    await hub.sql`update current set probes = 60, probe_at = now() where id = ${current}`;
    expect(Math.round((await until(probes, (row) => row.probes === 61)).seconds / 60)).toBe(15);
  });

  it('whose partner does not respond to a probe delays no other Current and no other probe', async () => {
    const other = await hub.launch('the other');
    const { waiting } = keepProbesWaiting();
    await hub.startWorker();
    await probeNow();
    await until(waiting, (count) => count === 1);
    partner.mood = undefined;
    // No wake-up is sent for this one: only a sweep finds it.
    await hub.take([event()]);
    await until(
      () => hub.tally(other),
      ({ delivered }) => delivered === 1,
      5_000,
    );
    await hub.sql`update current set state = 'blocked', blocked_code = 'http_401', blocked_detail = 'no', probe_at = now() where id = ${other}`;
    await until(waiting, (count) => count === 2, 5_000);
  });

  it('is not probed again while a probe is in flight, and as soon as that has ended when another is due', async () => {
    const { waiting } = keepProbesWaiting();
    await hub.startWorker();
    await probeNow();
    await until(waiting, (count) => count === 1);
    await probeNow();
    // Some sweeps later.
    await new Promise((resolve) => setTimeout(resolve, 10 * sweepMs));
    expect(waiting()).toBe(1);
    letGo();
    await until(waiting, (count) => count === 2);
    expect((await probes()).probes).toBe(2);
  });

  it('whose connector throws in a probe is probed again, and sweeps continue', async () => {
    partner.testDelay = () => Promise.reject(new TypeError('a bug'));
    await hub.startWorker();
    await probeNow();
    await until(probes, (row) => row.probes === 1);
    partner.testDelay = async () => undefined;
    partner.mood = undefined;
    await probeNow();
    await until(
      async () => (await hub.sql<{ state: string }[]>`select state from current where id = ${current}`)[0]?.state,
      (state) => state === 'live',
    );
  });

  it('has what the hub did to it in the audit log', async () => {
    await hub.sql`update current set state = 'live', blocked_code = null where id = ${current}`;
    await hub.take([event()]);
    await hub.startWorker();
    const entries = () => hub.sql`select action, actor, target_id, arguments, succeeded from audit_entry order by id`;
    const act = { actor: 'system', target_id: `cur_${current}`, succeeded: true };
    const blocked = { ...act, action: 'block', arguments: { code: 'http_401' } };
    await until(entries, ({ length }) => length > 0);
    expect(await entries()).toEqual([blocked]);
    partner.mood = undefined;
    await probeNow();
    await until(entries, ({ length }) => length > 1);
    expect(await entries()).toEqual([blocked, { ...act, action: 'unblock', arguments: null }]);
  });
});
