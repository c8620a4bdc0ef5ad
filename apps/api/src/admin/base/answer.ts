import { GraphQLError, getNamedType, isUnionType, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import type { MiddlewareFn } from 'type-graphql';
import { AnswerProblem } from './answerProblem.js';
import type { AdminContext } from './context.js';

/**
 * Turns what the core answers into the member of the field's result union: a problem stays as it is, and anything else
 * becomes the union's `…Payload`. A thrown `AnswerProblem` becomes an answer where the union holds it, else an error.
 */
export const answerUnions: MiddlewareFn<AdminContext> = async ({ info }, next) => {
  let result: unknown;
  try {
    result = await next();
  } catch (error) {
    if (!(error instanceof AnswerProblem)) throw error;
    if (membersOf(info).some(({ name }) => name === error.problem.kind)) return error.problem;
    const { code = 'BAD_USER_INPUT', message } = error.problem;
    throw new GraphQLError(message, { extensions: { code } });
  }
  return info.parentType.name === 'Mutation' ? inPayload(result, membersOf(info)) : result;
};

export function isProblem(type: unknown): boolean {
  return (
    (type as Partial<GraphQLObjectType> | undefined)?.getInterfaces?.().some(({ name }) => name === 'Problem') === true
  );
}

function membersOf(info: GraphQLResolveInfo): readonly GraphQLObjectType[] {
  const type = getNamedType(info.returnType);
  return isUnionType(type) ? type.getTypes() : [];
}

/** An entity goes into the payload's field of its name; of anything else, the fields are the payload's. */
function inPayload(result: unknown, members: readonly GraphQLObjectType[]): unknown {
  if (typeof result !== 'object' || result === null) return result;
  const { kind = '' } = result as { readonly kind?: string };
  const payload = members.find((member) => !isProblem(member));
  if (!payload || members.some(({ name }) => name === kind)) return result;
  const field = kind.charAt(0).toLowerCase() + kind.slice(1);
  return payload.getFields()[field] ? { kind: payload.name, [field]: result } : { ...result, kind: payload.name };
}
