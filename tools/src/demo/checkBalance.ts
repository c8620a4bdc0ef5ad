import type { Counts } from '../hub/adminClient.js';

export interface Balance {
  readonly counts: Counts;
  /** Ids of the events that the partner stores, one for each copy. */
  readonly shown: readonly string[];
}

/** The inconsistencies; empty if there are none. */
export function checkBalance({ counts, shown }: Balance): string[] {
  const { selected, delivered, skipped, rejected, expired, pending } = counts;
  const problems: string[] = [];
  const sum = delivered + skipped + rejected + expired + pending;
  if (selected !== sum) problems.push(`selected is ${selected}, but the outcomes add up to ${sum}`);
  if (pending > 0) problems.push(`${pending} events are still pending`);
  if (shown.length !== delivered)
    problems.push(`the ledger says ${delivered} delivered, the partner shows ${shown.length}`);
  const distinct = new Set(shown).size;
  if (distinct !== shown.length) problems.push(`the partner shows ${shown.length - distinct} events twice`);
  return problems;
}
