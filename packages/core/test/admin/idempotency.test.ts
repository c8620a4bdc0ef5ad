import { runOnce } from '@currents/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFailover } from '../failover.js';
import { until } from '../deliveryHarness.js';
import { openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
let request: Parameters<typeof runOnce>[1];
let acts: number;
beforeEach(async () => {
  harness = await openCoreHarness();
  const [token] = await harness.sql<{ id: number }[]>`
    insert into admin_token (name, hash) values ('a', '\\x00') returning id`;
  request = { adminTokenId: String(token?.id), key: 'k', mutation: 'createSegment', args: { name: 's' } };
  acts = 0;
});
afterEach(() => harness.close());

const run = (act: () => Promise<unknown> = () => Promise.resolve(++acts)) =>
  runOnce(harness.admin, request, act, () => true);

it('does not act again when the database went before the answer was kept', async () => {
  const failover = createFailover(harness.databaseUrl);
  const first = await run(async () => {
    await failover.begin();
    return ++acts;
  });
  expect(first).toEqual({ outcome: 'answered', answer: 1, repeated: false });
  await failover.end();
  expect(await run()).toEqual({ outcome: 'answered', answer: 1, repeated: true });
  expect(acts).toBe(1);
});

it('frees the key after a failover in which the request failed', async () => {
  const failover = createFailover(harness.databaseUrl);
  const failing = run(async () => {
    await failover.begin();
    throw new Error('the database is gone');
  });
  await expect(failing).rejects.toThrow('the database is gone');
  await failover.end();
  const again = await until(
    () => run(),
    ({ outcome }) => outcome === 'answered',
    10_000,
  );
  expect(again).toEqual({ outcome: 'answered', answer: 1, repeated: false });
});
