import { baseUrlSetting } from '@currents/connector';
import { z } from 'zod';
import { attributeFault } from './attributeName.js';
import { restEndpoint } from './hosts.js';
import { documentedLimits } from './limits.js';

const attribute = z
  .string()
  .trim()
  .min(1)
  .superRefine((name, context) => {
    const message = attributeFault(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const settings = z
  .strictObject({
    restEndpoint: z
      .string()
      .trim()
      .transform((url) => url.replace(/\/+$/, ''))
      .refine(
        (url) => restEndpoint.test(url),
        'expected a REST endpoint of Braze, such as https://rest.fra-01.braze.eu',
      )
      .describe(
        'The REST endpoint of the workspace’s instance (Settings, APIs and Identifiers), such as https://rest.iad-01.braze.com.',
      ),
    baseUrl: baseUrlSetting,
    attribute: attribute.describe(
      'The custom attribute that holds the segment: true for members. Letters, digits and underscores. It cannot be changed later.',
    ),
    afterLeaving: z
      .enum(['false', 'blank'])
      .default('false')
      .describe(
        'What the attribute becomes when a user leaves the segment: false, or blank as for users who never were members.',
      ),
    unknownUsers: z
      .enum(['ignore', 'create'])
      .default('ignore')
      .describe('Whether members without a profile in Braze are ignored, or get one, which may count as active users.'),
    objectsPerRequest: z
      .int()
      .min(1)
      .max(documentedLimits.objectsPerRequest)
      .default(documentedLimits.objectsPerRequest)
      .describe('Maximum users per request: 75, or 50 under some older contracts.'),
    requestsPerSecond: z
      .number()
      .min(0.1)
      .max(documentedLimits.requestsPerSecond)
      .default(50)
      .describe(
        'Maximum requests per second: Braze allows 1,000, or fewer by contract, and other traffic of the workspace shares them.',
      ),
    secondsBeforeReversal: z
      .int()
      .min(0)
      .max(3_600)
      .default(documentedLimits.secondsBeforeReversal)
      .describe(
        'How long to wait before a value that was just sent is taken back: Braze may work requests off in another order.',
      ),
  })
  .readonly();

export type Settings = z.infer<typeof settings>;

export const credentials = z
  .strictObject({
    restApiKey: z
      .string()
      .trim()
      .min(1)
      .describe('A REST API key with the permission users.track (Settings, APIs and Identifiers).'),
  })
  .readonly();

export type Credentials = z.infer<typeof credentials>;
