import type { Budget, Item } from '@currents/connector';
import type { Line, Seat, Seats } from './line.js';
import { postpone } from './postpone.js';

/** Holds back what would take its key over a budget: such events wait for their turn, and cost the others nothing. */
export async function admit(
  items: readonly Item<unknown>[],
  seats: Seats,
  budgets: readonly Budget<unknown>[],
  line: Line,
): Promise<readonly Item<unknown>[]> {
  if (!line.budgets || budgets.length === 0) return items;
  const hasTurn = ({ id }: Item<unknown>): boolean => {
    const { track, position } = seats.get(id) as Seat;
    return track.hasTurn(position);
  };
  const { admitted, waiting } = await line.budgets.admit(items, budgets, hasTurn);
  for (const { item, waitMs, budget, key } of waiting) {
    const seat = seats.get(item.id) as Seat;
    const detail = `this ${budget} has had what the partner takes of one ${budget} for now`;
    postpone(seat, { code: 'over_budget', detail, afterMs: waitMs, budget: { name: budget, key, reserved: true } }, line);
  }
  return admitted;
}
