import type { Item, SendResult, Verdict } from './connector.js';

/** The same verdict for every item: what most answers of a partner amount to. */
export function answerAll(items: readonly Item<unknown>[], verdict: Verdict): SendResult[] {
  return items.map((item) => ({ id: item.id, ...verdict }));
}
