import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needlessResends } from '../../src/fakes/ledger.js';
import { events } from '../endToEnd/events.js';
import { openFaultHarness, type FaultHarness } from './faultHarness.js';

const deliveries = 200;
const eventsOfEach = 250;

describe('three workers with a backlog of 200 deliveries of one Current', () => {
  let harness: FaultHarness;
  const all = new Set<string>();

  beforeAll(async () => {
    harness = await openFaultHarness({
      workers: 3,
      startWorkers: false,
      environment: { REQUEST_TIMEOUT_SECONDS: '20' },
    });
    for (let count = 0; count < deliveries; count++) {
      const batch = events(eventsOfEach);
      for (const { id } of batch) all.add(id);
      // Sequential requests, so that each becomes a separate delivery.
      const response = await fetch(`${harness.api.url()}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${harness.token}` },
        body: JSON.stringify({ events: batch }),
      });
      expect(response.status).toBe(200);
    }
    // The response is slow enough that no worker can deliver everything before the others start.
    harness.mixpanel.control.addFault({ action: { kind: 'delay', ms: 1_000 } });
    await harness.admin.pause(harness.current);
    await Promise.all(harness.workers.map((worker) => worker.start()));
    await harness.admin.resume(harness.current);
  }, 120_000);
  afterAll(() => harness?.stop());

  it('deliver all events', async () => {
    await harness.expectAllThere({ all, acknowledged: all, troubles: {} }, 60_000);
  }, 60_000);

  it('send no event twice', () => {
    const ledger = harness.mixpanel.control.ledger();
    expect(ledger.stored).toHaveLength(all.size);
    expect(needlessResends(ledger)).toEqual([]);
  });

  it('go on within seconds when the one that delivers is killed', async () => {
    const owner = harness.attempts.at(-1)?.pid;
    const [killed] = harness.workers.filter((worker) => worker.pid() === owner);
    for (let count = 0; count < 20; count++) {
      const batch = events(eventsOfEach);
      for (const { id } of batch) all.add(id);
      const response = await fetch(`${harness.api.url()}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${harness.token}` },
        body: JSON.stringify({ events: batch }),
      });
      expect(response.status).toBe(200);
      if (count === 5) await killed?.kill();
    }
    await harness.expectAllThere({ all, acknowledged: all, troubles: {} }, 20_000);
    expect(harness.attempts.at(-1)?.pid).not.toBe(owner);
  }, 30_000);
});
