import { catalogue } from '@currents/schema';
import { z } from 'zod';

const renamable = new Set(
  catalogue
    .filter((type) => type.destinationNames.mixpanel !== undefined && !type.namesArePrefixes)
    .map((type) => type.name),
);

const eventName = z
  .string()
  .trim()
  .min(1)
  .max(255, 'Mixpanel cuts event names after 255 characters')
  .refine((name) => !name.startsWith('$'), 'names that begin with $ are Mixpanel’s own');

export const settings = z
  .strictObject({
    region: z
      .enum(['us', 'eu', 'in'])
      .describe('Where the Mixpanel project keeps its data (Project Settings, Data Residency): us, eu or in.'),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .refine(isBare, 'wanted scheme, host and perhaps a path, without user, query or fragment')
      .optional()
      .describe(
        'Sends here instead of the region’s own host: for a proxy or a stand-in. The operator has to allow it.',
      ),
    eventNames: z
      .record(z.string(), eventName)
      .default({})
      .superRefine((names, context) => {
        for (const eventType of Object.keys(names)) {
          if (renamable.has(eventType)) continue;
          context.addIssue({ code: 'custom', path: [eventType], message: complaintAbout(eventType) });
        }
      })
      .describe('Names that differ from the usual ones: event type → name at Mixpanel. Custom events keep their own.'),
    unfitProperties: z
      .enum(['reject', 'leave_out'])
      .default('reject')
      .describe(
        'When a property is more than Mixpanel takes: reject makes the event a dead letter, leave_out sends it without.',
      ),
    gzip: z.boolean().default(true).describe('Compresses requests. Switch it off for a proxy that cannot read them.'),
    requestBytes: z
      .int()
      .min(100_000)
      .max(10_000_000)
      .default(2_000_000)
      .describe('Most bytes of JSON in one request, before compression: 100,000 to 10,000,000.'),
    rateShare: z
      .number()
      .min(0.001)
      .max(100)
      .default(1)
      .describe(
        'How much of Mixpanel’s limits for a project (30,000 events a second, 2 GB a minute) this Current may use: below 1 where others send to the same project, above 1 where Mixpanel has raised them.',
      ),
  })
  .readonly();

export type Settings = z.infer<typeof settings>;

const key = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !text.includes(':'), 'wanted it without a colon, which would end it on the way');

/** Three ways to show who one is; Mixpanel, Import Events reference, Authentication. */
export const credentials = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('projectToken'),
      token: key.describe('The project token (Project Settings, Access Keys).'),
    }),
    z.strictObject({
      kind: z.literal('serviceAccount'),
      username: key.describe('The service account’s user name. Its role has to be Admin or Owner.'),
      secret: z.string().trim().min(1).describe('The service account’s secret.'),
      projectId: z
        .string()
        .trim()
        .regex(/^\d+$/, 'wanted the digits of the project id')
        .describe('The project id (Project Settings, Overview), in digits.'),
    }),
    z.strictObject({
      kind: z.literal('apiSecret'),
      apiSecret: key.describe(
        'The API secret. Mixpanel retires it on 3 March 2027: choose another kind for a new Current.',
      ),
    }),
  ])
  .readonly();

export type Credentials = z.infer<typeof credentials>;

function isBare(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

function complaintAbout(eventType: string): string {
  const known = catalogue.find((type) => type.name === eventType);
  if (known === undefined) return `"${eventType}" is no event type of the catalogue`;
  return known.namesArePrefixes
    ? `"${eventType}" cannot be renamed: every custom event keeps its own name`
    : `"${eventType}" is not sent to Mixpanel`;
}
