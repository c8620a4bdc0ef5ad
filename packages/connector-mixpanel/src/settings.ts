import { baseUrlSetting, eventNamesSetting, requestBytesSetting } from '@currents/connector';
import { z } from 'zod';
import { eventNames } from './eventNames.js';

/** Mixpanel’s tokens have 32 characters; longer ones are accepted up to this, which requests reserve room for. */
export const maxTokenBytes = 128;

const eventName = z
  .string()
  .trim()
  .min(1)
  .max(255, 'Mixpanel cuts event names after 255 characters')
  .refine((name) => !name.startsWith('$'), 'names that begin with $ are reserved by Mixpanel');

export const settings = z
  .strictObject({
    region: z
      .enum(['us', 'eu', 'in'])
      .describe('Where the Mixpanel project keeps its data (Project Settings, Data Residency): us, eu or in.'),
    baseUrl: baseUrlSetting,
    eventNames: eventNamesSetting('Mixpanel', eventNames, eventName),
    unfitProperties: z
      .enum(['reject', 'leave_out'])
      .default('reject')
      .describe('What to do with a property beyond Mixpanel’s limits: reject the event, or leave_out the property.'),
    longLists: z
      .enum(['shorten', 'unfit'])
      .default('shorten')
      .describe(
        'What to do with a list beyond Mixpanel’s limits: shorten it to its first elements and name it in the property currents_shortened, or treat it as an unfit property.',
      ),
    profileUpdates: z
      .boolean()
      .default(false)
      .describe(
        'Also sends updates of profiles, which set properties of the user. Select users.profile.Update, too. Needs the project token as credentials.',
      ),
    gzip: z.boolean().default(true).describe('Compresses requests. Turn it off for a proxy that cannot read them.'),
    requestBytes: requestBytesSetting(10_000_000, 2_000_000),
    rateShare: z
      .number()
      .min(0.001)
      .max(100)
      .default(1)
      .describe(
        'Share of Mixpanel’s limits per project (30,000 events per second, 2 GB per minute) that this Current may use: below 1 if others send to the same project, above 1 if Mixpanel has raised them.',
      ),
  })
  .readonly();

export type Settings = z.infer<typeof settings>;

const key = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !text.includes(':'), 'expected no colon: it separates user and password');

/** Three kinds of credentials; Mixpanel, Import Events reference, Authentication. */
export const credentials = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('projectToken'),
      token: key.max(maxTokenBytes).describe('The project token (Project Settings, Access Keys).'),
    }),
    z.strictObject({
      kind: z.literal('serviceAccount'),
      username: key.describe('The service account’s user name. Its role has to be Admin or Owner.'),
      secret: z.string().trim().min(1).describe('The service account’s secret.'),
      projectId: z
        .string()
        .trim()
        .regex(/^\d+$/, 'expected the digits of the project id')
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
