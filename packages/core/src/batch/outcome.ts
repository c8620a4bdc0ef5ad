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

const names = [undefined, 'pending', 'delivered', 'rejected', 'expired'] as const;

/** The outcome of a byte; undefined when the event was not selected, or no outcome has this byte. */
export function outcomeName(byte: number) {
  return byte >= Outcome.skipped ? 'skipped' : names[byte];
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
