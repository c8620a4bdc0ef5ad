import { z } from 'zod';
import type { FieldProblem } from '../admin/problem.js';

type Checked = { readonly value: string } | { readonly problem: FieldProblem };

/** Trims a name for people: 1 to 100 characters, on one line. */
export function checkName(given: string): Checked {
  const value = given.trim();
  const problem = (message: string): Checked => ({ problem: { field: 'name', message } });
  if (value === '') return problem('wanted 1 to 100 characters; none came');
  if ([...value].length > 100) return problem(`wanted 1 to 100 characters; ${[...value].length} came`);
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value)) return problem('wanted one line of text, without control characters');
  return { value };
}

const address = z.email();

/** The contact is who is told when the Current needs a person. */
export function checkContact(given: string): Checked {
  const value = given.trim();
  if (value.length <= 254 && address.safeParse(value).success) return { value };
  return { problem: { field: 'contactEmail', message: 'wanted an e-mail address such as ana@example.com' } };
}
