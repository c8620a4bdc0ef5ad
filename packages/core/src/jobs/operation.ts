import type { Admin } from '../admin/admin.js';
import type { SaveProgress } from '../ledger/saveProgress.js';

/** An operation in steps. `Input` and `Progress` are JSON: they are all that the next process knows of a job. */
export interface Operation<Input, Progress> {
  /**
   * It changes nothing, and every token may ask for it: it comes after all jobs that act, and while it waits it stands for
   * whatever asks for the same.
   */
  readonly isCheck?: boolean;
  /** Counts what there is to do. */
  start(admin: Admin, input: Input): Promise<{ readonly progress: Progress; readonly totalCount: number }>;
  /**
   * Does a part of bounded size and saves how far it has come, in one transaction. Returns undefined at the end. A step
   * is repeated when its process dies, and ends early when the signal is aborted.
   */
  step(
    admin: Admin,
    input: Input,
    progress: Progress,
    save: SaveProgress<Progress>,
    signal: AbortSignal,
    jobId: string,
  ): Promise<Progress | undefined>;
  /**
   * So many milliseconds pass before the next step, in which other jobs run; by default none. For work that waits for
   * others: a replay waits until what it made is sent.
   */
  restMs?(progress: Progress): number;
  /** In the unit of `totalCount`. */
  doneCount(progress: Progress): number;
  result(progress: Progress, input: Input): object;
}

/** A filter with times of a stored input, in which a time is text. */
export function datesOf<Filter extends { readonly from?: Date | undefined; readonly to?: Date | undefined }>(
  filter: Filter,
): Filter {
  const { from, to } = filter;
  return {
    ...filter,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
