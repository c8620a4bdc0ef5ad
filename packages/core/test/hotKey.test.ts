import { expect, it } from 'vitest';
import { openBudgetHarness, type BudgetHarness, type Terms } from './budgetHarness.js';

const httpapi: Terms = { limit: 900, periodMs: 30_000 };
const steps = (30_000 * (0.25 / 0.7)) / 2;

/** Stores, ten times a second, `hot` events of one device and `others` events of one new device each. */
function flow(
  line: BudgetHarness,
  { hot, others, forMs }: { readonly hot: number; readonly others: number; readonly forMs: number },
): () => void {
  const endMs = line.nowMs() + forMs;
  let made = 0;
  return () => {
    if (line.nowMs() >= endMs) return;
    const devices = Array.from({ length: hot + others }, (_, index) =>
      index % (hot + others) < hot ? 'hot' : `other-${made++}`,
    );
    line.store(devices);
  };
}

const numbersOf = (line: BudgetHarness, device: string): number[] =>
  line.partner.held.filter((event) => event.device === device).map(({ id }) => Number(id.split(' ')[1]));
const inOrder = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** The maximum number of the device's events in any period. */
function maxInAPeriod(line: BudgetHarness, device: string): number {
  const times = line.partner.held.filter((event) => event.device === device).map(({ atMs }) => atMs);
  let from = 0;
  return times.reduce((most, atMs, index) => {
    while ((times[from] as number) <= atMs - httpapi.periodMs) from++;
    return Math.max(most, index - from + 1);
  }, 0);
}

it('only the hot device waits; its events of many batches are delivered in order and within the partner’s limit', async () => {
  const line = openBudgetHarness(httpapi);
  const lateOthers: number[] = [];
  const others = flow(line, { hot: 30, others: 10, forMs: 20_000 });
  await line.work(20_000, () => {
    lateOthers.push(
      line.deliveries.flatMap(({ deferred }) => deferred).filter(({ budget }) => budget?.key !== 'hot').length,
    );
    others();
  });
  expect(lateOthers.every((late) => late === 0)).toBe(true);
  expect(line.partner.held.filter(({ device }) => device !== 'hot')).toHaveLength(2_000);
  const attemptsSoFar = line.attempts();
  // 6,000 events at 21 a second.
  await line.work(300_000);
  expect(line.pending()).toBe(0);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toHaveLength(6_000);
  expect(numbers).toEqual(inOrder(numbers));
  expect(line.partner.refusals).toEqual([]);
  expect(maxInAPeriod(line, 'hot')).toBeLessThanOrEqual(httpapi.limit);
  // A few attempts for each step of the budget, however many batches wait.
  expect(line.attempts() - attemptsSoFar).toBeLessThan((300_000 / steps) * 4);
});

it('the hot device stays within a limit so high that keys are sampled', async () => {
  const wide: Terms = { limit: 12_000, periodMs: 30_000 };
  const line = openBudgetHarness(wide);
  await line.work(40_000, flow(line, { hot: 60, others: 20, forMs: 40_000 }));
  expect(line.partner.held.filter(({ device }) => device !== 'hot')).toHaveLength(8_000);
  expect(line.pending()).toBeGreaterThan(5_000);
  await line.work(100_000);
  expect(line.pending()).toBe(0);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toHaveLength(24_000);
  expect(numbers).toEqual(inOrder(numbers));
  expect(line.partner.refusals).toEqual([]);
  expect(maxInAPeriod(line, 'hot')).toBeLessThanOrEqual(wide.limit);
});

it('a few hot events in each of many batches are retried once, at their turn', async () => {
  const line = openBudgetHarness({ limit: 90, periodMs: 30_000 });
  await line.work(100_000, flow(line, { hot: 1, others: 9, forMs: 20_000 }));
  expect(line.pending()).toBe(0);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toEqual(inOrder(numbers));
  expect(line.partner.refusals).toEqual([]);
  const tries = line.deliveries.map(({ attempts }) => attempts);
  expect(Math.max(...tries)).toBe(2);
});

it('a pause that the partner requests defers all events of the device, and no others', async () => {
  const line = openBudgetHarness(httpapi);
  await line.work(20_000, flow(line, { hot: 10, others: 10, forMs: 20_000 }));
  // The device also sends events directly to the partner.
  line.partner.sendDirectly('hot', 500);
  await line.work(20_000, flow(line, { hot: 0, others: 10, forMs: 20_000 }));
  const [refusal] = line.partner.refusals;
  expect(line.partner.refusals).toHaveLength(1);
  expect(line.partner.held.filter(({ device, atMs }) => device === 'hot' && atMs > (refusal?.atMs ?? 0))).toEqual([]);
  await line.work(200_000);
  expect(line.partner.refusals).toHaveLength(1);
  expect(line.pending()).toBe(0);
  expect(line.partner.held).toHaveLength(2_000 + 4_000);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toEqual(inOrder(numbers));
});

it('after a standstill the events of the device are not sent all at once', async () => {
  const line = openBudgetHarness(httpapi);
  await line.work(20_000, flow(line, { hot: 30, others: 10, forMs: 20_000 }));
  line.standStill(600_000);
  await line.work(400_000, flow(line, { hot: 1, others: 1, forMs: 10_000 }));
  expect(line.partner.refusals).toEqual([]);
  expect(line.pending()).toBe(0);
  expect(maxInAPeriod(line, 'hot')).toBeLessThanOrEqual(httpapi.limit);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toHaveLength(6_100);
  expect(numbers).toEqual(inOrder(numbers));
});

it('a device over its daily quota is tried once an hour, keeps its order, and drains once the quota is lifted', async () => {
  const line = openBudgetHarness({ limit: 30_000, periodMs: 30_000 });
  line.partner.overQuota = (device) => device === 'hot';
  await line.work(20_000, flow(line, { hot: 5, others: 10, forMs: 20_000 }));
  expect(line.partner.held).toHaveLength(2_000);
  await line.work(2.5 * 3_600_000);
  expect(line.partner.refusals).toHaveLength(3);
  line.partner.overQuota = () => false;
  await line.work(3_600_000);
  expect(line.pending()).toBe(0);
  expect(line.partner.refusals).toHaveLength(3);
  const numbers = numbersOf(line, 'hot');
  expect(numbers).toHaveLength(1_000);
  expect(numbers).toEqual(inOrder(numbers));
}, 60_000);

it('waiting events are queued again when the limits change', async () => {
  const line = openBudgetHarness(httpapi);
  await line.work(10_000, flow(line, { hot: 30, others: 10, forMs: 10_000 }));
  expect(line.pending()).toBeGreaterThan(2_000);
  line.partner.terms = line.declared = { limit: 90_000, periodMs: 30_000 };
  line.requeue();
  await line.work(1_000);
  expect(line.pending()).toBe(0);
  expect(line.partner.refusals).toEqual([]);
});

it('events without a turn within the retry window are kept until its end, and then expire', async () => {
  const line = openBudgetHarness(httpapi, { windowMs: 60_000 });
  await line.work(5_000, flow(line, { hot: 60, others: 0, forMs: 5_000 }));
  await line.work(50_000);
  expect(line.deadLetters).toEqual([]);
  await line.work(20_000);
  expect(line.pending()).toBe(0);
  const expired = line.deadLetters.flatMap(({ positions }) => positions);
  expect(expired.length + line.partner.held.length).toBe(3_000);
  // A burst, and a minute at the rate.
  expect(line.partner.held.length).toBeGreaterThan(225 + 21 * 50);
  expect(line.deadLetters[0]).toMatchObject({
    outcome: 'expired',
    code: 'over_budget',
    detail: expect.stringContaining('retry window'),
  });
  // Expired events leave no unused places in the queue.
  const before = line.partner.held.length;
  line.store(['hot']);
  await line.work(60_000);
  expect(line.partner.held).toHaveLength(before + 1);
  expect(line.partner.refusals).toEqual([]);
});
