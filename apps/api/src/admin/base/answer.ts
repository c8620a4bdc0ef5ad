import { GraphQLError, getNamedType, isUnionType, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import type { MiddlewareFn } from 'type-graphql';
import { AnswerProblem } from './answerProblem.js';
import type { AdminContext } from './context.js';

/** Turns what the core answers to a mutation into a member of its result union: see `inPayload`. */
export const answerUnions: MiddlewareFn<AdminContext> = async ({ info }, next) => {
  try {
    return inPayload(await next(), membersOf(info));
  } catch (error) {
    return answerProblem(error, info);
  }
};

/** The problem of an `AnswerProblem`, if the field's result union holds it. Throws a `GraphQLError` with it otherwise. */
export function answerProblem(error: unknown, info: GraphQLResolveInfo): unknown {
  if (!(error instanceof AnswerProblem)) throw error;
  if (membersOf(info).some(({ name }) => name === error.problem.kind)) return error.problem;
  const { code = 'BAD_USER_INPUT', message } = error.problem;
  throw new GraphQLError(message, { extensions: { code } });
}

export function isProblem(type: unknown): boolean {
  return (
    (type as Partial<GraphQLObjectType> | undefined)?.getInterfaces?.().some(({ name }) => name === 'Problem') === true
  );
}

function membersOf(info: GraphQLResolveInfo): readonly GraphQLObjectType[] {
  const type = getNamedType(info.returnType);
  return isUnionType(type) ? type.getTypes() : [];
}

/**
 * A problem stays as it is, and anything else becomes the union's `…Payload`: an entity goes into the payload's field of
 * its name; of anything else, the fields are the payload's.
 */
function inPayload(result: unknown, members: readonly GraphQLObjectType[]): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const { kind = '' } = result as { readonly kind?: string };
  const payload = members.find((member) => !isProblem(member));
  if (!payload || members.some(({ name }) => name === kind)) return result;
  const field = kind.charAt(0).toLowerCase() + kind.slice(1);
  return payload.getFields()[field] ? { kind: payload.name, [field]: result } : { ...result, kind: payload.name };
}
