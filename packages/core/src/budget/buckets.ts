import { createHash } from 'node:crypto';
import type { BudgetStore } from './budgetStore.js';
import { termsOf, unitMs } from './terms.js';
import type { Use } from './usage.js';

/** What each mark of a key is for: who comes queues up, who leaves passes the gate, and who is turned away there queues up again. */
export type MarkName = 'queue' | 'gate' | 'again';

export interface Move<Payload> {
  readonly use: Use<Payload>;
  readonly mark: MarkName;
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

/** The marks of one Current. */
export interface Marks {
  /** Moves each mark by what the use weighs, and answers how far ahead of now each stood before; undefined when the marks cannot be reached. */
  move<Payload>(moves: readonly Move<Payload>[]): Promise<readonly number[] | undefined>;
}

export function createMarks(currentId: number, store: BudgetStore, onError: (error: unknown) => void): Marks {
  return {
    async move(moves) {
      if (moves.length === 0) return [];
      try {
        return await store.move(
          moves.map(({ use, mark, atLeastMs, atMostMs }) => ({
            key: `${currentId}:${keyOf(use)}:${mark}`,
            costMs: costMs(use),
            atLeastMs,
            atMostMs,
          })),
        );
      } catch (error) {
        onError(error);
        return undefined;
      }
    },
  };
}

function costMs({ budget, weight }: Use<unknown>): number {
  return weight * unitMs(budget);
}

/** Keys are ids of people and devices: the shared marks hold their hashes. */
function keyOf({ budget, key }: Use<unknown>): string {
  return `${budget.name}:${termsOf(budget)}:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
}
