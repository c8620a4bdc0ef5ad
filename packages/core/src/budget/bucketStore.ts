/**
 * Advances one bucket by the generic cell rate algorithm (GCRA, ITU-T I.371): a bucket is a theoretical arrival time
 * (TAT), and a cell that conforms moves it by an increment.
 */
interface BucketAdvance {
  readonly key: string;
  /** The weight times the emission interval: how far the TAT moves. */
  readonly incrementMs: number;
  /** Before it moves, the TAT is at least this far ahead of now. Above 0 for a pause that the partner asked for. */
  readonly minAheadMs: number;
  /** The TAT moves no further ahead of now than this. One that is further ahead already stays where it is. */
  readonly maxAheadMs: number;
}

/** Keeps the buckets of all workers. Losing them costs a few refusals by the partner, never an event. */
export interface BucketStore {
  /**
   * Advances all buckets in one call. Returns how far ahead of now each TAT was before, in milliseconds, in the order
   * of the moves. A key may occur only once in a call.
   */
  advance(moves: readonly BucketAdvance[]): Promise<readonly number[]>;
  close(): Promise<void>;
}
