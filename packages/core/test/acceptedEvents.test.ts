import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';

let hub: Hub;
let partner: FakePartner;
let current: number;

beforeEach(async () => {
  partner = createFakePartner();
  hub = await openHub(fakeConnector(partner, { events: 1, requests: 1 }));
  current = await hub.launch();
});
afterEach(() => hub.stop());

/** The database fails at the first statement that changes the state of the Current. */
async function failOnce(): Promise<void> {
  await hub.sql`create sequence changes`;
  await hub.sql.unsafe(`
    create function fail_once() returns trigger language plpgsql as $$
    begin
      if nextval('changes') = 1 then raise exception 'disk full' using errcode = '53100'; end if;
      return new;
    end $$`);
  await hub.sql`create trigger fail_once before update on current for each row execute function fail_once()`;
}

describe('events that the partner accepted are not sent again when the database fails for a moment', () => {
  it.each([
    { outcome: 'deferred', code: 'http_503', detail: 'no', afterMs: 100, scope: 'current' },
    { outcome: 'blocked', code: 'http_401', detail: 'no' },
  ] as const)('while it records that the next request was $outcome', async (refusal) => {
    await failOnce();
    await hub.take([event(), event()]);
    partner.delay = async () => void (partner.mood = partner.requests.length === 2 ? refusal : undefined);
    await hub.startWorker();
    await until(
      () => hub.tally(current),
      ({ delivered = 0 }) => delivered > 0,
    );
    expect(await hub.sql`select is_called from changes`).toEqual([{ is_called: true }]);
    await hub.sql`update current set state = 'live', deferral_until = null where id = ${current}`;
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 2,
    );
    expect([...partner.held.values()]).toEqual([1, 1]);
  });
});
