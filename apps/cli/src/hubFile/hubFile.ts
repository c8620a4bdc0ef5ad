import { z } from 'zod';

/** The version of the form below. A file of a later version is refused. */
export const hubFileVersion = 1;

export const currentStates = ['draft', 'live', 'paused'] as const;
export const webhookStates = ['live', 'paused'] as const;
/** A paused sync sends nothing, as a draft does; a new one that is to be paused stays a draft. */
export const syncStates = ['draft', 'live', 'paused'] as const;
export const schedules = ['one-time', 'dynamic', 'hourly', 'daily'] as const;

/** The longest time for which events wait for others, of a Current that states none: the default of the API. */
const defaultLingerMs = 250;

const text = z.string().min(1);

/** An object with exactly one of these fields. */
function oneOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z
    .strictObject(shape)
    .partial()
    .superRefine((value, context) => {
      const got = names.filter((name) => (value as Readonly<Record<string, unknown>>)[name] !== undefined);
      if (got.length === 1) return;
      const message = `expected exactly one of ${names.join(', ')}, got ${got.join(' and ') || 'none'}`;
      context.addIssue({ code: 'custom', message });
    });
}

/** What stands for a secret: `${env:NAME}`. */
export const referencePattern = /^\$\{env:([A-Za-z_][A-Za-z0-9_]{0,199})\}$/;

/** Its values are references; only `kind`, which says what credentials they are, is a text. No message repeats a value. */
const credentials = z.record(text, z.unknown()).superRefine((fields, context) => {
  for (const [name, value] of Object.entries(fields)) {
    const isText = typeof value === 'string';
    if (name === 'kind' ? isText && /^\w{1,60}$/.test(value) : isText && referencePattern.test(value)) continue;
    const desired = name === 'kind' ? 'a kind of credentials' : 'a reference such as ${env:MIXPANEL_TOKEN}';
    const message = `expected ${desired}, got something else, which is not repeated here; this file holds no secrets`;
    context.addIssue({ code: 'custom', path: [name], message });
  }
});

const fields = z.strictObject({ fields: z.array(z.string()) });

const fieldRule = oneOf({
  drop: fields,
  hash: fields,
  truncate: z.strictObject({ fields: z.array(z.string()), maxLength: z.int() }),
  allowOnly: fields,
  rename: z.strictObject({ field: z.string(), to: z.string() }),
  constant: z.strictObject({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
  filter: z.strictObject({
    field: z.string(),
    values: z.array(z.string()).optional(),
    isInverted: z.boolean().default(false),
  }),
});

const current = z.strictObject({
  name: text,
  destination: text,
  state: z.enum(currentStates),
  contactEmail: text,
  settings: z.record(text, z.unknown()).default({}),
  credentials: credentials.optional(),
  selection: z.strictObject({
    groups: z.array(text).default([]),
    channels: z.array(text).default([]),
    eventTypes: z.array(text).default([]),
  }),
  fieldRules: z
    .strictObject({ isWithoutContactDetails: z.boolean().default(false), rules: z.array(fieldRule).default([]) })
    .default({ isWithoutContactDetails: false, rules: [] }),
  lingerMs: z.int().default(defaultLingerMs),
});

const cohort = z.strictObject({
  partner: text,
  id: text,
  name: text,
  schedule: z.enum(schedules).optional(),
  /** The name of a Current. */
  pulledBy: text.optional(),
});

/** A cohort in a definition, such as `mixpanel/77`. */
const cohortName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*\/./, 'expected the partner and the id of a cohort, such as mixpanel/77');

export type Definition =
  | { readonly all: readonly Definition[] }
  | { readonly any: readonly Definition[] }
  | { readonly not: Definition }
  | { readonly includes: string }
  | { readonly excludes: string };

const definition: z.ZodType<Definition> = z.lazy(
  () =>
    oneOf({
      all: z.array(definition).min(1),
      any: z.array(definition).min(1),
      not: definition,
      includes: cohortName,
      excludes: cohortName,
    }) as unknown as z.ZodType<Definition>,
);

const sync = z.strictObject({
  destination: text,
  state: z.enum(syncStates),
  settings: z.record(text, z.unknown()).default({}),
  credentials: credentials.optional(),
});

const segment = z.strictObject({
  name: text,
  definition,
  webhooks: z.array(z.strictObject({ url: text, state: z.enum(webhookStates).default('live') })).default([]),
  syncs: z.array(sync).default([]),
});

const ingestToken = z.strictObject({
  name: text,
  eventsPerSecond: z.int().optional(),
  bytesPerSecond: z.int().optional(),
});

const importKey = z.strictObject({ partner: text, name: text, validUntil: z.iso.datetime().optional() });

/** The form of a file. A section that is absent is not touched. */
export const hubFileSchema = z.strictObject({
  version: z.literal(hubFileVersion),
  currents: z.array(current).optional(),
  importPartners: z.array(text).optional(),
  cohorts: z.array(cohort).optional(),
  segments: z.array(segment).optional(),
  importKeys: z.array(importKey).optional(),
  ingestTokens: z.array(ingestToken).optional(),
  /** Their URLs. */
  noticeWebhooks: z.array(text).optional(),
});

export type HubFile = z.infer<typeof hubFileSchema>;
export type CurrentEntry = z.infer<typeof current>;
export type CredentialsEntry = NonNullable<CurrentEntry['credentials']>;
export type CohortEntry = z.infer<typeof cohort>;
export type SegmentEntry = z.infer<typeof segment>;
export type WebhookEntry = SegmentEntry['webhooks'][number];
export type SyncEntry = SegmentEntry['syncs'][number];
export type IngestTokenEntry = z.infer<typeof ingestToken>;
export type ImportKeyEntry = z.infer<typeof importKey>;

/** How a definition names a cohort. */
export function cohortNameOf({ partner, id }: Pick<CohortEntry, 'partner' | 'id'>): string {
  return `${partner}/${id}`;
}

/** The cohorts that a definition names, each as often as it does. */
export function cohortNamesIn(part: Definition): readonly string[] {
  if ('includes' in part) return [part.includes];
  if ('excludes' in part) return [part.excludes];
  if ('not' in part) return cohortNamesIn(part.not);
  return ('all' in part ? part.all : part.any).flatMap(cohortNamesIn);
}
