import { headerSettings, headerToken, requestBytesSetting, signingSecret, statusSettings } from '@currents/connector';
import { z } from 'zod';

export const settings = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .refine(isBare, 'expected a URL without blanks, user, password and fragment')
      .describe('Where events are posted, such as https://example.com/v1/events. It may have a query.'),
    ...headerSettings,
    ...statusSettings,
    eventsPerRequest: z.int().min(1).max(10_000).default(100).describe('Maximum events of a request. Braze sends 100.'),
    requestBytes: requestBytesSetting(20_000_000, 1_000_000),
    requestsAtOnce: z.int().min(1).max(50).default(4).describe('Maximum requests at the same time, over all workers.'),
    gzip: z.boolean().default(false).describe('Compresses requests. Braze does not, so not every receiver expects it.'),
  })
  .readonly();

export const credentials = z
  .strictObject({
    token: headerToken.optional().describe('The token that the receiver knows the hub by.'),
    signingSecret: signingSecret.optional(),
  })
  .readonly();

/** As the URL parser reads it, which takes `https:user:password@host`, too. */
function isBare(text: string): boolean {
  if (!URL.canParse(text) || /[\s#]/.test(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

export type Settings = z.infer<typeof settings>;
export type Credentials = z.infer<typeof credentials>;
