import { catalogue } from '@currents/schema';
import { z } from 'zod';

/** Amplitude’s keys have 32 characters; more are let through, up to what a request leaves room for. */
export const MOST_KEY_CHARACTERS = 128;

const renamable = new Set(
  catalogue
    .filter((type) => type.destinationNames.amplitude !== undefined && !type.namesArePrefixes)
    .map((type) => type.name),
);

const eventName = z
  .string()
  .trim()
  .min(1)
  .max(1024, 'Amplitude cuts names after 1,024 characters')
  .refine((name) => !/^(\$|\[Amplitude\])/i.test(name), 'names that begin with $ or [Amplitude] are Amplitude’s own');

export const settings = z
  .strictObject({
    region: z
      .enum(['us', 'eu'])
      .describe('Where the Amplitude project keeps its data: us or eu. A key of the other region is refused.'),
    endpoint: z
      .enum(['batch', 'httpapi'])
      .default('batch')
      .describe(
        'batch takes 1,000 events a second of one user and 20 MB a request; httpapi takes 30 and 1 MB, at less delay.',
      ),
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
      .describe('Names that differ from the usual ones: event type → name at Amplitude. Custom events keep their own.'),
    minIdLength: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Fewest characters of a user id or device id, 1 to 64. Left to itself, Amplitude would ask for 5.'),
    nativeDeviceFields: z
      .boolean()
      .default(false)
      .describe('Fills Amplitude’s own platform, OS, device and carrier too, which become properties of the user.'),
    gzip: z
      .boolean()
      .default(false)
      .describe('Compresses requests. Amplitude’s own SDKs do; its API pages do not say that others may.'),
    requestBytes: z
      .int()
      .min(100_000)
      .max(20_000_000)
      .default(4_000_000)
      .describe(
        'Most bytes of JSON in one request, before compression: 100,000 to 20,000,000. With httpapi at most 999,999.',
      ),
    eventsPerSecondPerKey: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        'Events a second that Amplitude takes of one user or device, where your contract says other than usual: 30 with httpapi, 1,000 with batch.',
      ),
  })
  .readonly();

export type Settings = z.infer<typeof settings>;

const key = z
  .string()
  .trim()
  .regex(/^[\w.~+/=-]+$/, 'wanted letters, digits, hyphens and the like, without blanks')
  .max(MOST_KEY_CHARACTERS);

/** Amplitude, HTTP V2 reference, and User Profile API reference. */
export const credentials = z
  .strictObject({
    apiKey: key.describe('The project’s API key (Organization settings, Projects).'),
    secretKey: key
      .optional()
      .describe(
        'The project’s secret key. Only for looking up user profiles and for fetching cohorts; exports go without.',
      ),
  })
  .readonly();

export type Credentials = z.infer<typeof credentials>;

function isBare(text: string): boolean {
  const url = new URL(text);
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

function complaintAbout(eventType: string): string {
  const known = catalogue.find((type) => type.name === eventType);
  if (known === undefined) return `"${eventType}" is no event type of the catalogue`;
  return known.namesArePrefixes
    ? `"${eventType}" cannot be renamed: every custom event keeps its own name`
    : `"${eventType}" is not sent to Amplitude`;
}
