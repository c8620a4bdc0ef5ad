import type { AdminRole } from '@currents/core';
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { requiredRole } from './base/role.js';

interface GuardedInput {
  /** Such as `DeadLetterFilter.users`. */
  readonly field: string;
  readonly needed: AdminRole;
}

/**
 * Finds the fields of an argument's value that need a role. A field that is null asks for nothing. The value may be unchecked,
 * and only the types that hold such fields are looked into, so values of all others may be as deep as they are.
 */
export function createInputGuard(schema: GraphQLSchema) {
  const guarded = guardedTypes(schema);

  function* find(type: GraphQLInputType, value: unknown): Generator<GuardedInput> {
    const named = getNamedType(type);
    if (value === null || value === undefined || !isInputObjectType(named) || !guarded.has(named)) return;
    const inner = getNullableType(type);
    if (isListType(inner)) {
      // One item stands for a list of it.
      for (const item of Array.isArray(value) ? value : [value]) yield* find(inner.ofType, item);
      return;
    }
    if (typeof value !== 'object') return;
    for (const field of Object.values(named.getFields())) {
      const given = (value as Readonly<Record<string, unknown>>)[field.name];
      const needed = requiredRole(field);
      if (needed !== undefined && given !== null && given !== undefined)
        yield { field: `${named.name}.${field.name}`, needed };
      yield* find(field.type, given);
    }
  }

  return (type: GraphQLInputType, value: unknown): readonly GuardedInput[] => [...find(type, value)];
}

/** The input types that have a field with a role, or hold such a type. */
function guardedTypes(schema: GraphQLSchema): ReadonlySet<GraphQLInputObjectType> {
  const types = Object.values(schema.getTypeMap()).filter(isInputObjectType);
  const guarded = new Set<GraphQLInputObjectType>();
  for (let size = -1; size < guarded.size;) {
    size = guarded.size;
    for (const type of types) {
      const isGuarded = Object.values(type.getFields()).some((field) => {
        const inner = getNamedType(field.type);
        return requiredRole(field) !== undefined || (isInputObjectType(inner) && guarded.has(inner));
      });
      if (isGuarded) guarded.add(type);
    }
  }
  return guarded;
}
