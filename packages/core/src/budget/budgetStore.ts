/**
 * A mark is a moment ahead of now up to which a key's budget is spoken for. Every worker moves the same marks, so that a
 * budget holds over all of them.
 */
export interface BudgetMove {
  readonly key: string;
  /** How far the mark is to move. */
  readonly costMs: number;
  /** The mark stands at least this far ahead of now before it moves: the partner asked for a pause. */
  readonly atLeastMs: number;
  /** The mark moves no further ahead of now than this. One that stands further ahead already stays where it is. */
  readonly atMostMs: number;
}

/** Where all workers keep the marks. Losing them costs a few refusals by the partner, never an event. */
export interface BudgetStore {
  /**
   * Moves every mark, one call for all. Answers how far ahead of now each stood before it moved, in milliseconds, in
   * the order of the moves. A key may be moved once in a call.
   */
  move(moves: readonly BudgetMove[]): Promise<readonly number[]>;
  close(): Promise<void>;
}
