import type { Schema } from './types.js';

/** A JSON Schema of values like these: their types, and what all of them have. Objects may have more members. */
export function schemaOfExamples(examples: readonly unknown[]): Schema {
  const [first] = examples;
  if (examples.every(isObject)) {
    const names = [...new Set(examples.flatMap(Object.keys))];
    return {
      type: 'object',
      required: names.filter((name) => examples.every((each) => name in each)),
      properties: Object.fromEntries(
        names.map((name) => [name, schemaOfExamples(examples.flatMap((each) => (name in each ? [each[name]] : [])))]),
      ),
    };
  }
  if (Array.isArray(first))
    return { type: 'array', ...(first.length > 0 && { items: schemaOfExamples(examples.flat()) }) };
  return { type: Number.isInteger(first) ? 'integer' : first === null ? 'null' : typeof first };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
