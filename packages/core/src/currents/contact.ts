import { z } from 'zod';
import { fieldProblem, type FieldProblem, type FieldProblemCode } from '../admin/problem.js';

type Checked = { readonly value: string } | { readonly problem: FieldProblem };

/** Trims a name for people: 1 to 100 characters, on one line. */
export function checkName(given: string): Checked {
  const value = given.trim();
  const problem = (code: FieldProblemCode, message: string): Checked => ({
    problem: fieldProblem('name', code, message),
  });
  if (value === '') return problem('required', 'expected 1 to 100 characters, got none');
  if ([...value].length > 100) return problem('out_of_range', `expected 1 to 100 characters, got ${[...value].length}`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value))
    return problem('malformed', 'expected one line of text without control characters');
  return { value };
}

const address = z.email();

/** The contact is who is told when the Current needs a person. */
export function checkContact(given: string): Checked {
  const value = given.trim();
  if (value.length <= 254 && address.safeParse(value).success) return { value };
  return {
    problem: fieldProblem('contactEmail', 'malformed', 'expected an e-mail address such as ana@example.com'),
  };
}
