import { createUnionType, Field, InterfaceType, ObjectType, registerEnumType, type ClassType } from 'type-graphql';
import { inCapitals } from './enum.js';
import { kindOf } from './kind.js';

/** Filled by `@ProblemType` while the classes are read, and complete once the schema is built. */
export const ProblemCode: Record<string, string> = {};
const codes: Record<string, { readonly description: string }> = {};
const remedies = new Map<string, string>();
registerEnumType(ProblemCode, {
  name: 'ProblemCode',
  description: 'Every problem that a result can be. Each is the name of its type, save the codes of InvalidId.',
  valuesConfig: codes,
});

@InterfaceType({
  description:
    'Why a query or mutation has no result: an expected failure, after which nothing has changed. Every result union of a mutation holds at least one.',
  resolveType: kindOf,
})
export abstract class Problem {
  @Field(() => ProblemCode, { description: 'Which problem it is, for programs to branch on, such as NAME_TAKEN.' })
  code!: string;

  @Field(() => String, { description: 'A sentence for people: what was expected and what came.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'A sentence for people: what to do about it. Null when the message says all there is to say.',
  })
  remedy?: string;
}

/** An object type that implements `Problem`; its code is its name in capitals, and its remedy the one given here. */
export function ProblemType(description: string, remedy?: string): ClassDecorator {
  return (target) => {
    ObjectType({ implements: Problem, description })(target);
    addCode(inCapitals(target.name), description);
    if (remedy !== undefined) remedies.set(target.name, remedy);
  };
}

function addCode(code: string, description: string): void {
  ProblemCode[code] = code;
  codes[code] = { description };
}

/** Answers `Problem.code`: the problem's own where it is one of the enum, else the name of its type. */
export function codeOf(problem: { readonly kind: string; readonly code?: unknown }): string {
  const { code } = problem;
  return typeof code === 'string' && Object.hasOwn(ProblemCode, code) ? code : inCapitals(problem.kind);
}

export function remedyOf(problem: { readonly kind: string; readonly remedy?: string }): string | undefined {
  return problem.remedy ?? remedies.get(problem.kind);
}

@ProblemType('The id is malformed, or belongs to another type of object.', 'Pass an id as the API returned it.')
export class InvalidId extends Problem {
  @Field(() => [String], { description: 'Path of the argument in the query, such as ["input", "id"].' })
  path!: string[];

  @Field(() => String, { description: 'Name of the type whose id was expected, such as Current.' })
  expectedType!: string;
}
addCode('WRONG_ID_TYPE', 'The id is well-formed, and belongs to an object of another type.');

@ProblemType(
  'The Idempotency-Key was sent with another body within the last 24 hours.',
  'Use a new key for every new request, and the same key only to repeat one.',
)
export class IdempotencyKeyReused extends Problem {}

@ProblemType(
  'A request with this Idempotency-Key is under way.',
  'Wait for its answer, or repeat the request after a second.',
)
export class IdempotencyKeyInUse extends Problem {}

type Types = () => readonly ClassType<object>[];

/**
 * The result of a field that may fail: its one result type first, then its problems. `InvalidId` belongs to all of them,
 * and what an Idempotency-Key may lead to belongs to every `Create…Result`.
 */
export function resultUnion(name: string, description: string, types: Types) {
  const repeats = name.startsWith('Create') ? [IdempotencyKeyReused, IdempotencyKeyInUse] : [];
  return createUnionType({
    name,
    description,
    types: () => [...types(), InvalidId, ...repeats],
    resolveType: kindOf,
  });
}
