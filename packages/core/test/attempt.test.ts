import { expect, it } from 'vitest';
import { allPending } from '../src/batch/outcome.js';
import { startAttempt } from '../src/delivery/attempt.js';
import type { ClaimedDelivery } from '../src/delivery/claim.js';

const events = 16;
const delivery: ClaimedDelivery = {
  storedOn: '2026-01-01',
  id: '1',
  batchId: '1',
  storedAtMs: 0,
  events,
  attempts: 1,
  outcomes: allPending(events),
  skipReasons: [],
  deferred: [],
  isReplay: false,
  replayId: null,
  traceSpans: null,
};
const later = { dueAtMs: 1_000, code: 'over_budget', detail: 'the user has reached the limit' };

it('a deferral holds back the events behind the first of its events, in whatever order these were deferred', () => {
  const first = startAttempt(delivery, 1);
  // So a budget does whose queue the later event has waited in.
  for (const [position, user] of [
    [13, 'ada'],
    [1, 'ada'],
    [4, 'ada'],
    [14, 'bo'],
    [2, 'bo'],
    [15, 'ada'],
  ] as const)
    first.defer(position, later, user);
  const { outcomes, deferred } = first.result();
  expect(deferred).toMatchObject([
    {
      users: [
        ['ada', 1],
        ['bo', 2],
      ],
    },
  ]);

  const second = startAttempt({ ...delivery, attempts: 2, outcomes, deferred }, 2);
  expect(second.due).not.toContain(1);
  expect(second.waitsUntil('ada', 0)).toBeUndefined();
  expect(second.waitsUntil('ada', 3)).toMatchObject(later);
  expect(second.waitsUntil('bo', 3)).toMatchObject(later);
});

it('a deferral names each user once', () => {
  const attempt = startAttempt(delivery, 1);
  for (const position of [3, 5, 7]) attempt.defer(position, later, position === 5 ? 'bo' : 'ada');
  expect(attempt.result().deferred).toMatchObject([
    {
      users: [
        ['ada', 3],
        ['bo', 5],
      ],
    },
  ]);
});
