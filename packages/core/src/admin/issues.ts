import type { z } from 'zod';
import type { FieldProblem } from './problem.js';

type Issue = z.core.$ZodIssue;

/** What a schema found wrong, by the path of the field under `root`, in words that say what was wanted. */
export function problemsOf({ issues }: z.ZodError, root: string): readonly FieldProblem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, root));
}

function problemsOfIssue(issue: Issue, root: string): readonly FieldProblem[] {
  const field = [root, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ field: `${field}.${key}`, message: 'there is no such field' }));
    case 'invalid_union': {
      const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0];
      if (nearest === undefined || nearest.length === 0) return [{ field, message: reword(issue.message) }];
      return nearest.flatMap((inner) => problemsOfIssue(inner, field));
    }
    default:
      return [{ field, message: reword(issue.message) }];
  }
}

function reword(message: string): string {
  const type = /^Invalid input: expected (\S+), received (\S+)$/.exec(message);
  if (type) return `wanted ${type[1]}; ${type[2] === 'undefined' ? 'nothing' : type[2]} came`;
  return message.replace(/^Invalid (?:option|discriminator value|input): expected /i, 'wanted ');
}
