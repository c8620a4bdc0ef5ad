import { expect } from 'vitest';
import { z } from 'zod';
import { law, type Law } from './law.js';
import type { Inputs, InvalidInput } from './options.js';
import type { Subject } from './subject.js';

/** What holds for settings and credentials alike. */
export function inputLaws(parser: z.ZodType, { valid, invalid }: Inputs): Law[] {
  return [
    law('are accepted if they are valid, and stay the same when they are parsed again', () => {
      for (const value of valid) {
        const parsed = parser.parse(value);
        expect(parser.parse(parsed)).toStrictEqual(parsed);
      }
    }),
    ...invalid.map((input, index) =>
      law(`are refused with the field named: ${input.field} (${index + 1})`, () =>
        expect(issuesOf(parser, input)).toContain(input.field),
      ),
    ),
    law('are refused if they have an unknown field, or are not an object', () => {
      for (const value of valid) {
        const withUnknown = { field: 'unknownField', value: { ...value, unknownField: 1 } };
        expect(issuesOf(parser, withUnknown)).toContain('unknownField');
      }
      for (const value of [undefined, null, 'text', 1, []]) expect(parser.safeParse(value).success).toBe(false);
    }),
    law('describe every field', () => {
      const fields = fieldsOf(z.toJSONSchema(parser, { io: 'input', unrepresentable: 'any' }));
      expect(fields.length).toBeGreaterThan(0);
      for (const [field, schema] of fields) expect(schema, field).toHaveProperty('description');
    }),
  ];
}

/** What holds for credentials alone. */
export function redactionLaws({ connector, options: { credentials } }: Subject): Law[] {
  const secret = 'sesame-open-0123456789';
  return [
    law('are not repeated in the message when they are refused', () => {
      for (const value of credentials.valid) {
        const fields = credentials.secrets.filter((field) => field in value);
        const bent = Object.fromEntries(fields.map((field) => [field, secret]));
        const wrapped = Object.fromEntries(fields.map((field) => [field, [secret]]));
        for (const invalid of [bent, { ...value, ...wrapped }, { ...value, ...bent, unknownField: secret }])
          expect(JSON.stringify(connector.credentials.safeParse(invalid).error ?? '')).not.toContain(secret);
      }
    }),
  ];
}

/** Paths and messages of all issues in one text. Throws when the value is accepted. */
function issuesOf(parser: z.ZodType, { field, value }: InvalidInput): string {
  const parsed = parser.safeParse(value);
  if (parsed.success) throw new Error(`expected ${field} to be refused in ${JSON.stringify(value)}`);
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}

interface FieldSchema {
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly oneOf?: readonly FieldSchema[];
  readonly anyOf?: readonly FieldSchema[];
}

/** Every field that an admin has to fill in; a constant only distinguishes alternatives. */
function fieldsOf(schema: unknown): [field: string, schema: FieldSchema][] {
  const { properties = {}, oneOf = [], anyOf = [] } = schema as FieldSchema;
  const alternatives = [...oneOf, ...anyOf].flatMap((alternative) => fieldsOf(alternative));
  return [...Object.entries(properties).filter(([, field]) => !('const' in field)), ...alternatives];
}
