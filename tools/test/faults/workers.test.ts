import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needlessResends } from '../../src/fakes/ledger.js';
import { events } from '../endToEnd/events.js';
import { openLine, type Line } from './line.js';

const deliveries = 200;
const eventsOfEach = 250;

describe('three workers that share a backlog of 200 deliveries', () => {
  let line: Line;
  const all = new Set<string>();

  beforeAll(async () => {
    line = await openLine({ workers: 3, startWorkers: false, environment: { REQUEST_TIMEOUT_SECONDS: '20' } });
    for (let count = 0; count < deliveries; count++) {
      const batch = events(eventsOfEach);
      for (const { id } of batch) all.add(id);
      // One after the other, so that each is a delivery of its own.
      const response = await fetch(`${line.api.url()}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${line.token}` },
        body: JSON.stringify({ events: batch }),
      });
      expect(response.status).toBe(200);
    }
    // An answer takes so long that no worker can have it all before the others have looked.
    line.mixpanel.control.addFault({ action: { kind: 'delay', ms: 1_000 } });
    await line.admin.pause(line.current);
    await Promise.all(line.workers.map((worker) => worker.start()));
    await line.admin.resume(line.current);
  }, 120_000);
  afterAll(() => line?.stop());

  it('deliver all of it', async () => {
    await line.expectAllThere({ all, acknowledged: all, troubles: {} }, 60_000);
  }, 60_000);

  it('each have a part in it', () => {
    const shares = line.workers.map((worker) =>
      line.attempts.filter(({ pid }) => pid === worker.pid()).reduce((sum, attempt) => sum + attempt.deliveries, 0),
    );
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(deliveries);
  });

  it('send nothing twice', () => {
    const ledger = line.mixpanel.control.ledger();
    expect(ledger.stored).toHaveLength(all.size);
    expect(needlessResends(ledger)).toEqual([]);
  });
});
