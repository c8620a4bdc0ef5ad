import type { z } from 'zod';
import { fieldProblem, type FieldProblem, type FieldProblemCode } from './problem.js';

type Issue = z.core.$ZodIssue;

/** What a schema found wrong, with the path of each field below `root`, and messages that say what was expected. */
export function problemsOf({ issues }: z.ZodError, root: string): readonly FieldProblem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, root));
}

function problemsOfIssue(issue: Issue, root: string): readonly FieldProblem[] {
  const path = [root, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => fieldProblem(`${path}.${key}`, 'unknown_field', 'there is no such field'));
    case 'invalid_union': {
      const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0];
      if (nearest === undefined || nearest.length === 0)
        return [fieldProblem(path, 'unknown_value', reword(issue.message))];
      return nearest.flatMap((inner) => problemsOfIssue(inner, path));
    }
    default:
      return [fieldProblem(path, codeOf(issue), reword(issue.message))];
  }
}

function codeOf({ code, message }: Issue): FieldProblemCode {
  switch (code) {
    case 'invalid_type':
      return message.endsWith('received undefined') ? 'required' : 'wrong_type';
    case 'invalid_value':
      return 'unknown_value';
    case 'too_big':
    case 'too_small':
    case 'not_multiple_of':
      return 'out_of_range';
    default:
      return 'malformed';
  }
}

function reword(message: string): string {
  const type = /^Invalid input: expected (\S+), received (\S+)$/.exec(message);
  if (type) return `expected ${type[1]}, got ${type[2] === 'undefined' ? 'nothing' : type[2]}`;
  return message.replace(/^Invalid (?:option|discriminator value|input): expected /i, 'expected ');
}
