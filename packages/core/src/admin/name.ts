import { fieldProblem, type FieldProblem, type FieldProblemCode } from './problem.js';

export type CheckedText = { readonly value: string } | { readonly problem: FieldProblem };

/** Trims a name for people: 1 to 100 characters, on one line. */
export function checkName(given: string): CheckedText {
  const value = given.trim();
  const problem = (code: FieldProblemCode, message: string): CheckedText => ({
    problem: fieldProblem('name', code, message),
  });
  if (value === '') return problem('required', 'expected 1 to 100 characters, got none');
  if ([...value].length > 100) return problem('out_of_range', `expected 1 to 100 characters, got ${[...value].length}`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    return problem('malformed', 'expected one line of text without control characters');
  return { value };
}
