import { fieldProblem, type FieldProblem } from '../admin/problem.js';

const maxLingerMs = 10_000;

/** How long the events of a Current may gather before a request: null and undefined are the default. */
export function checkLinger(
  given: number | null | undefined,
  otherwise?: number,
): { readonly value: number | undefined } | { readonly problem: FieldProblem } {
  if (given === undefined || given === null) return { value: otherwise };
  if (Number.isInteger(given) && given >= 0 && given <= maxLingerMs) return { value: given };
  const detail = `expected a whole number of milliseconds from 0 to ${maxLingerMs}, got ${given}`;
  return { problem: fieldProblem('lingerMs', 'out_of_range', detail) };
}
