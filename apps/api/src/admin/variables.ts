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
  const faults: string[] = [];
  coerceInputValue(
    value,
    type,
    (path, _value, { message }) => void faults.push(`$${[name, ...path].join('.')}: ${withoutValues(message)}`),
  );
  return faults;
}
