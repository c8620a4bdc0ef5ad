import {
  addressList,
  ConfigInvalid,
  readVariables,
  sharedVariables,
  showSettings,
  wholeNumber,
  yesOrNo,
  type ShownSetting,
} from '@currents/core';
import { z } from 'zod';

const variables = {
  ...sharedVariables,
  WORKER_PORT: wholeNumber(0, 65535).default(4001),
  WORKER_HOST: z.string().default('127.0.0.1'),
  RETENTION_DAYS: wholeNumber(3, 365).default(14),
  ENFORCE_BUDGETS: yesOrNo.default(true),
  TRACES_TO_PARTNERS: yesOrNo.default(false),
  REQUEST_TIMEOUT_SECONDS: wholeNumber(1, 300).default(60),
  NOTICE_GROUP_SECONDS: wholeNumber(0, 3_600).default(30),
  DATABASE_MEGABYTES: wholeNumber(0, 1_000_000_000).default(0),
  NOTICE_TO: addressList().optional(),
};

/** The worker's settings, from environment variables. Throws `ConfigInvalid` that names every invalid one. */
export function readConfig(environment: NodeJS.ProcessEnv) {
  const config = readVariables(variables, environment);
  if (config.SMTP_URL !== undefined && config.NOTICE_FROM === undefined)
    throw new ConfigInvalid(['NOTICE_FROM is missing; with SMTP_URL, expected the address that mails come from']);
  return config;
}

/** The settings in force, without secrets. @param environment that `readConfig` has read. */
export function readShownSettings(environment: NodeJS.ProcessEnv): readonly ShownSetting[] {
  return showSettings(Object.keys(variables), readConfig(environment), environment);
}

export type Config = ReturnType<typeof readConfig>;
