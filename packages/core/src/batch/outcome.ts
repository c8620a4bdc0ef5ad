/** Where one event stands in one delivery: one byte each, so that a delivery of 2,000 events keeps its ledger in 2 KB. */
export const Outcome = {
  /** The Current does not carry this event. */
  unselected: 0,
  pending: 1,
  delivered: 2,
  rejected: 3,
  expired: 4,
  /** This and every higher byte: skipped, for the reason at `byte - skipped` of the delivery's list. */
  skipped: 16,
} as const;

/** How many skip reasons one delivery can tell apart. */
export const maxSkipReasons = 256 - Outcome.skipped;

export type OutcomeName = 'pending' | 'delivered' | 'skipped' | 'rejected' | 'expired';

/** The outcome a byte stands for, or undefined when the event was never selected. */
export function outcomeName(byte: number): OutcomeName | undefined {
  if (byte >= Outcome.skipped) return 'skipped';
  switch (byte) {
    case Outcome.unselected:
      return undefined;
    case Outcome.pending:
      return 'pending';
    case Outcome.delivered:
      return 'delivered';
    case Outcome.rejected:
      return 'rejected';
    case Outcome.expired:
      return 'expired';
    default:
      throw new Error(`no outcome has the byte ${byte}`);
  }
}

/** The outcomes of a delivery of which nothing is recorded yet: all pending. */
export function allPending(events: number): Buffer {
  return Buffer.alloc(events, Outcome.pending);
}

export function countPending(outcomes: Buffer): number {
  let pending = 0;
  for (let position = 0; position < outcomes.length; position++) if (outcomes[position] === Outcome.pending) pending++;
  return pending;
}
