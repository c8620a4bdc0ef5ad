/** The outcome of one event in one delivery, as one byte. */
export const Outcome = {
  /** The Current does not carry this event. */
  unselected: 0,
  pending: 1,
  delivered: 2,
  rejected: 3,
  expired: 4,
  /** This and each higher byte: skipped, for the reason at index `byte - skipped` of the delivery's list. */
  skipped: 16,
} as const;

/** The most skip reasons of one delivery. */
export const maxSkipReasons = 256 - Outcome.skipped;

export type OutcomeName = 'pending' | 'delivered' | 'skipped' | 'rejected' | 'expired';

/** The outcome of a byte; undefined when the event was not selected. */
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
      throw new Error(`expected the byte of an outcome, got ${byte}`);
  }
}

/** The outcomes of a delivery without recorded ones: all pending. */
export function allPending(events: number): Buffer {
  return Buffer.alloc(events, Outcome.pending);
}

export function countPending(outcomes: Buffer): number {
  let pending = 0;
  for (let position = 0; position < outcomes.length; position++) if (outcomes[position] === Outcome.pending) pending++;
  return pending;
}
