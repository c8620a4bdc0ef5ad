import type { ApolloServerPlugin } from '@apollo/server';
import {
  coerceInputValue,
  GraphQLError,
  isInputType,
  isNonNullType,
  typeFromAST,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import type { AdminContext } from './base/context.js';
import { withoutValues } from './errors.js';

/** Checks variables before graphql-js does, whose messages quote them whole. */
export const checkVariables: ApolloServerPlugin<AdminContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, operation, request }) {
        if (operation) refuseVariables(schema, operation, request.variables ?? {});
      },
    };
  },
};

/** Levels of objects and lists. What reads a variable calls itself for each, and the stack has room for some thousand. */
const maxLevels = 1_000;

/** Throws a `GraphQLError` that names what is wrong with the variables of an operation. */
export function refuseVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const faults = variableDefinitions.flatMap((definition) => faultsOf(schema, definition, variables));
  if (faults.length === 0) return;
  throw new GraphQLError(faults.slice(0, 10).join('; '), {
    extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
  });
}

function faultsOf(
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly string[] {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type)) return [];
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value === undefined) {
    return isNonNullType(type) && !definition.defaultValue
      ? [`$${name}: expected a value of type ${String(type)}, got nothing`]
      : [];
  }
  if (isDeeper(value, maxLevels)) return [`$${name}: expected at most ${maxLevels} levels, got more`];
  const faults: string[] = [];
  coerceInputValue(
    value,
    type,
    (path, _value, { message }) => void faults.push(`$${[name, ...path].join('.')}: ${withoutValues(message)}`),
  );
  return faults;
}

/** Whether a JSON value has more levels of objects and lists. Reads a level at a time, so it needs no stack. */
function isDeeper(value: unknown, max: number): boolean {
  let level = [value].filter(isComposite);
  for (let levels = 1; level.length > 0; levels++) {
    if (levels > max) return true;
    level = level.flatMap((each) => Object.values(each).filter(isComposite));
  }
  return false;
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
