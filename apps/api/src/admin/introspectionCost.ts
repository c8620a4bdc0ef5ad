import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLArgument,
  type GraphQLSchema,
} from 'graphql';
import type { ComplexityEstimator } from 'graphql-query-complexity';

/**
 * What introspection costs, by the average lengths of the schema's lists. A single type, by its name, may be several times as
 * large as the average, and its fields have more arguments.
 */
export function introspectionCost(schema: GraphQLSchema): ComplexityEstimator {
  const types = Object.values(schema.getTypeMap());
  const perType = (lists: readonly (readonly unknown[])[]): number =>
    lists.reduce((sum, list) => sum + list.length, 0) / types.length;
  const outputs = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = outputs.map((type): GraphQLField<unknown, unknown>[] => Object.values(type.getFields()));
  const inputs = types.filter(isInputObjectType).map((type): GraphQLInputField[] => Object.values(type.getFields()));
  const args = fields.flat().map((field): readonly GraphQLArgument[] => field.args);
  const lengths: Readonly<Record<string, number>> = {
    '__Schema.types': types.length,
    '__Schema.directives': schema.getDirectives().length,
    '__Type.fields': perType(fields),
    '__Type.inputFields': perType(inputs),
    '__Type.enumValues': perType(types.filter(isEnumType).map((type) => type.getValues())),
    '__Type.interfaces': perType(outputs.map((type) => type.getInterfaces())),
    '__Type.possibleTypes': 1,
    // Most types are wrapped once, or not at all.
    '__Type.ofType': 0.5,
    '__Field.args': args.flat().length / fields.flat().length,
    '__Directive.args': 1,
  };
  const largest = (2 * Math.max(...fields.map((list) => list.length))) / perType(fields);
  return ({ type, field, childComplexity }) => {
    if (field.name === '__type') return 1 + Math.ceil(largest * childComplexity);
    const length = type.name.startsWith('__') ? lengths[`${type.name}.${field.name}`] : undefined;
    return length === undefined ? undefined : 1 + length * childComplexity;
  };
}
