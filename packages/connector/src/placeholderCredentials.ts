import { z } from 'zod';

/** Stands for a secret that is not shown. */
export const hiddenValue = '[hidden]';

interface Schema {
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/**
 * Credentials of the same form as the given ones with `[hidden]` in place of each value; choices, such as their kind, stay.
 * Without given ones, those of the first kind with all that is required. A request that `send` makes with them is the one
 * that it would make, without its secrets. They need not be valid: no format is observed.
 */
export function placeholderCredentials(schema: z.ZodType, given?: unknown): unknown {
  return placeholderOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, given);
}

function placeholderOf(schema: Schema, given: unknown): unknown {
  const kinds = schema.oneOf ?? schema.anyOf;
  if (kinds) return placeholderOf(kinds.find((kind) => isOfKind(kind, given)) ?? kinds[0] ?? {}, given);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum.includes(given) ? given : schema.enum[0];
  if (schema.type === 'boolean') return given === true;
  if (!schema.properties) return hiddenValue;
  const present: Readonly<Record<string, unknown>> =
    typeof given === 'object' && given !== null ? (given as Readonly<Record<string, unknown>>) : {};
  return Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([name]) => schema.required?.includes(name) || present[name] !== undefined)
      .map(([name, property]) => [name, placeholderOf(property, present[name])]),
  );
}

/** Whether a value has each constant of this kind. */
function isOfKind({ properties = {} }: Schema, given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  return Object.entries(properties).every(
    ([name, property]) =>
      property.const === undefined || (given as Readonly<Record<string, unknown>>)[name] === property.const,
  );
}
