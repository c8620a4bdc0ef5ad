import { fieldProblem, type FieldProblem, type FieldProblemCode } from '../admin/problem.js';

/** Which users a segment has. `includes` and `excludes` hold for members and non-members of a cohort, by its id. */
export type Definition =
  | { readonly all: readonly Definition[] }
  | { readonly any: readonly Definition[] }
  | { readonly not: Definition }
  | { readonly includes: string }
  | { readonly excludes: string };

const forms = ['all', 'any', 'not', 'includes', 'excludes'] as const;

const maxDepth = 10;
const maxParts = 500;
const maxCohorts = 60;
const maxProblems = 20;

export type ReadResult = { readonly definition: Definition } | { readonly problems: readonly FieldProblem[] };

/** Parses a definition. Does not check that its cohorts exist. */
export function readDefinition(given: unknown): ReadResult {
  const problems: FieldProblem[] = [];
  let parts = 0;

  function fail(path: string, code: FieldProblemCode, message: string): Definition {
    if (problems.length < maxProblems) problems.push(fieldProblem(path, code, message));
    return { any: [] };
  }

  function read(value: unknown, path: string, depth: number): Definition {
    if (depth > maxDepth) return fail(path, 'out_of_range', `expected at most ${maxDepth} levels`);
    if (++parts > maxParts)
      return parts === maxParts + 1 ? fail(path, 'out_of_range', `expected at most ${maxParts} parts`) : { any: [] };
    const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    const [[name, inside] = []] = entries as [string, unknown][];
    const form = forms.find((known) => known === name);
    if (form === undefined || entries.length > 1) {
      const names = entries.slice(0, 5).map(([each]) => JSON.stringify(each.slice(0, 40)));
      const got = names.join(', ') || 'none';
      return fail(path, 'malformed', `expected an object with exactly one of ${forms.join(', ')}; got ${got}`);
    }
    const below = `${path}.${form}`;
    switch (form) {
      case 'all':
      case 'any': {
        if (!Array.isArray(inside) || inside.length === 0)
          return fail(below, 'required', 'expected a list with at least one part');
        const list = inside.map((part, index) => read(part, `${below}.${index}`, depth + 1));
        return form === 'all' ? { all: list } : { any: list };
      }
      case 'not':
        return { not: read(inside, below, depth + 1) };
      case 'includes':
      case 'excludes':
        if (typeof inside !== 'string' || !/^[1-9]\d{0,8}$/.test(inside))
          return fail(below, 'malformed', 'expected the id of a cohort');
        return form === 'includes' ? { includes: inside } : { excludes: inside };
    }
  }

  const definition = read(given, 'definition', 1);
  if (problems.length === 0 && cohortsOf(definition).length > maxCohorts)
    fail('definition', 'out_of_range', `expected at most ${maxCohorts} cohorts`);
  if (problems.length === 0 && matches(definition, () => false)) {
    const message = 'expected at least one cohort that members have to be in; this also holds for users in no cohort';
    fail('definition', 'malformed', message);
  }
  return problems.length > 0 ? { problems } : { definition };
}

/** Parses a definition that was stored, and so was valid once. */
export function storedDefinition(stored: unknown): Definition {
  const read = readDefinition(stored);
  if ('problems' in read) throw new Error('the stored definition of a segment is invalid');
  return read.definition;
}

/** Every use of a cohort in a definition, with its path, such as `definition.all.0.includes`. */
export function cohortPathsOf(
  part: Definition,
  path = 'definition',
): readonly { readonly cohortId: string; readonly path: string }[] {
  if ('all' in part) return part.all.flatMap((each, index) => cohortPathsOf(each, `${path}.all.${index}`));
  if ('any' in part) return part.any.flatMap((each, index) => cohortPathsOf(each, `${path}.any.${index}`));
  if ('not' in part) return cohortPathsOf(part.not, `${path}.not`);
  if ('includes' in part) return [{ cohortId: part.includes, path: `${path}.includes` }];
  return [{ cohortId: part.excludes, path: `${path}.excludes` }];
}

/** The ids of a definition's cohorts, each once, ascending. */
export function cohortsOf(definition: Definition): readonly string[] {
  const ids = new Set(cohortPathsOf(definition).map(({ cohortId }) => cohortId));
  return [...ids].sort((a, b) => Number(a) - Number(b));
}

/** Whether the definition holds for a user who is in just the cohorts that `isIn` accepts. */
export function matches(definition: Definition, isIn: (cohortId: string) => boolean): boolean {
  if ('all' in definition) return definition.all.every((part) => matches(part, isIn));
  if ('any' in definition) return definition.any.some((part) => matches(part, isIn));
  if ('not' in definition) return !matches(definition.not, isIn);
  return 'includes' in definition ? isIn(definition.includes) : !isIn(definition.excludes);
}
