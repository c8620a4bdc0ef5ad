import { afterEach, describe, expect, it } from 'vitest';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

let hub: Hub | undefined;
afterEach(async () => {
  await hub?.stop();
  hub = undefined;
});

describe('a delivery', () => {
  it('ends with exactly one outcome and reason for each accepted event', async () => {
    const partner = createFakePartner();
    hub = await openHub(fakeConnector(partner));
    const current = await hub.launch();
    await hub.startWorker();
    const twin = event('good');
    await hub.take([
      ...Array.from({ length: 90 }, () => event('good')),
      ...Array.from({ length: 5 }, () => event('skip')),
      event('reject'),
      event('unmappable'),
      event('throw'),
      twin,
      twin,
    ]);
    const tally = await until(
      () => hub!.tally(current),
      ({ delivered, skipped, rejected }) => delivered === 91 && skipped === 6 && rejected === 3,
    );
    expect(tally).toEqual({ selected: 100, delivered: 91, skipped: 6, rejected: 3 });
    expect([...partner.held.values()].every((times) => times === 1)).toBe(true);
    const letters = await hub.sql`select code, detail, positions from dead_letter order by code`;
    expect(letters.map((letter) => ({ ...letter }))).toEqual([
      { code: 'bad_id', detail: 'id: not one the partner takes', positions: [96] },
      { code: 'invalid', detail: 'field `colour` is not one', positions: [95] },
      { code: 'map_threw', detail: 'the connector failed on this event: TypeError', positions: [97] },
    ]);
  });

  it('halves a refused request until the invalid event is isolated', async () => {
    const partner = createFakePartner();
    hub = await openHub(fakeConnector(partner));
    const current = await hub.launch();
    await hub.take([
      ...Array.from({ length: 60 }, () => event('good')),
      event('poison'),
      ...Array.from({ length: 39 }, () => event('good')),
    ]);
    await hub.startWorker();
    await until(
      () => hub!.tally(current),
      ({ delivered, rejected }) => delivered === 99 && rejected === 1,
    );
    expect(partner.requests.at(0)).toHaveLength(100);
    expect(partner.requests.length).toBeLessThan(16);
  });
});
