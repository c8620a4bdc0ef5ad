import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needlessResends } from '../../src/fakes/ledger.js';
import { events } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from './faultHarness.js';

const deliveries = 200;
const eventsOfEach = 250;

describe('three workers that share a backlog of 200 deliveries', () => {
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

  it('each deliver a part', async () => {
    const sharesOf = () =>
      harness.workers.map((worker) =>
        harness.attempts
          .filter(({ pid }) => pid === worker.pid())
          .reduce((sum, attempt) => sum + attempt.deliveries, 0),
      );
    // A worker logs an attempt after recording it, and its log lines arrive through a pipe.
    const shares = await until(sharesOf, (all) => all.reduce((sum, share) => sum + share, 0) === deliveries, 10_000);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it('send no event twice', () => {
    const ledger = harness.mixpanel.control.ledger();
    expect(ledger.stored).toHaveLength(all.size);
    expect(needlessResends(ledger)).toEqual([]);
  });
});
