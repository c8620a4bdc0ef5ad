import type { Sql } from '../db/connect.js';
import type { BudgetStore } from './budgetStore.js';

/** Marks in an unlogged table: they may be lost in a crash, and cost no write-ahead log. */
export function openPostgresBudgets(sql: Sql): BudgetStore {
  return {
    async move(moves) {
      // Columns hold what a row was given last, because an update sees of the new row nothing but its columns.
      const rows = await sql<{ key: string; lead_ms: number }[]>`
        insert into budget as b (key, mark, lead_ms, cost_ms, at_most_ms)
        select m.key, now() + greatest(m.at_least_ms, least(m.at_least_ms + m.cost_ms, m.at_most_ms)) * interval '1 millisecond',
          m.at_least_ms, m.cost_ms, m.at_most_ms
        from unnest(
          ${moves.map(({ key }) => key)}::text[],
          ${moves.map(({ costMs }) => costMs)}::float8[],
          ${moves.map(({ atLeastMs }) => atLeastMs)}::float8[],
          ${moves.map(({ atMostMs }) => atMostMs)}::float8[]) m (key, cost_ms, at_least_ms, at_most_ms)
        order by m.key
        on conflict (key) do update set
          lead_ms = greatest(extract(epoch from b.mark - now())::float8 * 1000, excluded.lead_ms),
          cost_ms = excluded.cost_ms,
          at_most_ms = excluded.at_most_ms,
          mark = now() + interval '1 millisecond' * greatest(
            extract(epoch from b.mark - now())::float8 * 1000,
            excluded.lead_ms,
            least(greatest(extract(epoch from b.mark - now())::float8 * 1000, excluded.lead_ms) + excluded.cost_ms, excluded.at_most_ms))
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
