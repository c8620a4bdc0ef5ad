import {
  __Directive,
  __Field,
  __InputValue,
  __Schema,
  __Type,
  defaultFieldResolver,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { MiddlewareFn } from 'type-graphql';
import { answerProblem } from '../base/answer.js';
import type { AdminContext } from '../base/context.js';

type Context = AdminContext | undefined;
type Resolve = GraphQLFieldResolver<unknown, Context, Record<string, unknown>>;

/**
 * Wraps every field of a schema: it is resolved when the query has its turn (`Pace`), and an `AnswerProblem` becomes its
 * answer. Mutations pass through `middlewares` first. type-graphql's own middlewares make some ten promises for every
 * field of an answer, which cost ten times as much as all else.
 */
export function wrapFields(schema: GraphQLSchema, middlewares: readonly MiddlewareFn<AdminContext>[]): void {
  const mutation = schema.getMutationType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    wrap(type, (resolve) => paced(withProblems(withoutNullCursor(resolve))));
  }
  if (mutation) wrap(mutation, (resolve) => through(middlewares, resolve));
}

let isIntrospectionWrapped = false;

/**
 * graphql-js shares the types of introspection among all schemas, so they are wrapped once in a process. Without a pace in
 * the context they work as before.
 */
export function wrapIntrospection(): void {
  if (isIntrospectionWrapped) return;
  isIntrospectionWrapped = true;
  for (const type of [__Schema, __Type, __Field, __InputValue, __Directive]) wrap(type, paced);
}

function wrap(type: GraphQLObjectType, wrapper: (resolve: Resolve) => Resolve): void {
  for (const field of Object.values(type.getFields()))
    field.resolve = wrapper((field.resolve as Resolve | undefined) ?? defaultFieldResolver);
}

function paced(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const pace = context?.pace;
    if (pace === undefined) return resolve(source, args, context, info);
    const run = (): unknown => {
      const turn = pace.turn();
      return turn === undefined ? resolve(source, args, context, info) : turn.then(run);
    };
    return run();
  };
}

function withProblems(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    try {
      const result = resolve(source, args, context, info);
      return result instanceof Promise ? result.catch((error: unknown) => answerProblem(error, info)) : result;
    } catch (error) {
      return answerProblem(error, info);
    }
  };
}

/** Clients send `after: null` for the first page: that is no cursor. */
function withoutNullCursor(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    if (args['after'] === null) delete args['after'];
    return resolve(source, args, context, info);
  };
}

function through(middlewares: readonly MiddlewareFn<AdminContext>[], resolve: Resolve): Resolve {
  return (root, args, context, info) => {
    const run = async (index: number): Promise<unknown> => {
      const middleware = middlewares[index];
      if (!middleware) return resolve(root, args, context, info);
      return middleware({ root, args, context: context as AdminContext, info }, () => run(index + 1));
    };
    return run(0);
  };
}
