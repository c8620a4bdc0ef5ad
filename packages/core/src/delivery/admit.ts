import type { Budget, Item } from '@currents/connector';
import type { Standing } from '../budget/usage.js';
import type { Line } from './attemptContext.js';
import { placeOf, postpone } from './postpone.js';
import type { Seated } from './deliveryItem.js';
import type { Track } from './attempt.js';

/** Holds back what would take its key over a budget: such events wait for their turn, and cost the others nothing. */
export async function admit(
  items: readonly Seated[],
  tracks: readonly Track[],
  budgets: readonly Budget<unknown>[],
  line: Line,
): Promise<readonly Seated[]> {
  if (!line.budgets || budgets.length === 0) return items;
  const someWaited = tracks.some(({ turns }) => turns.size > 0);
  const { admitted, waiting } = await line.budgets.admit(items, budgets, someWaited ? standingOf : undefined);
  for (const wait of waiting) {
    const { item, dueAtMs, budget } = wait;
    const detail = `this ${budget.name} has had what the partner takes of one ${budget.name} for now`;
    postpone(item as Seated, { code: 'over_budget', detail, dueAtMs, budget: placeOf(wait) }, line);
  }
  // The very items that were asked about, in order.
  return admitted as readonly Seated[];
}

function standingOf(item: Item<unknown>): Standing {
  const { track, position } = item as Seated;
  return track.turns.get(position) ?? 'new';
}
