import { baseUrlSetting, eventNamesSetting, requestBytesSetting } from '@currents/connector';
import { z } from 'zod';
import { eventNames } from './eventNames.js';

/** Amplitude’s keys have 32 characters; longer ones are accepted up to this, which requests reserve room for. */
export const maxKeyCharacters = 128;

const eventName = z
  .string()
  .trim()
  .min(1)
  .max(1024, 'Amplitude cuts names after 1,024 characters')
  .refine((name) => !/^(\$|\[Amplitude\])/i.test(name), 'names that begin with $ or [Amplitude] are reserved');

export const settings = z
  .strictObject({
    region: z
      .enum(['us', 'eu'])
      .describe('Where the Amplitude project keeps its data: us or eu. A key of the other region is refused.'),
    endpoint: z
      .enum(['batch', 'httpapi'])
      .default('batch')
      .describe(
        'batch accepts 1,000 events per second of one user and 20 MB per request; httpapi 30 and 1 MB, sooner.',
      ),
    baseUrl: baseUrlSetting,
    eventNames: eventNamesSetting('Amplitude', eventNames, eventName),
    minIdLength: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Minimum characters of a user id or device id, 1 to 64. Amplitude’s own default is 5.'),
    nativeDeviceFields: z.boolean().default(false).describe('Also fills Amplitude’s platform, OS, device and carrier.'),
    longLists: z
      .enum(['shorten', 'keep'])
      .default('shorten')
      .describe(
        'What to do with a list that makes an event too large: shorten it to its first elements and name it in the property currents_shortened, or keep it, so that the event is rejected.',
      ),
    profileUpdates: z
      .boolean()
      .default(false)
      .describe(
        'Also sends updates of profiles, as properties of the user ($identify). Select users.profile.Update, too.',
      ),
    gzip: z.boolean().default(false).describe('Compresses requests. Amplitude’s API reference does not mention it.'),
    requestBytes: requestBytesSetting(20_000_000, 4_000_000, ' With httpapi at most 999,999.'),
    eventsPerSecondPerKey: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        'Events per second of one user or device in your contract; by default 1,000 with batch, 30 with httpapi.',
      ),
  })
  .readonly();

export type Settings = z.infer<typeof settings>;

const key = z
  .string()
  .trim()
  .regex(/^[\w.~+/=-]+$/, 'expected letters, digits and hyphens, without blanks')
  .max(maxKeyCharacters);

/** Amplitude, HTTP V2 reference, and User Profile API reference. */
export const credentials = z
  .strictObject({
    apiKey: key.describe('The project’s API key (Organization settings, Projects).'),
    secretKey: key
      .optional()
      .describe('The project’s secret key. Needed to look up user profiles and to pull cohorts, not for exports.'),
  })
  .readonly();

export type Credentials = z.infer<typeof credentials>;
