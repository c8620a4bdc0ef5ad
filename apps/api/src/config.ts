import {
  ConfigInvalid,
  givenToken,
  givenTokenRule,
  readVariables,
  secretText,
  sharedVariables,
  showSettings,
  wholeNumber,
  type ShownSetting,
} from '@currents/core';
import { z } from 'zod';
import { readTrustedProxies } from './trustedProxies.js';

const variables = {
  ...sharedVariables,
  API_PORT: wholeNumber(0, 65535).default(4000),
  API_HOST: z.string().default('127.0.0.1'),
  INGEST_BODY_MEGABYTES: wholeNumber(1, 100).default(10),
  REQUEST_MEGABYTES: wholeNumber(1, 10_000).default(64),
  INGEST_QUEUE_MEGABYTES: wholeNumber(1, 10_000).default(64),
  INGEST_COMMIT_DELAY_MS: wholeNumber(0, 1_000).default(80),
  INGEST_TOKEN_EVENTS_PER_SECOND: wholeNumber(0, 1_000_000).default(0),
  INGEST_TOKEN_BYTES_PER_SECOND: wholeNumber(0, 1_000_000_000).default(0),
  DRAIN_SECONDS: wholeNumber(0, 600).default(5),
  TRUSTED_PROXIES: z
    .string()
    .transform((text, context) => {
      const proxies = readTrustedProxies(text);
      if (proxies) return proxies;
      const message = 'expected IP addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .optional(),
  RETRY_AFTER_SECONDS: wholeNumber(1, 3600).default(5),
  ADMIN_TOKEN: z
    .string()
    .refine((text) => givenToken(text) !== undefined, { error: givenTokenRule })
    .optional(),
  ADMIN_TOKEN_FILE: z.string().optional(),
  PARTNER_API_KEY: secretText().optional(),
};

/** The api's settings, from environment variables. Throws `ConfigInvalid` that names every invalid one. */
export function readConfig(environment: NodeJS.ProcessEnv) {
  const config = readVariables(variables, environment);
  if (config.ADMIN_TOKEN !== undefined && config.ADMIN_TOKEN_FILE !== undefined)
    throw new ConfigInvalid(['ADMIN_TOKEN_FILE expected only one of ADMIN_TOKEN and ADMIN_TOKEN_FILE, got both']);
  return config;
}

/** The settings in force, without secrets. @param environment that `readConfig` has read. */
export function readShownSettings(environment: NodeJS.ProcessEnv): readonly ShownSetting[] {
  return showSettings(Object.keys(variables), readConfig(environment), environment);
}

export type Config = ReturnType<typeof readConfig>;
