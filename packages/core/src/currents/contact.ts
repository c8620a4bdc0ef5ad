import { z } from 'zod';
import type { CheckedText } from '../admin/name.js';
import { fieldProblem } from '../admin/problem.js';

const address = z.email();

/** The contact is who is told when the Current needs a person. */
export function checkContact(given: string): CheckedText {
  const value = given.trim();
  if (value.length <= 254 && address.safeParse(value).success) return { value };
  return {
    problem: fieldProblem('contactEmail', 'malformed', 'expected an e-mail address such as ana@example.com'),
  };
}
