import { expect, it } from 'vitest';
import { createSchedule, type Fault } from '../../src/chaos/schedule.js';

const plan = { seed: 3, durationMs: 600_000, without: [] };
const schedule = createSchedule(plan);
const targets = new Set(schedule.map(({ target }) => target));
const of = (target: Fault['target']): Fault[] => schedule.filter((fault) => fault.target === target);

it('the same seed makes the same faults at the same times, another seed others', () => {
  expect(createSchedule(plan)).toEqual(schedule);
  expect(createSchedule({ ...plan, seed: 4 })).not.toEqual(schedule);
});

it('ten minutes have faults of every kind of every target', () => {
  const kinds = [...targets].map((target) => [target, new Set(of(target).map(({ kind }) => kind)).size]);
  expect(Object.fromEntries(kinds)).toEqual({
    api: 5,
    'worker-1': 5,
    'worker-2': 5,
    postgres: 5,
    redis: 3,
    mixpanel: 9,
    amplitude: 9,
    senders: 2,
  });
});

it('faults of one target never overlap, and all have ended with the load', () => {
  for (const target of targets) {
    let endedMs = 0;
    for (const { atMs, lastsMs } of of(target)) {
      expect(atMs).toBeGreaterThan(endedMs);
      endedMs = atMs + lastsMs;
    }
    expect(endedMs).toBeLessThanOrEqual(plan.durationMs);
  }
});

it('a target that is not there, and a fault that cannot be made, leave the others as they are', () => {
  const fewer = createSchedule({ ...plan, without: ['redis', 'postgres.diskFull'] });
  expect(fewer.filter(({ target }) => target === 'redis')).toEqual([]);
  expect(fewer.map(({ kind }) => kind)).not.toContain('diskFull');
  const others = ({ target }: Fault): boolean => target !== 'redis' && target !== 'postgres';
  expect(fewer.filter(others)).toEqual(schedule.filter(others));
});
