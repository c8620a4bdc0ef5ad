import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, openWriter, type Sql, type Writer } from '@currents/core';
import { openQuarantineBudgets } from '../../src/quarantine/quarantineBudget.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

let database: TestDatabase;
let sql: Sql;
let writer: Writer;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  writer = openWriter(database.url, { max: 1, name: 'test' });
});
afterAll(async () => {
  await Promise.all([sql.end(), writer.end()]);
  await database.drop();
});

/** How many contents of one byte each token gets when they take turns until none gets another one. */
function fill(budgets: ReturnType<typeof openQuarantineBudgets>, tokens: readonly number[]): readonly number[] {
  const group = budgets.openGroup();
  const taken = new Map<number, number>();
  for (let isFull = false; !isFull;) {
    isFull = true;
    for (const token of tokens) {
      if (!group.reserve(token, Buffer.alloc(1))) continue;
      taken.set(token, (taken.get(token) ?? 0) + 1);
      isFull = false;
    }
  }
  group.commit();
  return tokens.map((token) => taken.get(token) ?? 0);
}

it('gives one token half of the budget, two a third each, and leaves room for those that come later', () => {
  expect(fill(openQuarantineBudgets(writer, 100), [1])).toEqual([50]);
  const budgets = openQuarantineBudgets(writer, 99);
  expect(fill(budgets, [1, 2])).toEqual([33, 33]);
  expect(fill(budgets, [1, 2, 3])).toEqual([0, 0, 16]);
});

it('keeps nothing when it is 0, and everything when it has no limit', () => {
  expect(openQuarantineBudgets(writer, 0).openGroup().reserve(1, Buffer.alloc(1))).toBeUndefined();
  expect(openQuarantineBudgets(writer, Infinity).openGroup().hasRoom(1, 1e15)).toBe(true);
});

it('forgets what was reserved for requests that were not stored', () => {
  const budgets = openQuarantineBudgets(writer, 10);
  budgets.openGroup().reserve(1, Buffer.alloc(5));
  expect(budgets.openGroup().hasRoom(1, 5)).toBe(true);
});

it('counts what other processes have stored, and what was purged', async () => {
  await sql`
    insert into quarantine_usage (stored_on, token_id, shard, bytes)
    values (current_date, 1, 4, 60), (current_date - 1, 1, 8, 10), (current_date, 1, 0, -30)`;
  const budgets = openQuarantineBudgets(writer, 100);
  await budgets.refresh();
  expect(fill(budgets, [1])).toEqual([10]);
});
