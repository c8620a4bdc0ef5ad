import { fieldProblem, type FieldProblem } from '../admin/problem.js';

/**
 * Who is in a segment: everybody for whom it holds. `includes` and `excludes` ask whether somebody is in a cohort, by
 * the cohort's id.
 */
export type Definition =
  | { readonly all: readonly Definition[] }
  | { readonly any: readonly Definition[] }
  | { readonly not: Definition }
  | { readonly includes: string }
  | { readonly excludes: string };

const forms = ['all', 'any', 'not', 'includes', 'excludes'] as const;
type Form = (typeof forms)[number];

const maxDepth = 10;
const maxParts = 500;
const maxCohorts = 60;

type ReadResult = { readonly definition: Definition } | { readonly problems: readonly FieldProblem[] };

/** Reads a definition of whatever was given. Whether there are such cohorts is not asked here. */
export function readDefinition(given: unknown): ReadResult {
  const problems: FieldProblem[] = [];
  let parts = 0;

  function read(value: unknown, field: string, depth: number): Definition {
    const nothing: Definition = { any: [] };
    const fail = (message: string): Definition => {
      if (problems.length < 20) problems.push(fieldProblem(field, 'malformed', message));
      return nothing;
    };
    if (depth > maxDepth) return fail(`wanted at most ${maxDepth} levels`);
    if (++parts > maxParts) return parts === maxParts + 1 ? fail(`wanted at most ${maxParts} parts in all`) : nothing;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail(`wanted an object with one of ${forms.join(', ')}`);
    const [entry, ...more] = Object.entries(value as Readonly<Record<string, unknown>>);
    const form = forms.find((known): known is Form => known === entry?.[0]);
    if (form === undefined || more.length > 0) {
      const names =
        entry === undefined
          ? 'nothing'
          : [entry, ...more]
              .slice(0, 5)
              .map(([name]) => JSON.stringify(name.slice(0, 40)))
              .join(', ');
      return fail(`wanted exactly one of ${forms.join(', ')}; ${names} came`);
    }
    const inside = entry?.[1];
    const below = `${field}.${form}`;
    switch (form) {
      case 'all':
      case 'any': {
        if (!Array.isArray(inside) || inside.length === 0) return fail(`${form}: wanted a list with at least one part`);
        const list = inside.map((part, index) => read(part, `${below}.${index}`, depth + 1));
        return form === 'all' ? { all: list } : { any: list };
      }
      case 'not':
        return { not: read(inside, below, depth + 1) };
      case 'includes':
      case 'excludes': {
        const id = typeof inside === 'number' && Number.isSafeInteger(inside) ? String(inside) : inside;
        if (typeof id !== 'string' || !/^[1-9]\d{0,8}$/.test(id))
          return fail(`${form}: wanted the id of a cohort, such as "12"`);
        return form === 'includes' ? { includes: id } : { excludes: id };
      }
    }
  }

  const definition = read(given, 'definition', 1);
  if (problems.length > 0) return { problems };
  const fail = (message: string): ReadResult => ({ problems: [fieldProblem('definition', 'malformed', message)] });
  if (cohortsOf(definition).length > maxCohorts) return fail(`wanted at most ${maxCohorts} cohorts in all`);
  if (matches(definition, () => false)) {
    return fail(
      'holds for somebody who is in none of the cohorts, and so for everybody there ever is; wanted at least one cohort that members have to be in',
    );
  }
  return { definition };
}

/** A definition that was stored, and so was read once. */
export function storedDefinition(stored: unknown): Definition {
  const read = readDefinition(stored);
  if ('problems' in read) throw new Error('a stored definition of a segment is none');
  return read.definition;
}

/** The ids of the cohorts that a definition asks about, each once, in ascending order. */
export function cohortsOf(definition: Definition): readonly string[] {
  const ids = new Set<string>();
  const visit = (part: Definition): void => {
    if ('all' in part) part.all.forEach(visit);
    else if ('any' in part) part.any.forEach(visit);
    else if ('not' in part) visit(part.not);
    else ids.add('includes' in part ? part.includes : part.excludes);
  };
  visit(definition);
  return [...ids].sort((a, b) => Number(a) - Number(b));
}

/** Whether the definition holds for somebody who is in just the cohorts that `isIn` says. */
export function matches(definition: Definition, isIn: (cohortId: string) => boolean): boolean {
  if ('all' in definition) return definition.all.every((part) => matches(part, isIn));
  if ('any' in definition) return definition.any.some((part) => matches(part, isIn));
  if ('not' in definition) return !matches(definition.not, isIn);
  return 'includes' in definition ? isIn(definition.includes) : !isIn(definition.excludes);
}
