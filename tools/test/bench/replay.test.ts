import { describe, expect, it } from 'vitest';
import { faultsOfTotals, judge, type ReplayTotals } from '../../src/bench/replay/judge.js';
import { dueBefore } from '../../src/bench/replay/liveDelays.js';

describe('live events beside a replay', () => {
  const paired = (...rounds: readonly (readonly [number, number])[]) =>
    judge(rounds.map(([alone, beside]) => ({ alone, beside })));

  it.each([
    ['slower by less than the factor', [[400, 470]], true],
    ['slower by less than 50 ms', [[100, 149]], true],
    ['slower by both', [[400, 500]], false],
    [
      'slower by both in most rounds',
      [
        [400, 500],
        [400, 400],
        [200, 260],
      ],
      false,
    ],
    [
      'slower by both in one round of three',
      [
        [400, 410],
        [400, 900],
        [200, 200],
      ],
      true,
    ],
  ] as const)('that are %s', (_, rounds, isMet) => {
    expect(paired(...rounds).isMet).toBe(isMet);
  });

  it('are compared round by round', () => {
    expect(paired([100, 110], [200, 260], [400, 480])).toEqual({ ratio: 1.2, moreMs: 60, isMet: true });
  });

  it('count only when they were due before the end of the replay', () => {
    const sent = {
      events: 3,
      requests: 3,
      turnedAway: 0,
      firstMicros: 10,
      lastMicros: 40,
      ids: ['a', 'b', 'c'],
      dueMicros: Float64Array.of(10, 20, 30),
      answeredMicros: Float64Array.of(11, 22, 33),
    };
    expect(dueBefore(sent, 30)).toMatchObject({
      ids: ['a', 'b'],
      dueMicros: Float64Array.of(10, 20),
      answeredMicros: Float64Array.of(11, 22),
    });
    expect(dueBefore(sent, Infinity)).toEqual(sent);
  });
});

describe('the counts of a replay', () => {
  // 10 events stored and 5 live ones; two replays of the 10, and one that is cancelled after 4.
  const totals: ReplayTotals = {
    stored: 10,
    sent: 15,
    planned: 10,
    replays: [
      { eventCount: 10, deliveredCount: 10 },
      { eventCount: 10, deliveredCount: 10 },
    ],
    cancelled: { eventCount: 9, deliveredCount: 4, cancelledCount: 5, pendingCount: 0 },
    arrived: 39,
    tally: { selected: 44, delivered: 39, skipped: 5, rejected: 0, expired: 0 },
  };

  it('are right when the plan, the deliveries, the ledger and the partner agree', () => {
    expect(faultsOfTotals(totals)).toEqual([]);
  });

  it.each([
    ['the plan counts too few', { planned: 9 }],
    [
      'a replay makes fewer than planned',
      { replays: [{ eventCount: 9, deliveredCount: 9 }, ...totals.replays.slice(1)] },
    ],
    ['an event arrives twice', { arrived: 40 }],
    ['nothing is left to cancel', { cancelled: { ...totals.cancelled, deliveredCount: 9, cancelledCount: 0 } }],
    [
      'an event of the cancelled replay is pending',
      { cancelled: { ...totals.cancelled, eventCount: 10, pendingCount: 1 } },
    ],
    ['the ledger lacks an outcome', { tally: { ...totals.tally, selected: 45 } }],
    ['the ledger calls a cancelled event delivered', { tally: { ...totals.tally, delivered: 40, skipped: 4 } }],
  ])('are wrong when %s', (_, changed) => {
    expect(faultsOfTotals({ ...totals, ...changed })).not.toEqual([]);
  });
});
