import type { Sql } from '../db/connect.js';
import type { BudgetStore } from './budgetStore.js';

/** Marks in an unlogged table: they may be lost in a crash, and cost no write-ahead log. */
export function openPostgresBudgets(sql: Sql): BudgetStore {
  return {
    async move(moves) {
      const rows = await sql<{ key: string; lead_ms: number }[]>`
        insert into budget as b (key, mark, lead_ms)
        select m.key, now() + (m.at_least_ms + m.cost_ms) * interval '1 millisecond', m.at_least_ms
        from unnest(
          ${moves.map(({ key }) => key)}::text[],
          ${moves.map(({ costMs }) => costMs)}::float8[],
          ${moves.map(({ atLeastMs }) => atLeastMs)}::float8[]) m (key, cost_ms, at_least_ms)
        order by m.key
        on conflict (key) do update set
          lead_ms = greatest(extract(epoch from b.mark - now())::float8 * 1000, excluded.lead_ms),
          mark = excluded.mark
            + (greatest(extract(epoch from b.mark - now())::float8 * 1000, excluded.lead_ms) - excluded.lead_ms) * interval '1 millisecond'
        returning key, lead_ms`;
      const leads = new Map(rows.map(({ key, lead_ms }) => [key, lead_ms]));
      return moves.map(({ key }) => leads.get(key) ?? 0);
    },
    async close() {
      // The pool is the engine's.
    },
  };
}

/** Marks that have passed say nothing any more. */
export async function forgetPassedBudgets(sql: Sql): Promise<void> {
  await sql`delete from budget where mark < now() - interval '1 minute'`;
}
