import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDeliveredKeys } from '../../src/fakes/deliveredKeys.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { event, events, send, start } from './mixpanelClient.js';

let full: FakeMixpanel;
let lean: FakeMixpanel;
beforeAll(async () => {
  full = await startFakeMixpanel(start);
  lean = await startFakeMixpanel({ ...start, mode: 'lean' });
});
afterAll(() => Promise.all([full.close(), lean.close()]));

async function visit(fake: FakeMixpanel): Promise<void> {
  fake.control.addFault({ match: { nth: 3 }, when: 'after-store', action: { kind: 'html' } });
  fake.control.addFault({ match: { probability: 0.4, from: 5 }, action: { kind: 'status', status: 503 } });
  const { ip: _ip, ...placed } = event('placed').properties;
  const bodies: unknown[][] = [
    events(50),
    [...events(20), event('bad_id'), event('late', { time: 1 }), { event: 'x', properties: placed }],
    events(40, 'kept'),
    events(40, 'kept'),
    [event('long', { text: 'x'.repeat(400), list: Array.from({ length: 100 }, () => 'y'.repeat(100)) })],
    ...Array.from({ length: 8 }, (_, index) => events(10, `tail-${index}`)),
  ];
  for (const body of bodies) await send(fake.url, { body, encoding: 'gzip' });
  await send(fake.url, { credentials: 'wrong:', body: events(3, 'unknown') });
  await send(fake.url, { path: '/import?strict=0', body: [event('bad_again'), event('loose')] });
}

it('a lean ledger has the same counts as a full one, and stores nothing else', async () => {
  await visit(full);
  await visit(lean);
  expect(lean.control.summary()).toEqual(full.control.summary());
  const { accepted, duplicates, rejected, lostCandidates, statuses, faults } = lean.control.summary();
  expect([accepted, duplicates, rejected, lostCandidates].every((count) => count > 0)).toBe(true);
  expect(Object.keys(statuses).length).toBeGreaterThan(3);
  expect(Object.keys(faults)).toEqual(['fault-1', 'fault-2']);
  expect(lean.control.ledger()).toEqual({ requests: [], stored: [], view: [], rejected: [], violations: [] });
  expect(lean.control.body(1)).toBeUndefined();
});

it('a lean ledger knows the missing events, like a full one', () => {
  const ids = full.control
    .ledger()
    .stored.map(({ event: kept }) => (kept['properties'] as { $insert_id: string }).$insert_id);
  const asked = [...ids, 'unknown-0', 'bad_id'];
  expect(lean.control.missing(asked)).toEqual(['unknown-0', 'bad_id']);
  expect(full.control.missing(asked)).toEqual(['unknown-0', 'bad_id']);
});

it('hashes of two hundred thousand similar keys are distinct, and found again', () => {
  const keys = createDeliveredKeys(false, Infinity);
  const add = (person: string, time: number): boolean => keys.remember('p', 'id', 'event', person, time, 5);
  let known = 0;
  for (let index = 0; index < 100_000; index++) {
    if (add(`user-${index}`, 1.7e12)) known++;
    if (add('user', 1.7e12 + index)) known++;
  }
  expect(known).toBe(0);
  expect(add('user-77', 1.7e12)).toBe(true);
  expect(add('user', 1.7e12 + 99_999)).toBe(true);
});

it.each([true, false])('the deduplication window starts with the first copy (exact: %s)', (exact) => {
  const delivered = createDeliveredKeys(exact, 100);
  const seen = [0, 60, 99, 100, 160].map((seconds) => delivered.remember('p', 'id', 'event', 'person', 7, seconds));
  expect(seen).toEqual([false, true, true, false, true]);
});

it.each([true, false])('every part of a key distinguishes two deliveries (exact: %s)', (exact) => {
  const delivered = createDeliveredKeys(exact, Infinity);
  const others: readonly (readonly [string, string, string, string, number])[] = [
    ['q', 'id', 'event', 'person', 7],
    ['p', 'di', 'event', 'person', 7],
    ['p', 'id', 'tneve', 'person', 7],
    ['p', 'id', 'event', 'nosrep', 7],
    ['p', 'id', 'event', 'person', 7000],
    ['p', 'id', 'event', 'person', 7 + 2 ** 32],
    ['p', 'id', 'eventp', 'erson', 7],
  ];
  expect(delivered.remember('p', 'id', 'event', 'person', 7, 1)).toBe(false);
  expect(others.map((key) => delivered.remember(...key, 1))).toEqual(others.map(() => false));
});
