import {
  isInputObjectType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { encodeId, isNodeName } from './ids.js';
import { applyInheritedRoles } from './inheritedRoles.js';
import { applyOneOf } from './oneOf.js';
import { acceptUnknownWords, inCapitals } from './enum.js';
import { codeOf, remedyOf } from './problem.js';
import { requiredRole } from './role.js';

/** What is the same for every node and problem is set here once, instead of in each type. */
export function finishSchema(schema: GraphQLSchema): void {
  applyInheritedRoles(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) describeRolesOf(Object.values(type.getFields()));
    if (!isObjectType(type)) continue;
    const interfaces = type.getInterfaces().map(({ name }) => name);
    if (interfaces.includes('Node')) resolveIds(type);
    if (interfaces.includes('Problem')) resolveProblem(type);
    describeRoles(type);
  }
  applyOneOf(schema);
  acceptUnknownWords(schema);
  // type-graphql has no place for these.
  describe(schema.getQueryType(), 'Everything that can be read. Nothing here changes anything.');
  describe(schema.getMutationType(), 'Everything that can be changed. Each mutation is recorded in `auditLog`.');
  describe(
    schema.getSubscriptionType(),
    'What can be followed as it happens, by GraphQL over SSE: POST /graphql with accept: text/event-stream.',
  );
}

function describe(type: GraphQLObjectType | null | undefined, description: string): void {
  if (type) type.description = description;
}

function resolveIds(type: GraphQLObjectType): void {
  const { name } = type;
  if (!isNodeName(name)) throw new Error(`${name} implements Node and has no prefix for its ids`);
  setResolver<{ readonly id: string }>(type, 'id', ({ id }) => encodeId(name, id));
}

function resolveProblem(type: GraphQLObjectType): void {
  setResolver(type, 'code', codeOf);
  setResolver(type, 'remedy', remedyOf);
}

/** Throws for a query or mutation that states no role: every one needs a role. */
function describeRoles(type: GraphQLObjectType): void {
  const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
  const fields = Object.values(type.getFields());
  describeRolesOf(fields);
  for (const field of fields) {
    if (isRoot && requiredRole(field) === undefined)
      throw new Error(
        `${type.name}.${field.name} states no role: put @RequiresRole('viewer'), 'operator' or 'admin' beside its @${type.name} (docs/decisions/0014-roles.md says which)`,
      );
  }
}

function describeRolesOf(fields: readonly (GraphQLField<unknown, unknown> | GraphQLInputField)[]): void {
  for (const field of fields) {
    const role = requiredRole(field);
    if (role) field.description = `${field.description ?? ''} Needs the role ${inCapitals(role)}.`;
  }
}

function setResolver<Value>(type: GraphQLObjectType, name: string, resolve: (value: Value) => unknown): void {
  const field = type.getFields()[name];
  if (!field) throw new Error(`${type.name} has no field ${name}`);
  field.resolve = (value: Value) => resolve(value);
}
