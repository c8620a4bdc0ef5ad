import { expect } from 'vitest';
import { z } from 'zod';
import type { Law } from './law.js';
import type { InvalidInput } from './options.js';
import type { Subject } from './subject.js';

interface Inputs {
  readonly valid: readonly Readonly<Record<string, unknown>>[];
  readonly invalid: readonly InvalidInput[];
}

/** What holds for settings and credentials alike. */
export function inputLaws(parser: z.ZodType, { valid, invalid }: Inputs): Law[] {
  return [
    {
      name: 'are taken when they are right, and stay the same when they are parsed again',
      prove() {
        for (const value of valid) {
          const parsed = parser.parse(value);
          expect(parser.parse(parsed)).toStrictEqual(parsed);
        }
      },
    },
    ...invalid.map((input, index) => ({
      name: `are refused with the field named: ${input.field} (${index + 1})`,
      prove() {
        expect(complaintsAbout(parser, input)).toContain(input.field);
      },
    })),
    {
      name: 'are refused when they have a field nobody knows, or are no object',
      prove() {
        for (const value of valid) {
          const stranger = { field: 'fieldNobodyKnows', value: { ...value, fieldNobodyKnows: 1 } };
          expect(complaintsAbout(parser, stranger)).toContain('fieldNobodyKnows');
        }
        for (const value of [undefined, null, 'text', 1, []]) expect(parser.safeParse(value).success).toBe(false);
      },
    },
    {
      name: 'say of every field what it is for',
      prove() {
        const fields = fieldsOf(z.toJSONSchema(parser, { io: 'input', unrepresentable: 'any' }));
        expect(fields.length).toBeGreaterThan(0);
        for (const [field, schema] of fields) expect(schema, field).toHaveProperty('description');
      },
    },
  ];
}

/** What holds for credentials alone. */
export function quietLaws({ connector, options: { credentials } }: Subject): Law[] {
  const told = 'sesame-open-0123456789';
  return [
    {
      name: 'are not repeated in the complaint when they are refused',
      prove() {
        for (const value of credentials.valid) {
          const fields = credentials.secrets.filter((secret) => secret in value);
          const bent = Object.fromEntries(fields.map((field) => [field, told]));
          const wrapped = Object.fromEntries(fields.map((field) => [field, [told]]));
          for (const wrong of [bent, { ...value, ...wrapped }, { ...value, ...bent, fieldNobodyKnows: told }]) {
            expect(JSON.stringify(connector.credentials.safeParse(wrong).error ?? '')).not.toContain(told);
          }
        }
      },
    },
  ];
}

/** The complaint's paths and sentences in one text. Fails the test when there is nothing to complain about. */
function complaintsAbout(parser: z.ZodType, { field, value }: InvalidInput): string {
  const parsed = parser.safeParse(value);
  if (parsed.success) throw new Error(`taken, though ${field} is wrong: ${JSON.stringify(value)}`);
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}

interface FieldSchema {
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly oneOf?: readonly FieldSchema[];
  readonly anyOf?: readonly FieldSchema[];
}

/** Every field that a person has to fill in; a constant tells alternatives apart and needs no explanation. */
function fieldsOf(schema: unknown): [field: string, schema: FieldSchema][] {
  const { properties = {}, oneOf = [], anyOf = [] } = schema as FieldSchema;
  const alternatives = [...oneOf, ...anyOf].flatMap((alternative) => fieldsOf(alternative));
  return [...Object.entries(properties).filter(([, field]) => !('const' in field)), ...alternatives];
}
