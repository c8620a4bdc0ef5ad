import { z } from 'zod';

const fieldList = z.array(z.string()).min(1, 'expected at least one field, got none').readonly();

/** One change to the events of a Current. Each form is explained in `docs/field-rules.md`. */
const fieldRule = z.union([
  z.strictObject({ drop: z.strictObject({ fields: fieldList }) }),
  z.strictObject({ hash: z.strictObject({ fields: fieldList }) }),
  z.strictObject({ truncate: z.strictObject({ fields: fieldList, maxLength: z.number() }) }),
  z.strictObject({ allowOnly: z.strictObject({ fields: fieldList }) }),
  z.strictObject({ rename: z.strictObject({ field: z.string(), to: z.string() }) }),
  z.strictObject({
    constant: z.strictObject({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
  }),
  z.strictObject({
    filter: z.strictObject({
      field: z.string(),
      values: z.array(z.string()).readonly().optional(),
      isInverted: z.boolean().optional(),
    }),
  }),
]);

export type FieldRule = z.infer<typeof fieldRule>;

/** The rules of a Current. */
export interface FieldRules {
  /** Whether e-mail addresses and phone numbers are dropped: see `contactDetails.ts`. */
  readonly isWithoutContactDetails: boolean;
  /** Applied in order, after the filters and after contact details are dropped. */
  readonly rules: readonly FieldRule[];
}

/** The same as they are stored. */
export type StoredFieldRules = FieldRules & { readonly version: number };

export const noFieldRules: FieldRules = { isWithoutContactDetails: false, rules: [] };

const storedVersion = 1;

const storedRules = z.strictObject({
  version: z.literal(storedVersion),
  isWithoutContactDetails: z.boolean(),
  rules: z.array(fieldRule).readonly(),
});

/** A Current without rules stores none, so that it has nothing that a former release would have to read. */
export function storeFieldRules({ isWithoutContactDetails, rules }: FieldRules): StoredFieldRules | null {
  return isWithoutContactDetails || rules.length > 0
    ? { version: storedVersion, isWithoutContactDetails, rules }
    : null;
}

/** Undefined when they cannot be read: a later release stored them. Events must not be sent without them then. */
export function readFieldRules(stored: unknown): FieldRules | undefined {
  if (stored === null || stored === undefined) return noFieldRules;
  const { data } = storedRules.safeParse(stored);
  return data && { isWithoutContactDetails: data.isWithoutContactDetails, rules: data.rules };
}

/** Rules for people to see. */
export type ShownFieldRules = FieldRules & {
  /** False when a later release stored rules that this one cannot read: there are rules, and none of them are shown. */
  readonly isReadable: boolean;
};

export function showStoredRules(stored: unknown): ShownFieldRules {
  const rules = readFieldRules(stored);
  return { ...(rules ?? noFieldRules), isReadable: rules !== undefined };
}

export function hasRules({ isWithoutContactDetails, rules }: FieldRules): boolean {
  return isWithoutContactDetails || rules.length > 0;
}
