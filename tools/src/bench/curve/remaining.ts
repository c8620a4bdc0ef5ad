import type { Cell } from './cells.js';
import type { CellOptions } from './measureCell.js';
import { warmUpPlan } from './warmUp.js';

const startSeconds = 8;
/** Two requests of the admin API, of which eight are under way. */
const launchSeconds = 0.02;
/** Waiting until all is recorded, once per side and round. */
const settleSeconds = 0.5;

/** Seconds that a cell is expected to take. */
export function expectedSeconds(cell: Cell, { rounds, seconds }: CellOptions): number {
  const warmUp = warmUpPlan(cell, seconds).reduce((sum, phase) => sum + 2 * phase.seconds, 0);
  return startSeconds + cell.currents * launchSeconds + warmUp + rounds * 2 * (seconds + settleSeconds);
}

/** Estimates the time that is left from the time that the cells so far have taken, beside what was expected of them. */
export function createEstimate(cells: readonly Cell[], options: CellOptions) {
  const expected = cells.map((cell) => expectedSeconds(cell, options));
  const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    /** Minutes left after the first `done` cells, which took `elapsedSeconds`. */
    minutesLeft(done: number, elapsedSeconds: number): number {
      const passed = sumOf(expected.slice(0, done));
      const factor = passed > 0 ? elapsedSeconds / passed : 1;
      return (sumOf(expected.slice(done)) * factor) / 60;
    },
  };
}
