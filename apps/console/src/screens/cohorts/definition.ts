/** A segment as the builder edits it: conditions that all or any hold. */
export interface Draft {
  readonly match: 'all' | 'any';
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly is: 'includes' | 'excludes';
  /** Empty until one is chosen. */
  readonly cohortId: string;
}

export type Definition =
  | { readonly includes: string }
  | { readonly excludes: string }
  | { readonly all: Definition[] }
  | { readonly any: Definition[] };

/** The definition for the API; undefined until every condition names a cohort. */
export function definitionOf({ match, conditions }: Draft): Definition | undefined {
  if (conditions.length === 0 || conditions.some(({ cohortId }) => cohortId === '')) return undefined;
  const parts = conditions.map(({ is, cohortId }): Definition =>
    is === 'includes' ? { includes: cohortId } : { excludes: cohortId },
  );
  const [first] = parts;
  if (parts.length === 1) return first;
  return match === 'all' ? { all: parts } : { any: parts };
}

/** A definition as the API answers it: a cohort's name stands in its place. */
export interface NamedDefinition {
  readonly includes?: { readonly name: string } | null;
  readonly excludes?: { readonly name: string } | null;
  readonly all?: readonly NamedDefinition[] | null;
  readonly any?: readonly NamedDefinition[] | null;
  readonly not?: NamedDefinition | null;
}

/** A definition in words, such as: in Buyers and not in Staff. */
export function sayDefinition({ includes, excludes, all, any, not }: NamedDefinition): string {
  if (includes) return `in ${includes.name}`;
  if (excludes) return `not in ${excludes.name}`;
  if (all) return all.map(inside).join(' and ');
  if (any) return any.map(inside).join(' or ');
  return not ? `not ${inside(not)}` : '…';
}

function inside(definition: NamedDefinition): string {
  const text = sayDefinition(definition);
  return (definition.all ?? definition.any ?? []).length > 1 ? `(${text})` : text;
}
