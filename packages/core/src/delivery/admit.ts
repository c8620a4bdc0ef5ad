import type { Budget, Item } from '@currents/connector';
import type { Standing } from '../budget/usage.js';
import type { AttemptContext } from './attemptContext.js';
import { placeOf, postpone } from './postpone.js';
import type { DeliveryItem } from './deliveryItem.js';
import type { Attempt } from './attempt.js';

/** Holds back what would take its key over a budget: such events wait for their turn, and cost the others nothing. */
export async function admit(
  items: readonly DeliveryItem[],
  tracks: readonly Attempt[],
  budgets: readonly Budget<unknown>[],
  line: AttemptContext,
): Promise<readonly DeliveryItem[]> {
  if (!line.budgets || budgets.length === 0) return items;
  const someWaited = tracks.some(({ turns }) => turns.size > 0);
  const { admitted, waiting } = await line.budgets.admit(items, budgets, someWaited ? standingOf : undefined);
  for (const wait of waiting) {
    const { item, dueAtMs, budget } = wait;
    const detail = `this ${budget.name} has had what the partner takes of one ${budget.name} for now`;
    postpone(item as DeliveryItem, { code: 'over_budget', detail, dueAtMs, budget: placeOf(wait) }, line);
  }
  // The very items that were asked about, in order.
  return admitted as readonly DeliveryItem[];
}

function standingOf(item: Item<unknown>): Standing {
  const { attempt: track, position } = item as DeliveryItem;
  return track.turns.get(position) ?? 'new';
}
