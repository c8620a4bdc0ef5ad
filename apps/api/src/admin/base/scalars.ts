import { isDay } from '@currents/core';
import { isExact } from '@currents/schema';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/*
 * These are not taken from a library because the messages of its scalars quote the value, and a JsonObject may hold
 * credentials.
 */

export const JsonObject = new GraphQLScalarType({
  name: 'JsonObject',
  description: 'A JSON object of any form, such as {"region": "eu"}.',
  serialize: (value) => value,
  parseValue: (value) => (isObject(value) ? value : refuse('expected a JSON object')),
  parseLiteral: (node, variables) =>
    node.kind === Kind.OBJECT ? jsonOf(node, variables ?? {}) : refuse('expected a JSON object'),
});

export const PropertyValue = new GraphQLScalarType({
  name: 'PropertyValue',
  description: 'The value of a property: a text, a number or a boolean, such as "eu".',
  serialize: (value) => value,
  parseValue: (value) => propertyValueOf(value),
  parseLiteral: (node, variables) => propertyValueOf(jsonOf(node, variables ?? {})),
});

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A time in ISO 8601 with its offset, such as 2026-01-31T09:30:00Z. Answers are in UTC, to the millisecond.',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: (value) => instantOf(value),
  parseLiteral: (node) => instantOf(node.kind === Kind.STRING ? node.value : undefined),
});

export const Day = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A day in UTC, such as 2026-01-31.',
  serialize: (value) => value as string,
  parseValue: (value) => dayOf(value),
  parseLiteral: (node) => dayOf(node.kind === Kind.STRING ? node.value : undefined),
});

export const Count = new GraphQLScalarType<number, number>({
  name: 'Count',
  description: 'A whole number from 0 to 2^53, where an Int would end at 2^31.',
  serialize: (value) => value as number,
  parseValue: (value) => (Number.isSafeInteger(value) ? (value as number) : refuse('expected a whole number')),
});

function propertyValueOf(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return refuse('expected a text, a number or a boolean');
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

function dayOf(value: unknown): string {
  if (typeof value === 'string' && isDay(value)) return value;
  return refuse('expected a day such as 2026-01-31');
}

function instantOf(value: unknown): Date {
  // JavaScript takes the 30th of February for the 2nd of March.
  const isInstant = typeof value === 'string' && instant.test(value) && isDay(value.slice(0, 10));
  const date = isInstant ? new Date(value) : undefined;
  if (date && !Number.isNaN(date.getTime())) return date;
  return refuse('expected a time in ISO 8601 with its offset, such as 2026-01-31T09:30:00Z');
}

/** The depth of a literal is bounded by the number of tokens that a query may have. */
function jsonOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return isExact(node.value) ? Number(node.value) : refuse('expected a number that a 64-bit float holds exactly');
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables)]));
    case Kind.ENUM:
      return refuse('expected JSON, with text in quotation marks');
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message: string): never {
  throw new GraphQLError(message);
}
