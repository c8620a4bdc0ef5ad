import type { Budget, Item } from '@currents/connector';
import type { Standing } from '../budget/usage.js';
import type { Attempt } from './attempt.js';
import type { AttemptContext } from './attemptContext.js';
import type { DeliveryItem } from './deliveryItem.js';
import { postpone, queueEntryOf } from './postpone.js';

/** Postpones the items that would exceed the budget of their key. Items of other keys are not affected. */
export async function admit(
  items: readonly DeliveryItem[],
  attempts: readonly Attempt[],
  budgets: readonly Budget<unknown>[],
  context: AttemptContext,
): Promise<readonly DeliveryItem[]> {
  if (!context.budgets || budgets.length === 0) return items;
  const hasWaited = attempts.some(({ turns }) => turns.size > 0);
  const { admitted, waiting } = await context.budgets.admit(items, budgets, hasWaited ? standingOf : undefined);
  for (const wait of waiting) {
    const { item, dueAtMs, budget } = wait;
    const detail = `this ${budget.name} has reached the limit of the partner for one ${budget.name}`;
    postpone(item as DeliveryItem, { code: 'over_budget', detail, dueAtMs, budget: queueEntryOf(wait) }, context);
  }
  // The same objects as `items`, in order.
  return admitted as readonly DeliveryItem[];
}

function standingOf(item: Item<unknown>): Standing {
  const { attempt, position } = item as DeliveryItem;
  return attempt.turns.get(position) ?? 'new';
}
