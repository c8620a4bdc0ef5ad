import { isInputObjectType, isNonNullType, type GraphQLSchema } from 'graphql';

const names = new Set<string>();

/** Marks an input type as `@oneOf`: exactly one of its fields has to be given. Every field has to be nullable. */
export function OneOf(): ClassDecorator {
  return (target) => void names.add(target.name);
}

/** type-graphql knows no `@oneOf`, so it is set on the built types: graphql-js then prints and validates it. */
export function applyOneOf(schema: GraphQLSchema): void {
  for (const name of names) {
    const type = schema.getType(name);
    if (!isInputObjectType(type)) throw new Error(`@OneOf: ${name} is not an input type of the schema`);
    const fields = Object.values(type.getFields());
    if (fields.some((field) => isNonNullType(field.type) || field.defaultValue !== undefined))
      throw new Error(`@OneOf: the fields of ${name} have to be nullable and without defaults`);
    type.isOneOf = true;
  }
}
