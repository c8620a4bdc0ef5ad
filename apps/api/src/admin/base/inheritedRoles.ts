import { isInputObjectType, type GraphQLSchema } from 'graphql';
import { getMetadataStorage } from 'type-graphql';

/** type-graphql leaves the roles of the fields out that an input type has from another, so they are set on the built types. */
export function applyInheritedRoles(schema: GraphQLSchema): void {
  const { inputTypes } = getMetadataStorage();
  for (const { name, target } of inputTypes) {
    const type = schema.getType(name);
    if (!isInputObjectType(type)) continue;
    for (const { target: parent, fields = [] } of inputTypes) {
      if (!(target.prototype instanceof (parent as new () => object))) continue;
      for (const { name: fieldName, extensions } of fields) {
        const field = type.getFields()[fieldName];
        if (field) field.extensions = { ...extensions, ...field.extensions };
      }
    }
  }
}
