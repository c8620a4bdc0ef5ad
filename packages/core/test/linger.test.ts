import { afterEach, describe, expect, it } from 'vitest';
import { createLinger } from '../src/delivery/linger.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

describe('the time between two claims', () => {
  it('is the longest allowed while little is claimed', () => {
    const linger = createLinger();
    for (let at = 0; at < 10; at++) linger.onClaimed(5, at * 100);
    expect(linger.ms(150)).toBe(150);
    expect(linger.ms(20)).toBe(20);
    expect(linger.ms(0)).toBe(0);
  });

  it('shrinks with the rate, so that about 500 events gather', () => {
    const linger = createLinger();
    for (let at = 0; at < 60; at++) linger.onClaimed(1_000, at * 100);
    expect(linger.ms(150)).toBeCloseTo(50);
    for (let at = 60; at < 120; at++) linger.onClaimed(4_000, at * 100);
    expect(linger.ms(150)).toBeCloseTo(12.5);
  });

  it('is short after a claim that came before the next commit, and does not forget the rate', () => {
    const linger = createLinger();
    for (let at = 0; at < 4_000; at += 80) {
      linger.onClaimed(800, at);
      expect(linger.ms(250)).toBeLessThanOrEqual(250);
      for (const emptyMs of [50, 75]) {
        linger.onClaimed(0, at + emptyMs);
        if (at > 1_000) expect(linger.ms(250)).toBe(25);
      }
    }
    linger.onClaimed(800, 4_000);
    expect(linger.ms(250)).toBeGreaterThan(40);
    expect(linger.ms(250)).toBeLessThan(60);
  });

  it('is short at once when a burst begins', () => {
    const linger = createLinger();
    linger.onClaimed(1, 0);
    linger.onClaimed(800, 60_000);
    expect(linger.ms(250)).toBeLessThan(70);
  });

  it('is the longest after empty claims while little comes', () => {
    const linger = createLinger();
    linger.onClaimed(5, 0);
    for (let at = 250; at < 5_000; at += 250) {
      linger.onClaimed(0, at);
      expect(linger.ms(250)).toBe(250);
    }
  });

  it('is the longest again after a pause', () => {
    const linger = createLinger();
    for (let at = 0; at < 60; at++) linger.onClaimed(4_000, at * 100);
    for (let pause = 1; pause <= 8; pause++) linger.onClaimed(1, pause * 600_000);
    expect(linger.ms(150)).toBe(150);
  });
});

describe('the events of a Current', () => {
  let hub: Hub;
  afterEach(() => hub.stop());

  it('are sent at once after a pause, and then together', async () => {
    const partner = createFakePartner();
    hub = await openHub(fakeConnector(partner));
    const current = await hub.launch();
    await hub.sql`update current set linger_ms = 4000 where id = ${current}`;
    await hub.startWorker();
    await hub.take([event()]);
    await until(
      () => partner.requests.length,
      (requests) => requests === 1,
    );
    for (let count = 0; count < 5; count++) await hub.take([event()]);
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 6,
      15_000,
    );
    expect(partner.requests.map((ids) => ids.length)).toEqual([1, 5]);
  });
});
