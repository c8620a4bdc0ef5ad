import type { ApolloServerPlugin } from '@apollo/server';
import { hasRole, type AdminRole } from '@currents/core';
import {
  GraphQLError,
  Kind,
  separateOperations,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { AdminContext } from './base/context.js';
import { inCapitals } from './base/enum.js';
import { requiredRole } from './base/role.js';
import { createInputGuard } from './inputRoles.js';
import type { RecordForbidden } from './recordForbidden.js';

/**
 * Refuses a request with a field, of an answer or an input, that the token's role does not allow, before anything is
 * resolved. Refused mutations are recorded.
 */
export function checkRoles(recordForbidden: RecordForbidden): ApolloServerPlugin<AdminContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, request, operationName, contextValue }) {
          const variables = request.variables ?? {};
          await refuseRoles({ schema, document, variables, operationName, context: contextValue, recordForbidden });
        },
      };
    },
  };
}

interface RoleQuestion {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  /** As they came: they may be unchecked. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  readonly context: AdminContext;
  readonly recordForbidden: RecordForbidden;
}

/** Rejects with a `GraphQLError` when an operation has a field that the role does not allow. */
export async function refuseRoles({
  schema,
  document,
  variables,
  operationName,
  context,
  recordForbidden,
}: RoleQuestion): Promise<void> {
  const { role } = context;
  const operation = separateOperations(document)[operationName ?? ''] ?? document;
  const refused = neededRoles(schema, operation, variables).filter(({ needed }) => !hasRole(role, needed));
  const [worst] = refused.sort((a, b) => (hasRole(a.needed, b.needed) ? -1 : 1));
  if (worst === undefined) return;
  await recordForbidden(
    context,
    refused.flatMap(({ mutation }) => mutation ?? []),
  );
  const [expected, got] = [inCapitals(worst.needed), inCapitals(role)];
  throw new GraphQLError(`${worst.field}: expected a token with the role ${expected}, got one with the role ${got}`, {
    extensions: { code: 'FORBIDDEN', requiredRole: expected, role: got, http: { status: 403 } },
  });
}

interface NeededRole {
  readonly field: string;
  readonly needed: AdminRole;
  /** Its name, if the field is a mutation. */
  readonly mutation: string | undefined;
}

/**
 * The fields of an operation, its fragments and its arguments that need a role, with that role. Fields that are skipped
 * count, too.
 */
function neededRoles(schema: GraphQLSchema, operation: DocumentNode, variables: Readonly<Record<string, unknown>>) {
  const needed: NeededRole[] = [];
  const types = new TypeInfo(schema);
  const given = { ...defaultsOf(operation), ...variables };
  const guardedInputs = createInputGuard(schema);
  const mutation = (): string | undefined =>
    types.getParentType() === schema.getMutationType() ? types.getFieldDef()?.name : undefined;
  const noteField = (): void => {
    const field = types.getFieldDef();
    const role = field && requiredRole(field);
    if (field && role)
      needed.push({ field: `${types.getParentType()?.name}.${field.name}`, needed: role, mutation: mutation() });
  };
  const noteArgument = ({ value }: ArgumentNode): void => {
    const argument = types.getArgument();
    if (!argument) return;
    for (const input of guardedInputs(argument.type, valueFromASTUntyped(value, given)))
      needed.push({ ...input, mutation: mutation() });
  };
  visit(operation, visitWithTypeInfo(types, { Field: noteField, Argument: noteArgument }));
  return needed;
}

/** What variables stand for that are left out. */
function defaultsOf({ definitions }: DocumentNode): Readonly<Record<string, unknown>> {
  const variables = definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [],
  );
  return Object.fromEntries(
    variables.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}
