import type { ApolloServerPlugin } from '@apollo/server';
import { hasRole, type AdminRole } from '@currents/core';
import {
  GraphQLError,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import type { AdminContext } from './base/context.js';
import { inCapitals } from './base/enum.js';
import { requiredRole } from './base/role.js';
import type { RecordForbidden } from './recordForbidden.js';

/**
 * Refuses a request with a field that the token's role does not allow, before anything is resolved. Refused mutations are
 * recorded.
 */
export function checkRoles(recordForbidden: RecordForbidden): ApolloServerPlugin<AdminContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operationName, contextValue }) {
          await refuseRoles({ schema, document, operationName, context: contextValue, recordForbidden });
        },
      };
    },
  };
}

interface RoleQuestion {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly context: AdminContext;
  readonly recordForbidden: RecordForbidden;
}

/** Rejects with a `GraphQLError` when an operation has a field that the role does not allow. */
export async function refuseRoles({
  schema,
  document,
  operationName,
  context,
  recordForbidden,
}: RoleQuestion): Promise<void> {
  const { role } = context;
  const operation = separateOperations(document)[operationName ?? ''] ?? document;
  const refused = neededRoles(schema, operation).filter(({ needed }) => !hasRole(role, needed));
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

/** The fields of an operation and its fragments that need a role, with that role. Fields that are skipped count, too. */
function neededRoles(schema: GraphQLSchema, operation: DocumentNode) {
  const needed: NeededRole[] = [];
  const types = new TypeInfo(schema);
  const noteField = (): void => {
    const field = types.getFieldDef();
    const role = field && requiredRole(field);
    const parent = types.getParentType();
    const mutation = parent && parent === schema.getMutationType() ? field?.name : undefined;
    if (field && role) needed.push({ field: `${parent?.name}.${field.name}`, needed: role, mutation });
  };
  visit(operation, visitWithTypeInfo(types, { Field: noteField }));
  return needed;
}
