import { costOf, none, type PerUnit, type Unit } from './units.js';

/** Work that was done, and what it cost. */
export interface Sample {
  readonly work: PerUnit;
  readonly cost: number;
}

const rounds = 20_000;

/**
 * The costs of the units that explain the samples best: least squares of the relative errors, by coordinate descent, where
 * no cost is below zero (non-negative least squares; Lawson and Hanson, 1974). Samples without cost are left out.
 */
export function fitCosts(samples: readonly Sample[], explained: readonly Unit[]): PerUnit {
  const rows = samples
    .filter(({ cost }) => cost > 0)
    .map(({ work, cost }) => explained.map((unit) => work[unit] / cost));
  const fitted = explained.map(() => 0);
  /** By how much each sample is explained too little; 1 is its whole cost. */
  const missing = rows.map(() => 1);
  const squares = explained.map((_, column) => rows.reduce((sum, row) => sum + at(row, column) ** 2, 0));
  for (let round = 0; round < rounds; round++) {
    for (const [column, square] of squares.entries()) {
      if (square === 0) continue;
      const slope = rows.reduce((sum, row, index) => sum + at(row, column) * at(missing, index), 0);
      const step = Math.max(-at(fitted, column), slope / square);
      fitted[column] = at(fitted, column) + step;
      for (const [index, row] of rows.entries()) missing[index] = at(missing, index) - step * at(row, column);
    }
  }
  return { ...none, ...Object.fromEntries(explained.map((unit, column) => [unit, at(fitted, column)])) };
}

/** The largest relative error of the costs: 0.1 means that one sample is 10 % away. */
export function fitErrorOf(samples: readonly Sample[], costs: PerUnit): number {
  const errors = samples
    .filter(({ cost }) => cost > 0)
    .map(({ work, cost }) => Math.abs(costOf(costs, work) / cost - 1));
  return Math.max(0, ...errors);
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}
