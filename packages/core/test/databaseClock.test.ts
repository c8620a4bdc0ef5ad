import { expect, it } from 'vitest';
import { createDatabaseClock } from '../src/db/databaseClock.js';

/** The process's monotonic clock; Postgres' clock is ahead of it by `ahead`. */
function openClock() {
  let monotonicMs = 1_000;
  let aheadMs = 5_000_000;
  const clock = createDatabaseClock(() => monotonicMs);
  return {
    pass: (ms: number) => void (monotonicMs += ms),
    jump: (ms: number) => void (aheadMs += ms),
    /** A statement that reaches Postgres after so long, and is answered after so long. */
    ask(thereMs: number, backMs: number) {
      const end = clock.sample();
      monotonicMs += thereMs;
      const databaseMs = monotonicMs + aheadMs;
      monotonicMs += backMs;
      end(databaseMs);
    },
    now: () => clock.now(),
    errorMs: () => clock.now() - (monotonicMs + aheadMs),
  };
}

it('the clock of Postgres is known to half the time of the quickest answer', () => {
  const clock = openClock();
  clock.ask(1, 3);
  expect(clock.errorMs()).toBe(-1);
  // A slow answer says less, so it changes nothing.
  clock.ask(900, 100);
  expect(clock.errorMs()).toBe(-1);
  clock.ask(1, 1);
  expect(clock.errorMs()).toBe(0);
});

it('a jump of the clock of Postgres is followed at the next sample, even at a slow one', () => {
  const clock = openClock();
  clock.ask(1, 1);
  for (const jumpMs of [3_600_000, -3_600_000]) {
    clock.jump(jumpMs);
    clock.ask(10, 30);
    expect(Math.abs(clock.errorMs())).toBeLessThanOrEqual(20);
  }
});

it('a sample counts for a minute, so that a drift does not add up', () => {
  const clock = openClock();
  clock.ask(0, 0);
  clock.jump(8);
  clock.pass(59_000);
  clock.ask(1, 1);
  expect(clock.errorMs()).toBe(-8);
  clock.pass(2_000);
  clock.ask(1, 1);
  expect(clock.errorMs()).toBe(0);
});

it('it counts whole milliseconds', () => {
  const clock = openClock();
  clock.ask(0.3, 0.4);
  clock.pass(0.123);
  expect(Number.isInteger(clock.now())).toBe(true);
});

it('before the first sample it is the clock of the process', () => {
  const clock = createDatabaseClock();
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
});
