import { countDeadLetters, countQuarantine, listDeadLetters, listQuarantine } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
beforeAll(async () => {
  harness = await openCoreHarness();
});
afterAll(() => harness.close());

it('a query that takes too long is stopped, and says what to do', async () => {
  const page = { first: 10 };
  const [quarantined, letters] = await Promise.all([
    listQuarantine(harness.admin, page),
    listDeadLetters(harness.admin, page),
  ]);
  await harness.sql.begin(async (tx) => {
    await tx`lock table quarantine_batch, dead_letter in access exclusive mode`;
    const queries = [
      () => listQuarantine(harness.admin, page),
      () => countQuarantine(harness.admin),
      () => quarantined.count(),
      () => listDeadLetters(harness.admin, page),
      () => countDeadLetters(harness.admin),
      () => letters.count(),
    ];
    const answers = await Promise.allSettled(queries.map((query) => query()));
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { name: 'QuestionRefused', message: expect.stringContaining('within 5 s') },
      });
  });
  expect(await countQuarantine(harness.admin)).toEqual([]);
}, 30_000);
